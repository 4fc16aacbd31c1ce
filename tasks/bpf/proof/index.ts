// The door of bpf/proof: verify, check and vm as tasks, and programs on other machines.
export type { Check, CheckCase, Evidence } from './check/index.ts'
export { type Abroad, abroad, namesHosts, runAbroad } from './hosttasks.ts'
export { proofTasks } from './prooftasks.ts'
