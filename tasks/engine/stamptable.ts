// File stamps in columns, so that the check of a whole tree makes no objects.

import { coarseTimes } from './disk.ts'
import type { PayloadWriter } from './logframe.ts'
import type { Stamp } from './stamp.ts'

/** Words of one stamp in a frame: path, flags, mtime (2), size (2), digest (4). */
export const STAMP_WORDS = 10

const SETTLED = 1
/** Its time was taken by a runtime that cuts fractions off. */
const COARSE = 2

function flagsOf(stamp: Stamp): number {
  return (stamp.settled ? SETTLED : 0) | (coarseTimes ? COARSE : 0)
}

/** Every stamp that the log knows, by number. */
export class StampTable {
  count = 0
  path = new Uint32Array(1024)
  /** {@link SETTLED} and {@link COARSE}. */
  flags = new Uint8Array(1024)
  mtime = new Float64Array(1024)
  size = new Float64Array(1024)
  #digest = new Uint8Array(1024 * 16)
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
      this.flags[id] === flagsOf(stamp) &&
      this.digestOf(id) === stamp.digest
    return same ? id : undefined
  }

  add(path: number, stamp: Stamp): number {
    const id = this.#claim(path)
    this.flags[id] = flagsOf(stamp)
    this.mtime[id] = stamp.mtime
    this.size[id] = stamp.size
    if (stamp.digest !== '') this.#digest.set(Buffer.from(stamp.digest, 'hex'), id * 16)
    return id
  }

  load(words: Uint32Array, bytes: Buffer, at: number): void {
    const id = this.#claim(words[at] ?? 0)
    this.flags[id] = words[at + 1] ?? 0
    this.mtime[id] = this.#double(words, at + 2)
    this.size[id] = this.#double(words, at + 4)
    // A view for each stamp would cost more than these sixteen bytes.
    for (let byte = 0; byte < 16; byte++) {
      this.#digest[id * 16 + byte] = bytes[(at + 6) * 4 + byte] ?? 0
    }
  }

  write(to: PayloadWriter, id: number): void {
    to.u32(this.path[id] ?? 0)
    to.u32(this.flags[id] ?? 0)
    for (const column of [this.mtime, this.size]) {
      this.#two[0] = column[id] ?? 0
      to.u32(this.#twoWords[0] ?? 0)
      to.u32(this.#twoWords[1] ?? 0)
    }
    to.bytes(this.#digest.subarray(id * 16, id * 16 + 16))
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
    const hex = Buffer.from(this.#digest.buffer, id * 16, 16).toString('hex')
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
    const digest = new Uint8Array(capacity * 16)
    digest.set(this.#digest)
    this.#digest = digest
  }
}
