// Whether what tasks.ts declares follows from its modules alone: then it need not be evaluated again
// while they are as they are.
import { dirname, resolve } from 'node:path'
import type { Disk } from '../files/disk.ts'
import { importsOfPure } from './puretext.ts'

/** The name of this package, as an import has it. */
const PACKAGE = 'bpf-tasks'

/** What Node evaluates as a module of the language; the other kinds of script see more. */
const MODULE = /\.m?[jt]s$/

/** What a runtime takes literally in the name of a module. */
const PLAIN = /^(?:\.{0,2}\/)[^?#%:]+$/

/** Read by whoever loads a module, in its folder and those above. */
const TSCONFIG = 'tsconfig.json'
const READ_BY_LOADERS = ['package.json', TSCONFIG]

/**
 * Follows the imports of a script; all that it looks at for that is asked of the disk, which may keep
 * it in mind.
 * @param doors absolute paths of the modules of this runner that others may import
 * @param runner absolute path of its folder
 */
export function isSelfContained(
  script: string,
  disk: Disk,
  doors: ReadonlySet<string>,
  runner: string,
): boolean {
  const found = new Set([resolve(script)])
  for (const path of found) {
    const real = disk.realPath(path)
    if (real === undefined || disk.stat(path)?.type !== 'file') return false
    if (doors.has(real)) continue
    if (!isLoadedAlone(dirname(real), disk)) return false
    if (real.endsWith('.json')) continue
    const imports = MODULE.test(real) ? importsOfPure(String(disk.read(path))) : undefined
    if (imports === undefined) return false
    for (const name of imports) {
      if (PLAIN.test(name)) found.add(resolve(dirname(real), name))
      else if (!isOfPackage(name, real, disk, runner)) return false
    }
  }
  return true
}

/** Notes what is read where a module lies; false where that names files of any other place. */
function isLoadedAlone(folder: string, disk: Disk): boolean {
  for (let at = folder; ; at = dirname(at)) {
    for (const name of READ_BY_LOADERS) {
      const path = resolve(at, name)
      const isThere = disk.stat(path) !== undefined
      if (isThere && name === TSCONFIG && String(disk.read(path)).includes('"extends"'))
        return false
    }
    if (dirname(at) === at) return true
  }
}

/** Does a module find this very package by its name? */
function isOfPackage(name: string, from: string, disk: Disk, runner: string): boolean {
  if (name !== PACKAGE && name !== `${PACKAGE}/bpf`) return false
  for (let at = dirname(from); ; at = dirname(at)) {
    const folder = resolve(at, 'node_modules', PACKAGE)
    if (disk.stat(folder) !== undefined) return disk.realPath(folder) === runner
    if (dirname(at) === at) return false
  }
}
