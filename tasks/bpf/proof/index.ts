// The door of bpf/proof: verify, check and vm as tasks, and programs on other machines.
export {
  type Check,
  type CheckCase,
  type CheckOptions,
  check,
  type Evidence,
  type NamedCheck,
} from './cases/index.ts'
export { type Abroad, abroad, namesHosts, runAbroad } from './hosttasks.ts'
export { type Kernel, type KernelsSpec, kernels } from './kernels.ts'
export { proofTasks } from './prooftasks.ts'
