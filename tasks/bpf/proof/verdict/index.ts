// The door of bpf/proof/verdict: what kernels made of programs, and how that is written for people and CI.
export {
  type Counts,
  columnTitle,
  countsOf,
  countsText,
  type Finding,
  type FindingFigures,
  isWell,
  type KernelFindings,
  kernelTitle,
  lackingBy,
  type MapMemory,
  type Outcome,
  outcomeWord,
  type SourceLine,
} from './findings.ts'
export { matrixTable, outcomeTones, toolRows } from './matrixtable.ts'
export { writeResults } from './results.ts'
