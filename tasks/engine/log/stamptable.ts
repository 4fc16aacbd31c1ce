// File stamps in columns, so that checking a whole tree allocates no objects.

import { coarseTimes, type FileStat } from '../files/index.ts'
import type { PayloadWriter } from './frame.ts'
import type { Stamp } from './stamp.ts'

/** Words of the times of a stamp: mtime, size, inode and change time, two each. */
export const RENEWED_WORDS = 8

/** Words of a stamp in a frame: path, flags, {@link RENEWED_WORDS}, digest (4). */
export const STAMP_WORDS = 2 + RENEWED_WORDS + 4

const SETTLED = 1
/** The runtime that took its times cuts off fractions of a millisecond. */
const COARSE = 2

function flagsOf(stamp: Stamp): number {
  return (stamp.settled ? SETTLED : 0) | (coarseTimes ? COARSE : 0)
}

const NO_BYTES = Buffer.alloc(0)

/** All stamps of a log, by number. */
export class StampTable {
  count = 0
  path = new Uint32Array(1024)
  /** {@link SETTLED} and {@link COARSE}. */
  flags = new Uint8Array(1024)
  mtime = new Float64Array(1024)
  size = new Float64Array(1024)
  ino = new Float64Array(1024)
  changed = new Float64Array(1024)
  /** The position of a stamp's digest in the log, in words; 0: it is not there. */
  #digestAt = new Uint32Array(1024)
  #log: Buffer = NO_BYTES
  /** Digests of new stamps. */
  readonly #digests = new Map<number, string>()
  /** The newest stamp of each path: most new edges share it. */
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

  /** @param bytes the whole log, the same in each call. They are kept and must not change */
  load(words: Uint32Array, bytes: Buffer, at: number): void {
    const id = this.#claim(words[at] ?? 0)
    this.flags[id] = words[at + 1] ?? 0
    this.loadTimes(id, words, at + 2)
    // Few digests are ever compared, so they stay in the log's bytes.
    this.#digestAt[id] = at + 2 + RENEWED_WORDS
    this.#log = bytes
  }

  /** @param path the number of its path in the file that it is written to */
  write(to: PayloadWriter, id: number, path = this.path[id] ?? 0): void {
    to.u32(path)
    to.u32(this.flags[id] ?? 0)
    this.writeTimes(to, id)
    to.bytes(Buffer.from(this.digestOf(id).padEnd(32, '0'), 'hex'))
  }

  /** @param at where {@link writeTimes} wrote them */
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
   * Sets the inode and change time of an otherwise unchanged file. Its mtime stays: the runtime that took it
   * may know it more exactly than this one.
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
   * Is a file the version of a stamp? If its inode or change time differs, its content decides: another file
   * of the same time and size may have taken its place.
   */
  holds(id: number, stat: Omit<FileStat, 'type'>, digest: () => string | undefined): boolean {
    if (!this.matches(id, stat)) return false
    const isUntouched = this.ino[id] === stat.ino && this.changed[id] === stat.changed
    return isUntouched || digest() === this.digestOf(id)
  }

  isSettled(id: number): boolean {
    return ((this.flags[id] ?? 0) & SETTLED) !== 0
  }

  /** Is that the time of the stamp, as exactly as the runtimes that took both know it? */
  hasTime(id: number, mtime: number): boolean {
    const own = this.mtime[id] ?? 0
    if (own === mtime) return true
    if (coarseTimes) return Math.floor(own) === mtime
    return ((this.flags[id] ?? 0) & COARSE) !== 0 && own === Math.floor(mtime)
  }

  /** Hexadecimal; '' if there was no content. */
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
