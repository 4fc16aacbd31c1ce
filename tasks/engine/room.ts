// All that the engine gives to the rooms above it, through its door.
export { AskAgain } from './asking.ts'
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
  probe,
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
} from './edge.ts'
export type { Column, Event, Reason, Row, Tone } from './events.ts'
export { didYouMean, type Fact, type FailureBlock, isErrno, UserError } from './failure.ts'
/**
 * How many commands run at once. Loaded by who asks: most runs start none.
 * @example
 * const limits = await loadLimits()
 */
export const loadLimits = () => import('./limits.ts')
export type { MainOptions } from './main.ts'
export { type Pool, pool } from './pool.ts'
export type { Describe, Details } from './report.ts'
export { main } from './start.ts'
export {
  type Body,
  cleanTask,
  type RunOptions,
  type Task,
  type TaskContext,
  type Tasks,
  task,
} from './task.ts'
export { quoteCommand, quoteWord, splitWords } from './words.ts'
