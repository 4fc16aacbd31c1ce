// The door of bpf/proof/vm: the same on other kernels.
export {
  type GuestRunOptions,
  judgeGuest,
  type Proving,
  removeVerdicts,
  vm,
  vmShell,
} from './vm.ts'
