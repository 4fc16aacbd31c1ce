// The door of bpf/proof/check: whether a loader sees what it should.
export { checkHere, checkTools, showProblems } from './check.ts'
export { type Evidence, readEvidence } from './evidence.ts'
export { caseCommand, caseJob, type Judged, judge, judgementWord, VERIFY_JOB } from './judgement.ts'
export {
  type Check,
  type CheckCase,
  type Checked,
  type CheckOptions,
  check,
  type NamedCheck,
  type ProofPrograms,
  smoke,
} from './toolcheck.ts'
