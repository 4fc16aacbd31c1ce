// Types of C, as BTF describes them, to types of Go with the same layout. Pure.
//
// Go lays fields out by their own alignment; what C has between them is written as `_ [N]byte`.
import { type Fact, UserError } from '../../engine/index.ts'
import { KIND, type Member, sizeOf, type Type } from './btf.ts'

/** A name of C as Go exports it: `events_by_pid` to `EventsByPid`. */
export function goName(name: string): string {
  const joined = name
    .replace(/^_+/, '')
    .replace(/_+([^_])/g, (_, next: string) => next.toUpperCase())
  return joined.charAt(0).toUpperCase() + joined.slice(1)
}

/** A field of a struct: its name, and all that follows. */
export type Field = readonly [name: string, type: string]

/** Fields as gofmt sets them: types below each other, as far as fields are of one line. */
export function aligned(fields: readonly Field[]): string {
  const sections: Field[][] = [[]]
  for (const field of fields) {
    sections.at(-1)?.push(field)
    if (field[1].includes('\n')) sections.push([])
  }
  return sections
    .flatMap((section) => {
      const width = Math.max(...section.map(([name]) => name.length))
      return section.map(
        ([name, type]) => `\t${name.padEnd(width)} ${type.replaceAll('\n', '\n\t')}\n`,
      )
    })
    .join('')
}

export class GoTypes {
  readonly #types: readonly Type[]
  /** What types are declared as, by number. */
  readonly #names = new Map<number, string>()

  constructor(types: readonly Type[]) {
    this.#types = types
  }

  /** From now on a type is called by a name. */
  name(number: number, name: string): void {
    this.#names.set(number, name)
  }

  /** What declares the named types, by their names. */
  declarations(): string[] {
    return [...this.#names]
      .sort(([, a], [, b]) => (a < b ? -1 : 1))
      .map(([number, name]) => this.#declaration(number, name))
  }

  #declaration(number: number, name: string): string {
    const type = this.#types[this.plain(number)]
    const is = this.#written(this.plain(number), name)
    if (type === undefined || type.values.length === 0) return `type ${name} ${is}\n`
    const values = type.values.map(({ name: own, value }) => `\t${name}${own} ${name} = ${value}\n`)
    return `type ${name} ${is}\n\nconst (\n${values.join('')})\n`
  }

  /** Without typedefs and qualifiers. */
  plain(number: number): number {
    const type = this.#types[number]
    return type !== undefined && TRANSPARENT.includes(type.kind)
      ? this.plain(type.sizeOrType)
      : number
  }

  /** The first one on the way to what is behind typedefs and qualifiers that has a name. */
  #named(number: number): string | undefined {
    const name = this.#names.get(number)
    const type = this.#types[number]
    if (name !== undefined || type === undefined || !TRANSPARENT.includes(type.kind)) return name
    return this.#named(type.sizeOrType)
  }

  #goType(number: number, where: string): string {
    return this.#named(number) ?? this.#written(this.plain(number), where)
  }

  #written(number: number, where: string): string {
    const type = this.#types[number]
    const bits = (type?.sizeOrType ?? 0) * 8
    switch (type?.kind) {
      case KIND.int:
        if (type.isBool) return 'bool'
        if (bits > 64) return `[${type.sizeOrType}]byte`
        return `${type.isSigned ? 'int' : 'uint'}${bits}`
      case KIND.float:
        return `float${bits}`
      case KIND.enum:
      case KIND.enum64:
        return `${type.isSigned ? 'int' : 'uint'}${bits}`
      // An address of the kernel: nothing that Go may follow.
      case KIND.ptr:
        return 'uint64'
      case KIND.array:
        return `[${type.array?.count}]${this.#goType(type.array?.type ?? 0, where)}`
      case KIND.struct:
      case KIND.union: {
        return `struct {\n${aligned(this.#fields(type, where))}}`
      }
      default:
        throw notInGo(`${where} cannot be written in Go`, [
          ['type', type?.name === '' || type === undefined ? `number ${number}` : type.name],
        ])
    }
  }

  /** Of a union the first member, as Go has none. */
  #fields(struct: Type, where: string): Field[] {
    const members = this.#flat(
      struct.kind === KIND.union ? struct.members.slice(0, 1) : struct.members,
    )
    const fields: Field[] = []
    let at = 0
    const padTo = (offset: number): void => {
      if (offset > at) fields.push(['_', `[${offset - at}]byte`])
      at = offset
    }
    for (const { name, type, offset, isBitfield } of members) {
      // Bits are left to the padding: Go has no such fields.
      if (isBitfield) continue
      const field = `${where}.${name}`
      if (offset / 8 < at || (offset / 8) % this.#alignment(type) !== 0)
        throw notInGo(`${field} cannot be written in Go: it is not aligned`, [
          ['offset', `${offset / 8} bytes`],
        ])
      padTo(offset / 8)
      fields.push([goName(name), this.#goType(type, field)])
      at += sizeOf(this.#types, type) ?? 0
    }
    padTo(struct.sizeOrType)
    return fields
  }

  /** Members without a name are structs and unions whose members are used as their parent's. */
  #flat(members: readonly Member[], from = 0): Member[] {
    return members.flatMap((member) => {
      const offset = from + member.offset
      const inner = this.#types[this.plain(member.type)]
      if (member.name !== '' || inner === undefined) return [{ ...member, offset }]
      const own = inner.kind === KIND.union ? inner.members.slice(0, 1) : inner.members
      return this.#flat(own, offset)
    })
  }

  /** As Go has it on a machine of 64 bits. */
  #alignment(number: number): number {
    const type = this.#types[this.plain(number)]
    if (type?.array !== undefined) return this.#alignment(type.array.type)
    if (type?.kind !== KIND.struct && type?.kind !== KIND.union)
      return Math.min(8, sizeOf(this.#types, number) || 1)
    const members = this.#flat(type.kind === KIND.union ? type.members.slice(0, 1) : type.members)
    const all = members.filter(({ isBitfield }) => !isBitfield)
    return Math.max(1, ...all.map((member) => this.#alignment(member.type)))
  }
}

const TRANSPARENT: readonly number[] = [
  ...[KIND.typedef, KIND.volatile, KIND.const, KIND.restrict],
  KIND.typeTag,
]

function notInGo(what: string, facts: readonly Fact[]): UserError {
  return new UserError({
    what,
    facts,
    hint: 'use another type in C, with members in the order of their alignment; or leave it out of `types`',
  })
}
