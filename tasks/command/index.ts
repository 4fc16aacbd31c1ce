// The door of command: what tasks.ts uses of it. The bpf-tasks command and the packager are programs.
export { programTask } from './programtask.ts'
