// The door of bpf/live: what one does with one program: run it, show its trace; and the tasks of a machine.
export { doctor, machineTasks, newTask, runLoader, setup } from './machinetasks.ts'
export { mountedTracefs, offeredTracefs } from './runloader.ts'
