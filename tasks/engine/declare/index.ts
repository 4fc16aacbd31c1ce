// The door of engine/declare: files, edges, tasks and tools as frozen data.
export { checkOptions, checks, described, type ValueCheck, wrong } from './checks.ts'
export { cosmetic } from './cosmetic.ts'
export {
  type AnswerOf,
  type Arg,
  type Askable,
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
  type Judge,
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
export { familyName, type TaskFamily, taskFamily } from './family.ts'
export { type ForeignSpec, foreign } from './foreign.ts'
export {
  checkTasks,
  eitherOf,
  familiesOf,
  likelyMembers,
  type Member,
  type MemberName,
  memberNames,
  mustHave,
  type NamedTask,
  otherTargets,
  type Tasks,
  taskNamed,
  tasksNaming,
} from './namedtasks.ts'
export { cacheSettings, PASS_ENV, WATCH_POLL } from './ownsettings.ts'
export { pathsFrom } from './pathsfrom.ts'
export { type Pool, pool } from './pool.ts'
export { type ProbeSpec, probe } from './probe.ts'
export {
  type Body,
  type BuildOptions,
  cleanTask,
  type RunOptions,
  type Task,
  type TaskContext,
  task,
} from './task.ts'
export { optional, tool } from './tool.ts'
