// The types that a BPF object describes in its BTF. Pure.
//
// Documentation/bpf/btf.rst
import { type Elf, textAt } from './elf.ts'

/** Numbers of kinds. */
export const KIND = {
  int: 1,
  ptr: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  fwd: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  func: 12,
  proto: 13,
  var: 14,
  datasec: 15,
  float: 16,
  declTag: 17,
  typeTag: 18,
  enum64: 19,
} as const

export interface Member {
  readonly name: string
  readonly type: number
  /** In bits, from the start of the struct or union. */
  readonly offset: number
  /** True for one that has a width in bits of its own. */
  readonly isBitfield: boolean
}

export interface Type {
  readonly name: string
  readonly kind: number
  /** A size in bytes or a type's number, by kind. */
  readonly sizeOrType: number
  /** Of a struct or union; of a section its variables. */
  readonly members: readonly Member[]
  readonly array: { readonly type: number; readonly count: number } | undefined
  /** Of an int, a float or an enum: has it a sign? */
  readonly isSigned: boolean
  readonly isBool: boolean
  readonly values: readonly { readonly name: string; readonly value: bigint }[]
}

/** Bytes after a type's twelve, for kinds that have a fixed number. */
const EXTRA: Readonly<Record<number, number>> = {
  [KIND.int]: 4,
  [KIND.array]: 12,
  [KIND.var]: 4,
  [KIND.declTag]: 4,
}
/** For kinds that have them a number of times. */
const EACH: Readonly<Record<number, number>> = {
  [KIND.struct]: 12,
  [KIND.union]: 12,
  [KIND.enum]: 8,
  [KIND.proto]: 8,
  [KIND.datasec]: 12,
  [KIND.enum64]: 12,
}

const VOID: Type = {
  name: 'void',
  kind: 0,
  sizeOrType: 0,
  members: [],
  array: undefined,
  isSigned: false,
  isBool: false,
  values: [],
}

/** By number; none where the object has no BTF. @throws RangeError where that is damaged */
export function btfTypes(elf: Elf): readonly Type[] {
  const btf = elf.sections.find(({ name }) => name === '.BTF')?.bytes
  if (btf === undefined || btf.length < 24) return []
  const u32 = (at: number): number => (elf.bigEndian ? btf.readUInt32BE(at) : btf.readUInt32LE(at))
  const header = u32(4)
  const begin = header + u32(8)
  const end = begin + u32(12)
  const strings = btf.subarray(header + u32(16))
  const text = (at: number): string => textAt(strings, u32(at))
  const types: Type[] = [VOID]
  for (let at = begin; at < end; ) {
    const info = u32(at + 4)
    const [kind, count, flag] = [(info >>> 24) & 31, info & 0xffff, info >>> 31 === 1]
    const more = at + 12
    const each = <T>(read: (at: number) => T): T[] =>
      Array.from({ length: count }, (_, index) => read(more + index * (EACH[kind] ?? 0)))
    types.push({
      name: text(at),
      kind,
      sizeOrType: u32(at + 8),
      members: membersOf(kind, flag, each, u32, text),
      array: kind === KIND.array ? { type: u32(more), count: u32(more + 8) } : undefined,
      isSigned: kind === KIND.int ? ((u32(more) >>> 24) & 1) === 1 : flag,
      isBool: kind === KIND.int && ((u32(more) >>> 24) & 4) === 4,
      values: valuesOf(kind, flag, each, u32, text),
    })
    at = more + (EXTRA[kind] ?? 0) + (EACH[kind] ?? 0) * count
  }
  return types
}

type Read = (at: number) => number
type ReadText = (at: number) => string
type ReadEach = <T>(read: (at: number) => T) => T[]

function membersOf(
  kind: number,
  flag: boolean,
  each: ReadEach,
  u32: Read,
  text: ReadText,
): Member[] {
  if (kind === KIND.datasec)
    return each((at) => ({ name: '', type: u32(at), offset: u32(at + 4) * 8, isBitfield: false }))
  if (kind !== KIND.struct && kind !== KIND.union) return []
  return each((at) => {
    const offset = u32(at + 8)
    return {
      name: text(at),
      type: u32(at + 4),
      offset: flag ? offset & 0xffffff : offset,
      isBitfield: flag && offset >>> 24 !== 0,
    }
  })
}

function valuesOf(
  kind: number,
  flag: boolean,
  each: ReadEach,
  u32: Read,
  text: ReadText,
): Type['values'] {
  const signed = (value: bigint, bits: number) => (flag ? BigInt.asIntN(bits, value) : value)
  if (kind === KIND.enum)
    return each((at) => ({ name: text(at), value: signed(BigInt(u32(at + 4)), 32) }))
  if (kind !== KIND.enum64) return []
  return each((at) => ({
    name: text(at),
    value: signed(BigInt(u32(at + 4)) | (BigInt(u32(at + 8)) << 32n), 64),
  }))
}

/** A map that an object declares: a variable of .maps, whose members say by their types what it is. */
export interface MapVariable {
  readonly name: string
  /** What `__type(name, T)` names; undefined where it is not said. */
  readonly typeOf: (name: string) => number | undefined
  /** What `__uint(name, N)` says. */
  readonly numberOf: (name: string) => number | undefined
}

export function mapVariables(types: readonly Type[]): MapVariable[] {
  const maps = types.find(({ kind, name }) => kind === KIND.datasec && name === '.maps')
  return (maps?.members ?? []).flatMap(({ type }) => {
    const variable = types[type]
    const struct = types[variable?.sizeOrType ?? 0]
    if (variable === undefined || struct?.kind !== KIND.struct) return []
    // __uint(name, N) is a pointer to an array of N; __type(name, T) is a pointer to T.
    const typeOf = (name: string): number | undefined => {
      const member = struct.members.find((one) => one.name === name)
      const pointer = types[member?.type ?? 0]
      return pointer?.kind === KIND.ptr ? pointer.sizeOrType : undefined
    }
    const numberOf = (name: string): number | undefined => types[typeOf(name) ?? 0]?.array?.count
    return [{ name: variable.name, typeOf, numberOf }]
  })
}

/** Bytes of a type; undefined where it has none. */
export function sizeOf(types: readonly Type[], number: number | undefined): number | undefined {
  const type = types[number ?? 0]
  if (number === undefined || type === undefined) return undefined
  if (type.kind === KIND.ptr) return 8
  if (type.array !== undefined) {
    const one = sizeOf(types, type.array.type)
    return one === undefined ? undefined : one * type.array.count
  }
  const hasSize: readonly number[] = [
    ...[KIND.int, KIND.struct, KIND.union, KIND.enum],
    ...[KIND.datasec, KIND.float, KIND.enum64],
  ]
  if (hasSize.includes(type.kind)) return type.sizeOrType
  return type.kind === 0 ? undefined : sizeOf(types, type.sizeOrType)
}
