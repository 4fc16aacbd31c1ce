// The door of bpf/proof/vm: the same on other kernels.
export { judgeGuest, type Proving, removeVerdicts, VM_ARGUMENTS, vm, vmShell } from './vm.ts'
