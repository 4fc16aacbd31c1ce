// Patterns to paths. The only file that imports globby.
import type { Disk } from './disk.ts'

/** Sorted paths, relative to the root, of the files that match; links to files count. */
export type GlobFiles = (patterns: readonly string[], disk: Disk) => readonly string[]

/** Loads globby; so that a run that needs no pattern does not pay for it. */
export async function loadGlob(): Promise<GlobFiles> {
  const { globbySync } = await import('globby')
  return (patterns, disk) =>
    globbySync([...patterns], {
      ...{ cwd: disk.root, dot: false, expandDirectories: false },
      ...(disk.folders && { fs: disk.folders }),
    }).sort()
}
