// All that the demos give to tasks.ts, through their door.
export { execveCheck } from './execve_check.ts'
export { helloworldCheck } from './helloworld_check.ts'
