// The door of bpf/treetasks: the tasks of a tree of tools.
export type { InstallOptions } from './installtools.ts'
export type { ToolHandle } from './toolhandles.ts'
export { type TreeTasksOptions, treeTasks } from './treetasks.ts'
