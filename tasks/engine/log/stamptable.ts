// File stamps in columns, so that the check of a whole tree makes no objects.

import { coarseTimes, type FileStat } from '../files/index.ts'
import type { PayloadWriter } from './frame.ts'
import type { Stamp } from './stamp.ts'

/** Words of what {@link StampTable.renew} replaces: mtime, size, inode and change time, two each. */
export const RENEWED_WORDS = 8

/** Words of one stamp in a frame: path, flags, those of {@link RENEWED_WORDS}, digest (4). */
export const STAMP_WORDS = 2 + RENEWED_WORDS + 4

const SETTLED = 1
/** Its time was taken by a runtime that cuts fractions off. */
const COARSE = 2

function flagsOf(stamp: Stamp): number {
  return (stamp.settled ? SETTLED : 0) | (coarseTimes ? COARSE : 0)
}

const NO_BYTES = Buffer.alloc(0)

/** Every stamp that the log knows, by number. */
export class StampTable {
  count = 0
  path = new Uint32Array(1024)
  /** {@link SETTLED} and {@link COARSE}. */
  flags = new Uint8Array(1024)
  mtime = new Float64Array(1024)
  size = new Float64Array(1024)
  ino = new Float64Array(1024)
  changed = new Float64Array(1024)
  /** Where the digest of a stamp begins in the log's own bytes, as a number of words; 0: not there. */
  #digestAt = new Uint32Array(1024)
  #log: Buffer = NO_BYTES
  /** Digests of stamps that were not read from the log. */
  readonly #digests = new Map<number, string>()
  /** The newest stamp of each path: the one that a new edge mostly shares. */
  #newest: Map<number, number> | undefined
  readonly #two = new Float64Array(1)
  readonly #twoWords = new Uint32Array(this.#two.buffer)

  find(path: number, stamp: Stamp): number | undefined {
    this.#newest ??= this.#newestStamps()
    const id = this.#newest.get(path)
    if (id === undefined) return undefined
    const same =
      this.mtime[id] === stamp.mtime &&
      this.size[id] === stamp.size &&
      this.ino[id] === stamp.ino &&
      this.changed[id] === stamp.changed &&
      this.flags[id] === flagsOf(stamp) &&
      this.digestOf(id) === stamp.digest
    return same ? id : undefined
  }

  add(path: number, stamp: Stamp): number {
    const id = this.#claim(path)
    this.flags[id] = flagsOf(stamp)
    this.mtime[id] = stamp.mtime
    this.size[id] = stamp.size
    this.renew(id, stamp)
    if (stamp.digest !== '') this.#digests.set(id, stamp.digest)
    return id
  }

  /** @param bytes of the whole log, the same at each call; they are kept and must not change */
  load(words: Uint32Array, bytes: Buffer, at: number): void {
    const id = this.#claim(words[at] ?? 0)
    this.flags[id] = words[at + 1] ?? 0
    this.loadTimes(id, words, at + 2)
    // Few of them are ever compared: they stay where they are.
    this.#digestAt[id] = at + 2 + RENEWED_WORDS
    this.#log = bytes
  }

  /** @param path number that its path has where it is written */
  write(to: PayloadWriter, id: number, path = this.path[id] ?? 0): void {
    to.u32(path)
    to.u32(this.flags[id] ?? 0)
    this.writeTimes(to, id)
    to.bytes(Buffer.from(this.digestOf(id).padEnd(32, '0'), 'hex'))
  }

  /** @param at where the words of {@link writeTimes} begin */
  loadTimes(id: number, words: Uint32Array, at: number): void {
    this.mtime[id] = this.#double(words, at)
    this.size[id] = this.#double(words, at + 2)
    this.ino[id] = this.#double(words, at + 4)
    this.changed[id] = this.#double(words, at + 6)
  }

  writeTimes(to: PayloadWriter, id: number): void {
    for (const column of [this.mtime, this.size, this.ino, this.changed]) {
      this.#two[0] = column[id] ?? 0
      to.u32(this.#twoWords[0] ?? 0)
      to.u32(this.#twoWords[1] ?? 0)
    }
  }

  /**
   * A file of the same time, size and content has another inode or change time. Its time stays as it is:
   * this runtime may know it less exactly than the one that took it.
   */
  renew(id: number, stat: Pick<FileStat, 'ino' | 'changed'>): void {
    this.ino[id] = stat.ino
    this.changed[id] = stat.changed
  }

  /** True when a file still has the time and the size of the stamp. */
  matches(id: number, { mtime, size }: Pick<FileStat, 'mtime' | 'size'>): boolean {
    return this.size[id] === size && this.hasTime(id, mtime)
  }

  /**
   * Is a file the version of a stamp? Where its inode or change time is another one, its content decides:
   * another file may have been put in its place with the same time and size.
   */
  holds(id: number, stat: Omit<FileStat, 'type'>, digest: () => string | undefined): boolean {
    if (!this.matches(id, stat)) return false
    const isUntouched = this.ino[id] === stat.ino && this.changed[id] === stat.changed
    return isUntouched || digest() === this.digestOf(id)
  }

  isSettled(id: number): boolean {
    return ((this.flags[id] ?? 0) & SETTLED) !== 0
  }

  /** Is that the time of the stamp, as far as the runtimes that took both can tell? */
  hasTime(id: number, mtime: number): boolean {
    const own = this.mtime[id] ?? 0
    if (own === mtime) return true
    if (coarseTimes) return Math.floor(own) === mtime
    return ((this.flags[id] ?? 0) & COARSE) !== 0 && own === Math.floor(mtime)
  }

  /** Hexadecimal; '' when there was no content. */
  digestOf(id: number): string {
    const at = (this.#digestAt[id] ?? 0) * 4
    if (at === 0) return this.#digests.get(id) ?? ''
    const hex = this.#log.toString('hex', at, at + 16)
    return hex === '00000000000000000000000000000000' ? '' : hex
  }

  #newestStamps(): Map<number, number> {
    const newest = new Map<number, number>()
    for (let id = 0; id < this.count; id++) newest.set(this.path[id] ?? 0, id)
    return newest
  }

  #double(words: Uint32Array, at: number): number {
    this.#twoWords[0] = words[at] ?? 0
    this.#twoWords[1] = words[at + 1] ?? 0
    return this.#two[0] ?? 0
  }

  #claim(path: number): number {
    const id = this.count++
    if (id === this.path.length) this.#grow(id * 2)
    this.path[id] = path
    this.#newest?.set(path, id)
    return id
  }

  #grow(capacity: number): void {
    const path = new Uint32Array(capacity)
    path.set(this.path)
    this.path = path
    const flags = new Uint8Array(capacity)
    flags.set(this.flags)
    this.flags = flags
    const mtime = new Float64Array(capacity)
    mtime.set(this.mtime)
    this.mtime = mtime
    const size = new Float64Array(capacity)
    size.set(this.size)
    this.size = size
    const ino = new Float64Array(capacity)
    ino.set(this.ino)
    this.ino = ino
    const changed = new Float64Array(capacity)
    changed.set(this.changed)
    this.changed = changed
    const digestAt = new Uint32Array(capacity)
    digestAt.set(this.#digestAt)
    this.#digestAt = digestAt
  }
}
