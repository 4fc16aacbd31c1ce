// All that the engine gives to the rooms above it, through its door.
export {
  type Column,
  didYouMean,
  type Event,
  type Fact,
  type FailureBlock,
  isErrno,
  packageFile,
  parseJson,
  quoteCommand,
  quoteWord,
  type Reason,
  type Row,
  splitWords,
  type Tone,
  UserError,
  unlessErrno,
} from './base/index.ts'
export {
  type AnswerOf,
  type Arg,
  type Askable,
  type Body,
  cleanTask,
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
  type Pool,
  type Probe,
  type ProbeSpec,
  type ProcessResult,
  pool,
  probe,
  type RunOptions,
  type Setting,
  type Source,
  setting,
  source,
  type Task,
  type TaskContext,
  type Tasks,
  type Text,
  type Tool,
  task,
  text,
  tool,
  type Unlisted,
  unlisted,
} from './declare/index.ts'
/**
 * How many commands run at once. Loaded by who asks: most runs start none.
 * @example
 * const limits = await loadLimits()
 */
export const loadLimits = () => import('./run/index.ts')
export { type MainOptions, main, showUncaught } from './command/index.ts'
/** @internal */
export type { Describe, Details } from './inspect/index.ts'
