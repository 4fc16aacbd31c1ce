// The door of bpf/proof/verify: what the kernel's verifier says of an object.
export { type Report, readReport } from './report.ts'
export { rejection, verdictWord } from './table.ts'
export { loadAll, verify } from './verify.ts'
