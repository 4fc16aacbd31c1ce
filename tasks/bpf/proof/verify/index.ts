// The door of bpf/proof/verify: what the kernel's verifier says of an object.
export { columnOf, type Verified, verifiedTool, verifyWords } from './column.ts'
export { type Report, readReport } from './report.ts'
export { rejection } from './table.ts'
export { loadAll, type Verifying, verify } from './verify.ts'
