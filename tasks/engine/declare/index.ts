// The door of engine/declare: files, edges, tasks and tools as frozen data.
export { checkOptions, checks, described, type ValueCheck, wrong } from './checks.ts'
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
  type Probe,
  type ProcessResult,
  type Setting,
  type Source,
  setting,
  source,
  type Text,
  type Tool,
  text,
  type Unlisted,
  unlisted,
} from './edge.ts'
export { type ForeignSpec, foreign } from './foreign.ts'
export { cacheSettings, PASS_ENV } from './ownsettings.ts'
export { type Pool, pool } from './pool.ts'
export { type ProbeSpec, probe } from './probe.ts'
export {
  type Body,
  checkTasks,
  cleanTask,
  otherTargets,
  type RunOptions,
  type Task,
  type TaskContext,
  type Tasks,
  task,
  tasksNaming,
} from './task.ts'
export { optional, tool } from './tool.ts'
