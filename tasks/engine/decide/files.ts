// What identifies one file on disk: time, size, content; and one build's view of the disk.

import { UserError } from '../base/index.ts'
import { type Clock, type Disk, type FileStat, isPseudo } from '../files/index.ts'
import type { BuildLog, Stamp } from '../log/index.ts'

/** The content of one version of a file. */
export interface Digest {
  readonly stat: FileStat
  readonly digest: string
}

/** Paths that have a number already: those that the log speaks of. */
export type Numbered = Pick<BuildLog, 'stringCount' | 'string' | 'numberOf'>

/** Each file looked at once a build, and read at most once a version. */
export class Files {
  readonly disk: Disk
  readonly #numbered: Numbered | undefined
  /** How many paths had a number when this build began: those that get one later keep their place. */
  readonly #count: number
  /** By number; null for what is not there. */
  readonly #seen: (FileStat | null | undefined)[] = []
  /** By path, where that has no number. */
  readonly #others = new Map<string, FileStat | null>()
  readonly #digests = new Map<string, Digest>()
  readonly #pseudo: Map<string, Digest>

  /**
   * @param pseudo digests of files under /sys and /proc, kept from one build to the next
   */
  constructor(disk: Disk, pseudo: Map<string, Digest> = new Map(), numbered?: Numbered) {
    this.disk = disk
    this.#pseudo = pseudo
    this.#numbered = numbered
    this.#count = numbered?.stringCount ?? 0
  }

  /** As it was when this build first looked. */
  stat(path: string): FileStat | undefined {
    const number = this.#numberOf(path)
    if (number !== undefined) return this.statOf(number)
    const known = this.#others.get(path)
    return known === undefined ? this.lookAgain(path) : (known ?? undefined)
  }

  /** The same by number. A build in which nothing is stale asks by number alone. */
  statOf(number: number): FileStat | undefined {
    let known = this.#seen[number]
    if (known === undefined) {
      const path = this.#numbered?.string(number) ?? ''
      known = this.disk.stat(path) ?? null
      this.#seen[number] = known
    }
    return known ?? undefined
  }

  /** As it is now; later calls of {@link stat} see that too. */
  lookAgain(path: string): FileStat | undefined {
    const stat = this.disk.stat(path)
    const number = this.#numberOf(path)
    if (number === undefined) this.#others.set(path, stat ?? null)
    else this.#seen[number] = stat ?? null
    return stat
  }

  #numberOf(path: string): number | undefined {
    const number = this.#count === 0 ? undefined : this.#numbered?.numberOf(path)
    return number !== undefined && number < this.#count ? number : undefined
  }

  /** The content of the file as `stat` saw it; '' where there is none to read. */
  digest(path: string, stat: FileStat): string {
    const known = this.#known(path, stat)
    if (known !== undefined) return known
    const digest = (stat.type === 'file' ? this.disk.digest(path) : undefined) ?? ''
    this.#digestsOf(path).set(path, { stat, digest })
    return digest
  }

  /** The content of that version of the file, where it has been read already. */
  #known(path: string, stat: FileStat): string | undefined {
    const known = this.#digestsOf(path).get(path)
    if (known === undefined || known.stat.changed !== stat.changed) return undefined
    return sameVersion(known.stat, stat) ? known.digest : undefined
  }

  #digestsOf(path: string): Map<string, Digest> {
    return isPseudo(path) ? this.#pseudo : this.#digests
  }

  /**
   * The stamp of an input that a command has read.
   * @param before how it was when the command started, where that is known
   * @param started what `clock` said when the command started
   */
  stampInput(path: string, before: FileStat | undefined, started: number, clock: Clock): Stamp {
    const seen = this.lookAgain(path)
    if (seen === undefined) return missingStamp(path)
    const known = this.#known(path, seen)
    const digest = known ?? this.digest(path, seen)
    // Looked at after it was read, so that an edit in between cannot lend its time to old content.
    const after = known === undefined ? this.lookAgain(path) : seen
    if (after === undefined) return missingStamp(path)
    const { mtime, size, ino, changed } = after
    const found = { path, mtime, size, ino, changed, digest }
    if (isPseudo(path)) return { ...found, settled: true }
    // A file that changed in the tick in which the command started may be either version. A change
    // time after now comes from a clock that was set back since: the change itself was earlier.
    const touched = after.changed >= started && after.changed <= clock.now()
    const same = before === undefined || sameVersion(before, after)
    return { ...found, settled: same && !touched }
  }

  /** The stamp of an output that a command has made. @throws UserError where it made none */
  stampOutput(path: string): Stamp {
    const stat = this.lookAgain(path)
    if (stat === undefined || stat.type === 'folder') {
      throw new UserError({
        what: stat === undefined ? 'the command made no such file' : 'the command made a folder',
        facts: [['output', path]],
        hint: 'correct the outputs of this edge, or its command',
      })
    }
    const { mtime, size, ino, changed } = stat
    return { path, mtime, size, ino, changed, digest: this.digest(path, stat), settled: true }
  }
}

/** Of a file that went away: what was read is not known. */
function missingStamp(path: string): Stamp {
  return { path, mtime: 0, size: 0, ino: 0, changed: 0, digest: '', settled: false }
}

export function sameVersion(a: FileStat, b: FileStat): boolean {
  return a.mtime === b.mtime && a.size === b.size
}
