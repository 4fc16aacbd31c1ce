// What identifies one file on disk: time, size, content; and one build's view of the disk.
import type { Clock } from './clock.ts'
import { type Disk, type FileStat, isPseudo } from './disk.ts'
import { UserError } from './failure.ts'

/** Which version of which file: what one command saw, or left. */
export interface Stamp {
  readonly path: string
  /** Milliseconds since 1970, fractions included. */
  readonly mtime: number
  /** Bytes. */
  readonly size: number
  /** Content, as {@link Disk.digest} gives it; '' for what has no content, such as a device. */
  readonly digest: string
  /** False when the file changed while the command ran: what was read is not known. */
  readonly settled: boolean
}

/** The content of one version of a file. */
export interface Digest {
  readonly stat: FileStat
  readonly digest: string
}

/** Each file looked at once a build, and read at most once a version. */
export class Files {
  readonly disk: Disk
  /** Null for what is not there. */
  readonly #stats = new Map<string, FileStat | null>()
  readonly #digests = new Map<string, Digest>()
  readonly #pseudo: Map<string, Digest>

  /** @param pseudo digests of files under /sys and /proc, kept from one build to the next */
  constructor(disk: Disk, pseudo: Map<string, Digest> = new Map()) {
    this.disk = disk
    this.#pseudo = pseudo
  }

  /** As it was when this build first looked. */
  stat(path: string): FileStat | undefined {
    const known = this.#stats.get(path)
    return known === undefined ? this.look(path) : (known ?? undefined)
  }

  /** As it is now; later calls of {@link stat} see that too. */
  look(path: string): FileStat | undefined {
    const stat = this.disk.stat(path)
    this.#stats.set(path, stat ?? null)
    return stat
  }

  /** The content of the file as `stat` saw it; '' where there is none to read. */
  digest(path: string, stat: FileStat): string {
    const digests = isPseudo(path) ? this.#pseudo : this.#digests
    const known = digests.get(path)
    if (
      known !== undefined &&
      known.stat.changed === stat.changed &&
      sameVersion(known.stat, stat)
    ) {
      return known.digest
    }
    const digest = (stat.type === 'file' ? this.disk.digest(path) : undefined) ?? ''
    digests.set(path, { stat, digest })
    return digest
  }

  /**
   * The stamp of an input that a command has read.
   * @param before how it was when the command started, where that is known
   * @param started what `clock` said when the command started
   */
  stampInput(path: string, before: FileStat | undefined, started: number, clock: Clock): Stamp {
    const seen = this.disk.stat(path)
    if (seen === undefined) return { path, mtime: 0, size: 0, digest: '', settled: false }
    const digest = this.digest(path, seen)
    // Looked at after it was read, so that an edit in between cannot lend its time to old content.
    const after = this.look(path)
    if (after === undefined) return { path, mtime: 0, size: 0, digest: '', settled: false }
    const { mtime, size } = after
    if (isPseudo(path)) return { path, mtime, size, digest, settled: true }
    // A file that changed in the tick in which the command started may be either version. A change
    // time after now comes from a clock that was set back since: the change itself was earlier.
    const touched = after.changed >= started && after.changed <= clock.now()
    const same = before === undefined || sameVersion(before, after)
    return { path, mtime, size, digest, settled: same && !touched }
  }

  /** The stamp of an output that a command has made. @throws UserError where it made none */
  stampOutput(path: string): Stamp {
    const stat = this.look(path)
    if (stat === undefined || stat.type === 'folder') {
      throw new UserError({
        what: stat === undefined ? 'the command made no such file' : 'the command made a folder',
        facts: [['output', path]],
        hint: 'correct the outputs of this edge, or its command',
      })
    }
    return {
      path,
      mtime: stat.mtime,
      size: stat.size,
      digest: this.digest(path, stat),
      settled: true,
    }
  }
}

export function sameVersion(a: FileStat, b: FileStat): boolean {
  return a.mtime === b.mtime && a.size === b.size
}
