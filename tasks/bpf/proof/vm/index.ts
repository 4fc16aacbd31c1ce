// The door of bpf/proof/vm: the same on other kernels.
export { vm, vmShell } from './vm.ts'
