// All that the engine gives to the rooms above it, through its door.
export type { Column, Event, Reason, Row, Tone } from './base/events.ts'
export { didYouMean, type Fact, type FailureBlock, isErrno, UserError } from './base/failure.ts'
export {
  type AnswerOf,
  type Arg,
  type Askable,
  cosmetic,
  type Derived,
  derive,
  type Edge,
  type EdgeSpec,
  edge,
  type File,
  type FoundTool,
  type Glob,
  glob,
  type Input,
  type Optional,
  type Output,
  optional,
  type Probe,
  type ProcessResult,
  type Setting,
  type Source,
  setting,
  source,
  type Text,
  type Tool,
  text,
  tool,
  type Unlisted,
  unlisted,
} from './declare/edge.ts'
/**
 * How many commands run at once. Loaded by who asks: most runs start none.
 * @example
 * const limits = await loadLimits()
 */
export const loadLimits = () => import('./run/limits.ts')
export { packageFile } from './base/packagefile.ts'
export { quoteCommand, quoteWord, splitWords } from './base/words.ts'
export type { MainOptions } from './command/commandline.ts'
export { main } from './command/start.ts'
/** @internal */
export { showUncaught } from './command/uncaught.ts'
export { type Pool, pool } from './declare/pool.ts'
export { type ProbeSpec, probe } from './declare/probe.ts'
export {
  type Body,
  cleanTask,
  type RunOptions,
  type Task,
  type TaskContext,
  type Tasks,
  task,
} from './declare/task.ts'
export type { Describe, Details } from './inspect/report.ts'
