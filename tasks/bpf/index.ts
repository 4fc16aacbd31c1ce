// The BPF room's only door: rules that describe a libbpf tree. The names are those of room.ts.
import { room } from '../chosenrooms.ts'

export type * from './room.ts'

export const {
  bpfRules,
  check,
  doctor,
  feature,
  fileFeature,
  kernelHeaders,
  kernels,
  newTask,
  pkgConfig,
  runLoader,
  setup,
  sourceTasks,
  treeTasks,
  withFeature,
} = await room<typeof import('./room.ts')>('bpf')
