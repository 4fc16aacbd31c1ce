// Finds the modules that declare the tasks, and the files that decide what their imports resolve to. Asks
// everything of a recording disk.
import * as fs from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { packageRoot } from '../base/index.ts'
import type { Disk } from '../files/index.ts'
import { purityOf } from './purity.ts'

const PACKAGE = 'bpf-tasks'

/** The runner's own doors, by which the modules of this repository import it: `tasks/ROOM/index.ts`. */
function isDoor(path: string): boolean {
  const below = path.startsWith(`${packageRoot}/tasks/`) ? path.slice(packageRoot.length) : ''
  return /^\/tasks\/\w+\/index\.ts$/.test(below)
}

/** Built-in modules whose functions depend only on their arguments. */
const HARMLESS = new Set(['node:path', 'node:path/posix'])

/** Endings that a loader may try for an import, before or instead of the one that is written. */
const ENDINGS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json', '']

/** Options of the runtime, also in NODE_OPTIONS, that do not change what modules do. */
const HARMLESS_OPTIONS =
  /^(?:--max-old-space-size=\d+|--stack-trace-limit=\d+|--enable-source-maps|--no-(?:deprecation|warnings)|--(?:no-)?experimental-strip-types|--disable-warning=\w+)$/

/** The files of tsx. */
const LOADER = /^(?:file:\/\/)?\/.*\/node_modules\/tsx\/dist\/[\w.]+$/

/**
 * Records everything that decides what the modules of a script declare.
 * @param options those of the runtime, then those of NODE_OPTIONS
 * @param isDist does `dist` run, not the sources?
 * @returns why the modules may depend on something else; undefined if they do not
 */
export async function recordModules(
  script: string,
  options: readonly string[],
  isDist: boolean,
  disk: Disk,
): Promise<string | undefined> {
  for (const word of options) {
    if (HARMLESS_OPTIONS.test(word) || word === '--require' || word === '--import') continue
    if (!LOADER.test(word)) return `an option of the runtime: ${word}`
    disk.stat(word.replace(/^file:\/\//, ''))
  }
  recordRunner(isDist, disk)
  const found = new Set([resolve(script)])
  for (const path of found) {
    const real = disk.realPath(path)
    if (real === undefined || disk.stat(path)?.type !== 'file') return `${path} is not there`
    if (isDoor(real)) continue
    const redirected = redirects(dirname(real), disk)
    if (redirected !== undefined) return redirected
    if (real.endsWith('.json')) continue
    if (!/\.m?[jt]s$/.test(real)) return `${real} is not a module that can be read`
    const purity = await purityOf(String(disk.read(path)))
    if (!purity.isPure) return `${real} asks for ${purity.because}`
    for (const name of purity.imports) {
      if (HARMLESS.has(name)) continue
      if (/^(?:\.{0,2}\/)[^?#%:]+\.\w+$/.test(name)) {
        const named = resolve(dirname(real), name)
        found.add(named)
        for (const base of [named, named.replace(/\.\w+$/, '')])
          for (const ending of ENDINGS) if (base + ending !== named) disk.stat(base + ending)
      } else if (!isOurPackage(name, real, disk)) return `${real} imports ${name}`
    }
  }
  return undefined
}

/**
 * Records the files of the runner itself. In a checkout `dist/stamps` stands for all of them, because
 * chosenrooms.ts has compared them with it. Otherwise each module counts.
 */
function recordRunner(isDist: boolean, disk: Disk): void {
  disk.stat(`${packageRoot}/package.json`)
  if (isDist && disk.stat(`${packageRoot}/dist/stamps`) !== undefined) return
  const at = `${packageRoot}/${isDist ? 'dist' : 'tasks'}`
  for (const entry of fs.readdirSync(at, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && /\.[jt]s$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
      disk.stat(join(entry.parentPath, entry.name))
  }
}

/**
 * Records the files above a module that control how imports are resolved.
 * @returns why imports may lead elsewhere
 */
function redirects(folder: string, disk: Disk): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    for (const name of ['package.json', 'tsconfig.json', 'jsconfig.json']) {
      const why = redirectsIn(`${at}/${name}`, disk)
      if (why !== undefined) return why
    }
    if (dirname(at) === at) return undefined
  }
}

/** @param followed files that led here by `extends` */
function redirectsIn(
  path: string,
  disk: Disk,
  followed: ReadonlySet<string> = new Set(),
): string | undefined {
  if (followed.has(path)) return `${path} extends itself`
  if (disk.stat(path) === undefined) return undefined
  const text = String(disk.read(path))
  if (/"(?:paths|baseUrl)"/.test(text)) return `${path} redirects imports`
  if (/"name"\s*:\s*"bpf-tasks"/.test(text) && dirname(path) !== packageRoot)
    return `${path} has the name of the runner`
  // If there are two, one may be in a comment, and a pattern cannot say which one counts.
  const [extended, second] = text.match(/"extends"[^"]*"[^"]*"/g) ?? []
  const [, base] = /^"extends"\s*:\s*"([^"]+)"$/.exec(extended ?? '') ?? []
  if (second !== undefined) return `${path} names what it extends twice`
  if (base === undefined) return text.includes('"extends"') ? `${path} extends several` : undefined
  if (!/^\.{0,2}\//.test(base)) return `${path} extends ${base}`
  const named = resolve(dirname(path), base)
  const file = named.endsWith('.json') ? named : `${named}.json`
  // A file of exactly this name comes first.
  if (file !== named && disk.stat(named) !== undefined) return `${path} extends ${base}`
  return redirectsIn(file, disk, new Set([...followed, path]))
}

/** Does the name of our package lead from this module to this very package? */
function isOurPackage(name: string, from: string, disk: Disk): boolean {
  if (name !== PACKAGE && !name.startsWith(`${PACKAGE}/`)) return false
  // Within a package its own name leads to itself.
  for (let at = dirname(from); ; at = dirname(at)) {
    if (disk.stat(`${at}/package.json`) === undefined && dirname(at) !== at) continue
    if (at === packageRoot) return true
    break
  }
  for (let at = dirname(from); ; at = dirname(at)) {
    const folder = resolve(at, 'node_modules', PACKAGE)
    if (disk.stat(folder) !== undefined) return disk.realPath(folder) === packageRoot
    if (dirname(at) === at) return false
  }
}
