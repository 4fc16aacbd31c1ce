// The door of engine/command: the command line to an exit status.
export { cacheTasks, placesOfResults } from './cachetasks.ts'
export type { MainOptions } from './commandline.ts'
export { main } from './start.ts'
export { showMissingMain, showUncaught } from './uncaught.ts'
