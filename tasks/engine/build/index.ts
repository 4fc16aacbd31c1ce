// The door of engine/build: one build from request to totals; bodies; clean.
export {
  type CommandWord,
  type Goal,
  GRAPH_FORMATS,
  type GraphFormat,
  type Options,
  SHELLS,
  type Shell,
} from './asked.ts'
export type { Builder } from './build.ts'
export type { Phase } from './phases.ts'
export type { Planned } from './planned.ts'
export { type Listener, Run, type RunParts } from './run.ts'
