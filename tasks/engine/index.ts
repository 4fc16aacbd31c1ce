// The engine's only door: what tasks.ts and the rooms above may use. The names are those of room.ts.
import { room } from '../chosenrooms.ts'

export type * from './room.ts'

export const {
  asCalled,
  cacheTasks,
  checkOptions,
  checks,
  cleanTask,
  cosmetic,
  derive,
  described,
  didYouMean,
  edge,
  foreign,
  glob,
  isErrno,
  loadLimits,
  main,
  optional,
  packageFile,
  parseJson,
  pathsFrom,
  placesOfResults,
  plainBlock,
  pool,
  probe,
  quoteCommand,
  quoteWord,
  setting,
  source,
  splitWords,
  task,
  taskFamily,
  text,
  tool,
  UserError,
  unlessErrno,
  unlisted,
  wrong,
} = await room<typeof import('./room.ts')>('engine')
export type UserError = InstanceType<typeof UserError>
