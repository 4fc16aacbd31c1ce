// The maps that a BPF object declares, from its BTF: type, key, value, entries. Pure.
//
// Documentation/bpf/btf.rst; a map is a variable of .maps whose members say by their types what it is.
import { type Elf, textAt } from './elf.ts'

export interface MapSize {
  readonly name: string
  readonly type: string
  /** Bytes, or undefined where it has none or it cannot be told. */
  readonly key: number | undefined
  readonly value: number | undefined
  readonly entries: number | undefined
}

interface Type {
  readonly name: string
  readonly kind: number
  /** A size in bytes or a type's number, by kind. */
  readonly sizeOrType: number
  readonly members: readonly { readonly name: string; readonly type: number }[]
  readonly array: { readonly type: number; readonly count: number } | undefined
}

const KIND = { ptr: 2, array: 3, struct: 4, union: 5, typedef: 8, datasec: 15, var: 14 } as const
/** Bytes after a type's twelve, for kinds that have a fixed number: int, array, var, decl tag. */
const EXTRA: Readonly<Record<number, number>> = { 1: 4, 3: 12, 14: 4, 17: 4 }
/** For kinds that have them a number of times: struct, union, enum, function, section, enum64. */
const EACH: Readonly<Record<number, number>> = { 4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12 }

/** enum bpf_map_type, include/uapi/linux/bpf.h */
const TYPES =
  'unspec hash array prog_array perf_event_array percpu_hash percpu_array stack_trace cgroup_array lru_hash lru_percpu_hash lpm_trie array_of_maps hash_of_maps devmap sockmap cpumap xskmap sockhash cgroup_storage reuseport_sockarray percpu_cgroup_storage queue stack sk_storage devmap_hash struct_ops ringbuf inode_storage task_storage bloom_filter user_ringbuf cgrp_storage arena'.split(
    ' ',
  )

/** None where the object has no BTF. @throws RangeError where that is damaged */
export function mapSizes(elf: Elf): MapSize[] {
  const btf = elf.sections.find(({ name }) => name === '.BTF')?.bytes
  if (btf === undefined || btf.length < 24) return []
  const types = readTypes(btf, elf.bigEndian)
  const maps = types.find(({ kind, name }) => kind === KIND.datasec && name === '.maps')
  return (maps?.members ?? []).flatMap(({ type }) => {
    const variable = types[type]
    const struct = types[variable?.sizeOrType ?? 0]
    if (variable === undefined || struct?.kind !== KIND.struct) return []
    const pointed = (name: string): Type | undefined => {
      const member = struct.members.find((one) => one.name === name)
      const pointer = types[member?.type ?? 0]
      return pointer?.kind === KIND.ptr ? types[pointer.sizeOrType] : undefined
    }
    // __uint(name, N) is a pointer to an array of N; __type(name, T) is a pointer to T.
    const number = (name: string): number | undefined => pointed(name)?.array?.count
    const size = (name: string): number | undefined =>
      number(`${name}_size`) ?? sizeOf(types, pointed(name))
    const type_ = number('type')
    return [
      {
        name: variable.name,
        type: type_ === undefined ? '?' : (TYPES[type_] ?? `type ${type_}`),
        key: size('key'),
        value: size('value'),
        entries: number('max_entries'),
      },
    ]
  })
}

function sizeOf(types: readonly Type[], type: Type | undefined): number | undefined {
  if (type === undefined) return undefined
  if (type.kind === KIND.ptr) return 8
  if (type.array !== undefined) {
    const one = sizeOf(types, types[type.array.type])
    return one === undefined ? undefined : one * type.array.count
  }
  const hasSize = [1, 4, 5, 6, 15, 16, 19].includes(type.kind)
  return hasSize ? type.sizeOrType : sizeOf(types, types[type.sizeOrType])
}

function readTypes(btf: Buffer, bigEndian: boolean): Type[] {
  const u32 = (at: number): number => (bigEndian ? btf.readUInt32BE(at) : btf.readUInt32LE(at))
  const header = u32(4)
  const begin = header + u32(8)
  const end = begin + u32(12)
  const strings = btf.subarray(header + u32(16))
  const types: Type[] = [{ name: 'void', kind: 0, sizeOrType: 0, members: [], array: undefined }]
  for (let at = begin; at < end; ) {
    const info = u32(at + 4)
    const [kind, count] = [(info >>> 24) & 31, info & 0xffff]
    const more = at + 12
    const hasMembers = kind === KIND.struct || kind === KIND.union
    const members =
      hasMembers || kind === KIND.datasec
        ? Array.from({ length: count }, (_, index) => {
            const member = more + index * 12
            if (kind === KIND.datasec) return { name: '', type: u32(member) }
            return { name: textAt(strings, u32(member)), type: u32(member + 4) }
          })
        : []
    const array = kind === KIND.array ? { type: u32(more), count: u32(more + 8) } : undefined
    types.push({ name: textAt(strings, u32(at)), kind, sizeOrType: u32(at + 8), members, array })
    at = more + (EXTRA[kind] ?? 0) + (EACH[kind] ?? 0) * count
  }
  return types
}
