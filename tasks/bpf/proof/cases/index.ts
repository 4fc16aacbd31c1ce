// The door of bpf/proof/cases: what a tool must show, what it showed, and whether that is right.
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
