// The door of bpf/proof/verify: what the kernel's verifier says of an object.
export {
  checkVerifyOptions,
  type ExpectedOutcome,
  type VerifyOptions,
  withExpectation,
} from './expectation.ts'
export { type Report, readReport, type VerifiedProgram } from './report.ts'
export { rejection, verdictWord } from './table.ts'
export { loadAll, verify } from './verify.ts'
