// The door of bpf/proof/verdict: what kernels made of programs, and how that is written for people and CI.
export {
  columnTitle,
  countsOf,
  countsText,
  type Finding,
  isWell,
  type KernelFindings,
  type Outcome,
  outcomeWord,
  type SourceLine,
} from './findings.ts'
export { matrixTable } from './matrixtable.ts'
