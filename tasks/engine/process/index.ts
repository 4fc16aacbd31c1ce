// The door of engine/process: commands: launchers, signals, output.
export {
  type Command,
  Executor,
  type Exit,
  type Processes,
  type Shell,
  signalStatus,
} from './executor.ts'
export { OutputFiles, openNew, removeLongOutputs } from './outputfiles.ts'
