// All that the demos give to tasks.ts, through their door.
export { demoTasks } from './demotasks.ts'
export { helloworld } from './helloworld.ts'
export { markedExecve } from './marked_execve.ts'
export { probeExecve } from './probe_execve.ts'
export { execveProject, traceExecve } from './trace_execve.ts'
