// What was not there when a command ran, and would have been read had it been: a header of a folder
// that is searched earlier. Commands of one build search the same folders for the same names, so what
// one found missing is not looked for again while its folder is as it was.
import { posix } from 'node:path'
import type { Disk, FileStat } from '../files/index.ts'
import type { Stamp } from '../log/index.ts'
import { sameVersion } from './files.ts'
import { Preferences } from './searchpath.ts'

/** What one command would have preferred, and the folders in which it would appear. */
export interface Absence {
  readonly absent: readonly string[]
  /** While they are as they were, none of {@link absent} has appeared. */
  readonly folders: readonly Stamp[]
}

/** A path at which nothing was, and how the nearest folder above it was then. */
interface Missing {
  readonly folder: string
  readonly seen: FileStat
}

/** How many paths are remembered: a tree of many folders has more pairs of folder and name than memory. */
const MOST = 1 << 17

export class Absences {
  readonly #disk: Disk
  readonly #preferences = new Preferences()
  readonly #missing = new Map<string, Missing>()

  constructor(disk: Disk) {
    this.#disk = disk
  }

  /**
   * @param searchPath folders that were searched, the first one first
   * @param sources what the command was told to read
   * @param read what it read besides
   * @param started what the clock of the file system said when it started
   */
  of(
    searchPath: readonly string[],
    sources: readonly string[],
    read: readonly string[],
    started: number,
  ): Absence {
    const looks = new Looks(this.#disk)
    const absent: string[] = []
    const folders = new Map<string, FileStat>()
    for (const path of this.#preferences.before(searchPath, sources, read)) {
      const known = this.#missing.get(path)
      if (known !== undefined && isAsSeen(known.seen, looks.at(known.folder))) {
        absent.push(path)
        folders.set(known.folder, known.seen)
        continue
      }
      // Looked at before what is in it: what appears after that changes the folder's time.
      const folder = looks.existing(posix.dirname(path))
      const seen = looks.at(folder)
      if (seen === undefined) continue
      folders.set(folder, seen)
      const stat = this.#disk.stat(path)
      if (stat === undefined) {
        absent.push(path)
        // A later change of a folder that changed in this very tick might not show.
        if (seen.changed < started) this.#remember(path, { folder, seen })
      } else if (stat.changed >= started) {
        // One that appeared while the command ran may have come too late for it.
        absent.push(path)
      }
    }
    return { absent, folders: [...folders].map(([path, seen]) => stampOf(path, seen, started)) }
  }

  #remember(path: string, missing: Missing): void {
    if (this.#missing.size >= MOST) this.#missing.clear()
    this.#missing.set(path, missing)
  }
}

/** Folders, each looked at once for one command. */
class Looks {
  readonly #disk: Disk
  readonly #seen = new Map<string, FileStat | undefined>()
  readonly #existing = new Map<string, string>()

  constructor(disk: Disk) {
    this.#disk = disk
  }

  at(folder: string): FileStat | undefined {
    if (!this.#seen.has(folder)) this.#seen.set(folder, this.#disk.stat(folder))
    return this.#seen.get(folder)
  }

  /** The folder itself, or the nearest above it that is there. */
  existing(folder: string): string {
    let found = this.#existing.get(folder)
    if (found === undefined) {
      const isEnd = folder === '.' || folder === '/' || this.at(folder)?.type === 'folder'
      found = isEnd ? folder : this.existing(posix.dirname(folder))
      this.#existing.set(folder, found)
    }
    return found
  }
}

function isAsSeen(seen: FileStat, now: FileStat | undefined): boolean {
  return now !== undefined && sameVersion(seen, now) && seen.changed === now.changed
}

function stampOf(path: string, seen: FileStat, started: number): Stamp {
  const { mtime, size, ino, changed } = seen
  return { path, mtime, size, ino, changed, digest: '', settled: changed < started }
}
