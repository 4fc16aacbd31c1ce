// The door of engine/files: the disk, clock, lock and patterns.
export { Clock } from './clock.ts'
export { parseDepfile } from './depfile.ts'
export {
  coarseTimes,
  Disk,
  type FileStat,
  type FolderReader,
  isPastTick,
  isPseudo,
  wrapped,
} from './disk.ts'
export { diskFailure } from './diskfailure.ts'
export { type GlobFiles, loadGlob } from './glob.ts'
export { LOCK_VARIABLE, Lock } from './lock.ts'
export { temporaryPath } from './temporary.ts'
