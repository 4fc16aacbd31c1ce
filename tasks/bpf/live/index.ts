// The door of bpf/live: run, new, install: what one does with programs.
export type { InstallOptions } from './installtools.ts'
export { doctor, newTask, runLoader, setup } from './machinetasks.ts'
export { mountedTracefs } from './runloader.ts'
export { type TreeTasksOptions, treeTasks } from './treetasks.ts'
