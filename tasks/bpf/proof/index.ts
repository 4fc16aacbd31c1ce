// The door of bpf/proof: verify, check and vm as tasks.
export type { Check, CheckCase, Evidence } from './check/index.ts'
export { proofTasks } from './prooftasks.ts'
