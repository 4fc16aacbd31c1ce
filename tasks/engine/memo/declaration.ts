// What the declarations of a null build followed from. While all of it is as it was they are too, and
// tasks.ts need not be evaluated to know them.
import type { Disk, FileStat } from '../files/disk.ts'
import type { Keys } from '../log/logkey.ts'
import { readSealed, writeSealed } from '../log/sealedfile.ts'
import type { Look } from './snapshot.ts'
import type { Led } from './witness.ts'

/** Any other form of the file is another file. */
const FORM = 'bpf-tasks declaration 1'

/** Name of the file, in the folder of the engine's state. */
export const DECLARATION = 'declaration'

export interface Declaration {
  /** Runtime, script, arguments and whatever else makes it another run. */
  readonly invocation: readonly string[]
  /** Variables that had a say; null: not set. */
  readonly environment: readonly (readonly [name: string, value: string | null])[]
  /** Modules, tools, folders in which tools and patterns were looked for, and what was not there. */
  readonly looks: readonly Look[]
  readonly led: readonly Led[]
  /** Which snapshot says how the files of the build itself were, as {@link Disk.version} tells it. */
  readonly snapshot: string
}

/** What tells runs apart, of this one. */
export interface Run {
  readonly invocation: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
}

export function writeDeclaration(disk: Disk, state: string, keys: Keys, it: Declaration): void {
  writeSealed(disk, `${state}/${DECLARATION}`, FORM, keys, Buffer.from(JSON.stringify(it)))
}

/** True where there is one for this run, and nothing of it has changed. */
export function declarationHolds(
  disk: Disk,
  state: string,
  snapshot: string,
  keys: Keys,
  run: Run,
): boolean {
  const payload = readSealed(disk, `${state}/${DECLARATION}`, FORM, keys)
  if (payload === undefined) return false
  const it: Declaration = JSON.parse(payload.toString())
  return (
    it.snapshot === disk.version(snapshot) &&
    it.invocation.length === run.invocation.length &&
    it.invocation.every((word, at) => word === run.invocation[at]) &&
    it.environment.every(([name, value]) => value === (run.environment[name] ?? null)) &&
    it.looks.every(([path, stat]) => isAsSeen(path, stat, disk)) &&
    it.led.every(([path, to]) => to === (disk.realPath(path) ?? null))
  )
}

function isAsSeen(path: string, seen: FileStat | null, disk: Disk): boolean {
  const { mtime = 0, changed = 0, size = 0, type } = seen ?? {}
  if (type === 'file' && disk.isJust(path, mtime, changed, size)) return true
  const found = disk.stat(path)
  if (found === undefined || seen === null) return found === undefined && seen === null
  const same = found.mtime === mtime && found.changed === changed
  return same && found.type === type && found.size === size
}
