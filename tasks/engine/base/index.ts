// The door of engine/base: failures, events, words and paths.
export { asCalled } from './called.ts'
export { fromEntry } from './entry.ts'
export type {
  Column,
  Event,
  FileFacts,
  IncludeChain,
  Invocation,
  ListedTask,
  Reason,
  Row,
  Status,
  Tone,
  ToolFacts,
  Totals,
} from './events.ts'
export {
  blockText,
  didYouMean,
  type Fact,
  type FailureBlock,
  isErrno,
  parseJson,
  plainBlock,
  UserError,
  unlessErrno,
} from './failure.ts'
export { packageFile, packageRoot } from './packagefile.ts'
export { inTree, isWithin, normalPath } from './path.ts'
export { bytesOfPath, keptPath, shownPath, textOf } from './pathbytes.ts'
export { tableLines } from './table.ts'
export { quoteCommand, quoteWord, splitWords } from './words.ts'
