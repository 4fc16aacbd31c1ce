// The door of bpf/proof/check: whether a loader sees what it should.
export { type Checking, check, checkHere, findingsOf, showProblems } from './check.ts'
export { type Evidence, readEvidence } from './evidence.ts'
export { caseCommand, type Judged, judge, judgementWord } from './judgement.ts'
export type { Check, CheckCase, Checked, ProofPrograms } from './toolcheck.ts'
