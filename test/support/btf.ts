// A BPF object in memory: BTF from a list of types, and symbols, as an ELF file was read.
import type { Elf, Section } from '../../tasks/bpf/bindings/elf.ts'

/** A type as it stands in BTF: name, kind, count with flag, size or type, and the words behind. */
export interface Encoded {
  readonly name?: string
  readonly kind: number
  readonly count?: number
  readonly flag?: boolean
  readonly sizeOrType?: number
  /** Numbers, and names as offsets into the strings. */
  readonly more?: readonly (number | string)[]
}

/** The section .BTF with these types, the first of which is number 1. */
export function btfSection(types: readonly Encoded[], bigEndian = false): Section {
  let strings = '\0'
  const offset = (text: string): number => {
    const at = strings.length
    strings += `${text}\0`
    return at
  }
  const words = types.flatMap(
    ({ name = '', kind, count = 0, flag = false, sizeOrType = 0, more = [] }) => [
      name === '' ? 0 : offset(name),
      ((flag ? 1 : 0) << 31) | (kind << 24) | count,
      sizeOrType,
      ...more.map((word) => (typeof word === 'string' ? offset(word) : word)),
    ],
  )
  const head = [0x9feb0001, 24, 0, words.length * 4, words.length * 4, strings.length]
  const bytes = Buffer.alloc((head.length + words.length) * 4)
  for (const [at, word] of [...head, ...words].entries()) {
    if (bigEndian) bytes.writeInt32BE(word | 0, at * 4)
    else bytes.writeInt32LE(word | 0, at * 4)
  }
  const all = Buffer.concat([bytes, Buffer.from(strings)])
  return { name: '.BTF', type: 1, flags: 0, bytes: all, size: all.length }
}

const EXECUTED = 4
const [OBJECT, FUNCTION] = [1, 2]

/** An object with these types, and functions and variables by `section name`. */
export function objectOf(
  types: readonly Encoded[],
  functions: readonly string[] = [],
  variables: readonly string[] = [],
  bigEndian = false,
): Elf {
  const sections: Section[] = [btfSection(types, bigEndian)]
  const symbols = [...functions, ...variables].map((both, at): Elf['symbols'][number] => {
    const [section = '', name = ''] = both.split(' ')
    const isFunction = at < functions.length
    const flags = isFunction ? EXECUTED : 0
    sections.push({ name: section, type: 1, flags, bytes: Buffer.alloc(8), size: 8 })
    const type = isFunction ? FUNCTION : OBJECT
    return { name, type, section: sections.length - 1, value: 0, size: 8 }
  })
  return { bigEndian, machine: 247, sections, symbols }
}
