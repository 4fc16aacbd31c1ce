// The door of bpf/bindings: what a BPF object has, and what other languages load it with.
export { btfTypes, mapVariables, sizeOf } from './btf.ts'
export { type Elf, readElf } from './elf.ts'
export {
  type GoBindingsOptions,
  type GoObjectsOf,
  goChecks,
  goEdges,
  goNameOf,
  goObjects,
} from './goedges.ts'
export type { GoMachines } from './gomachines.ts'
