// The door of engine/watch: build again on change.
export { watchRun } from './session.ts'
