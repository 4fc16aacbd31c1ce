// The door of engine/run: stale edges to commands run and recorded.
export {
  freeMemory,
  jobsFor,
  type Limits,
  mebibytes,
  openLimits,
  readKernelText,
} from './limits.ts'
export { Performer } from './perform.ts'
export type { KeptResult, KeptResults, Made, NotPlaced, Placed } from './results.ts'
export { schedule, type Work } from './scheduler.ts'
