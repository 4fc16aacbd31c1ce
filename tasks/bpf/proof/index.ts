// The door of bpf/proof: programs on real kernels.
export {
  type Check,
  type CheckCase,
  type CheckOptions,
  check,
  type Evidence,
  type NamedCheck,
} from './check/index.ts'
export { type Kernel, type KernelsSpec, kernels } from './kernels.ts'
export { proofTasks } from './prooftasks.ts'
export { checkVerifyOptions, type ExpectedOutcome, type VerifyOptions } from './verify/index.ts'
