// The door of bpf/proof/check: whether loaders see what they should, here and on other machines.
export { type Checking, checkHere, checkTools, findingsOf, showProblems } from './check.ts'
