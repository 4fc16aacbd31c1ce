// The door of bpf/proof: verify, check and vm as tasks.
export type { Check, CheckCase, Demo, Evidence } from './check/index.ts'
export { proofTasks, verifyTask } from './prooftasks.ts'
