// The door of engine/answer: what the world says: settings, globs, tools, probes.
export type { Answers } from './answers.ts'
export { Asker, type AskerParts } from './asker.ts'
export { invocationOf } from './invocation.ts'
export type { Programs } from './programs.ts'
export { OPEN, type Open } from './question.ts'
