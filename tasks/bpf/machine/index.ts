// The door of bpf/machine: setup and doctor.
export { diagnose } from './doctor.ts'
export { headerPath } from './machinefacts.ts'
export { install } from './setup.ts'
