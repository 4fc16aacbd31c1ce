// The maps that a BPF object declares: type, key, value, entries. Pure.
import { btfTypes, type Elf, mapVariables, sizeOf } from '../bindings/index.ts'

export interface MapSize {
  readonly name: string
  readonly type: string
  /** Bytes, or undefined where it has none or it cannot be told. */
  readonly key: number | undefined
  readonly value: number | undefined
  readonly entries: number | undefined
}

/** enum bpf_map_type, include/uapi/linux/bpf.h */
const TYPES =
  'unspec hash array prog_array perf_event_array percpu_hash percpu_array stack_trace cgroup_array lru_hash lru_percpu_hash lpm_trie array_of_maps hash_of_maps devmap sockmap cpumap xskmap sockhash cgroup_storage reuseport_sockarray percpu_cgroup_storage queue stack sk_storage devmap_hash struct_ops ringbuf inode_storage task_storage bloom_filter user_ringbuf cgrp_storage arena'.split(
    ' ',
  )

/** None where the object has no BTF. @throws RangeError where that is damaged */
export function mapSizes(elf: Elf): MapSize[] {
  const types = btfTypes(elf)
  return mapVariables(types).map(({ name, typeOf, numberOf }) => {
    const size = (of: string): number | undefined =>
      numberOf(`${of}_size`) ?? sizeOf(types, typeOf(of))
    const type = numberOf('type')
    return {
      name,
      type: type === undefined ? '?' : (TYPES[type] ?? `type ${type}`),
      key: size('key'),
      value: size('value'),
      entries: numberOf('max_entries'),
    }
  })
}
