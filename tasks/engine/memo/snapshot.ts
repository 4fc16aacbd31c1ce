// How all was when a build found nothing to do. While that holds, the next one has nothing to do
// either, and need not make a graph, read the log or compare a record to know it.

import { type Disk, FILE_TYPES, type FileStat, isBefore, isPseudo } from '../files/disk.ts'
import { contentByBoot } from '../files/kernelfile.ts'
import type { Lookahead } from '../files/lookahead.ts'
import type { Answer } from '../log/edgerecord.ts'
import { PayloadWriter, readRun, readTexts, type TextRun } from '../log/frame.ts'
import type { Keys } from '../log/logkey.ts'
import { readSealed, writeSealed } from '../log/sealedfile.ts'
import type { Declared } from './declared.ts'

/** Any other form of the file begins with another text; it is sealed too. */
const FORM = 'bpf-tasks snapshot 2'

/** Numbers of types begin here, with what nearly all files are; before it is that of nothing. */
const FIRST_TYPE = 1

/** Added to the type of a file whose times say nothing. */
const PSEUDO = 8

/** What a snapshot holds besides files. */
interface Seen extends Declared {
  /** Which log it speaks of: any build that writes there is one that it does not know of. */
  readonly log: string
  /** Of files whose times say nothing, what is in them. */
  readonly contents: string
  /** Those of them that do not change while the kernel runs. */
  readonly lasting: readonly string[]
  readonly answers: readonly (readonly [key: string, answer: Answer])[]
}

/** A file as a build saw it; null: it was not there. */
export type Look = readonly [path: string, stat: FileStat | null]

export class Snapshot {
  readonly #seen: Seen
  readonly #columns: Columns
  /** Where each path begins in all of them. */
  readonly #starts: Uint32Array
  /** What this thread has seen of them, so that nothing is looked at twice. */
  readonly #looks: (FileStat | null | undefined)[] = []
  #numbers: Map<string, number> | undefined
  #ahead: Lookahead | undefined

  private constructor(seen: Seen, columns: Columns) {
    this.#seen = seen
    this.#columns = columns
    this.#starts = new Uint32Array(columns.types.length + 1)
    let start = 0
    for (let at = 0; at < this.size; at++) {
      this.#starts[at] = start
      start += columns.paths.lengths[at] as number
    }
    this.#starts[this.size] = start
  }

  /** Undefined where there is none that is ours, or a build has run since. */
  static read(disk: Disk, path: string, log: string, keys: Keys): Snapshot | undefined {
    const payload = readSealed(disk, path, FORM, keys)
    if (payload === undefined || payload.length % 4 !== 0) return undefined
    const snapshot = Snapshot.#decode(payload)
    return snapshot?.isOf(disk, log) === true ? snapshot : undefined
  }

  static #decode(bytes: Buffer): Snapshot | undefined {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
    const heads: string[] = []
    const middle = readTexts(bytes, words, 0, words.length, heads)
    if (middle === undefined || heads[0] !== FORM) return undefined
    const paths = readRun(bytes, words, middle, words.length)
    if (paths === undefined) return undefined
    const count = paths.run.lengths.length
    let at = bytes.byteOffset + paths.end * 4
    const column = (): Float64Array => {
      // A copy: numbers of eight bytes are not read from between them.
      const numbers = new Float64Array(bytes.buffer.slice(at, at + count * 8))
      at += count * 8
      return numbers
    }
    const [mtimes, changes, sizes] = [column(), column(), column()]
    const types = new Uint8Array(bytes.buffer, at, count)
    const columns = { paths: paths.run, mtimes, changes, sizes, types }
    return new Snapshot(JSON.parse(heads[1] ?? ''), columns)
  }

  /** Is the log the one that it was made beside, and has no build written to it since? */
  isOf(disk: Disk, log: string): boolean {
    return this.#seen.log === disk.version(log)
  }

  /** Of what, and how many edges there are. */
  get declared(): Declared {
    return this.#seen
  }

  get size(): number {
    return this.#columns.types.length
  }

  #path(at: number): string {
    return this.#columns.paths.all.slice(this.#starts[at], this.#starts[at + 1])
  }

  /** What was known then, for whoever asks. */
  answer(key: string): Answer | undefined {
    return this.#seen.answers.find(([known]) => known === key)?.[1]
  }

  /** Lets another thread look at the files from their end on. */
  lookAhead(ahead: Lookahead, disk: Disk): void {
    this.#ahead = ahead
    ahead.begin(disk, { runs: [this.#columns.paths], stringCount: this.size })
  }

  /** True while every file is as it was, and what was not there still is not. */
  holds(disk: Disk): boolean {
    const { mtimes, changes, sizes, types } = this.#columns
    const pseudo: string[] = []
    const ahead = this.#ahead
    const count = types.length
    for (let at = 0; at < count; at++) {
      const type = types[at] as number
      if (type === FIRST_TYPE) {
        // Nearly all of them, and nearly always: nothing is made for those, not even a list of three.
        const mtime = mtimes[at] as number
        const changed = changes[at] as number
        const size = sizes[at] as number
        const seen = ahead?.isJust(at, mtime, changed, size)
        if (seen === true) continue
        if (seen === undefined && disk.isJust(this.#path(at), mtime, changed, size)) continue
      }
      const isPseudoFile = (type & PSEUDO) !== 0
      if (isPseudoFile) pseudo.push(this.#path(at))
      if (!this.#isSame(at, this.#look(at, disk), isPseudoFile)) return false
    }
    return this.#seen.contents === contentsOf(pseudo, this.#seen.lasting, disk)
  }

  #look(at: number, disk: Disk): FileStat | null {
    const path = this.#path(at)
    const seen = this.#ahead?.take(at, path)
    if (seen !== undefined) return seen
    const look = disk.stat(path) ?? null
    this.#looks[at] = look
    return look
  }

  #isSame(at: number, stat: FileStat | null, isPseudoFile: boolean): boolean {
    const { mtimes, changes, sizes, types } = this.#columns
    if (stat === null) return types[at] === 0
    const type = FIRST_TYPE + FILE_TYPES.indexOf(stat.type) + (isPseudoFile ? PSEUDO : 0)
    if (type !== types[at] || stat.size !== sizes[at]) return false
    return isPseudoFile || (stat.mtime === mtimes[at] && stat.changed === changes[at])
  }

  /**
   * What was seen of a file in {@link holds}, for the plan that has to be made after all.
   * As {@link Lookahead.take}, but for the number, which is another one here.
   */
  take(_number: number, path: string): FileStat | null | undefined {
    if (this.#numbers === undefined) {
      this.#numbers = new Map()
      for (let at = 0; at < this.size; at++) this.#numbers.set(this.#path(at), at)
    }
    const at = this.#numbers.get(path)
    if (at === undefined) return undefined
    const look = this.#looks[at]
    return look === undefined ? this.#ahead?.take(at, path) : look
  }

  /**
   * Keeps one for the next build. Nothing is kept where an edit could be unseen: of a file that
   * changed since this build began, the time is no proof.
   * @param began what the file system's clock said before any of the files was looked at
   * @returns false where none was kept
   */
  static write(
    disk: Disk,
    path: string,
    log: string,
    keys: Keys,
    parts: Pick<Seen, 'answers' | 'lasting'> & { readonly declared: Declared },
    looks: readonly Look[],
    began: number,
  ): boolean {
    const identity = disk.version(log)
    if (identity === undefined) return false
    const recent = ([file, stat]: Look): boolean =>
      stat !== null && !isPseudo(file) && !isBefore(stat.changed, began)
    if (looks.some(recent)) return false
    const pseudo = looks.flatMap(([file, stat]) => (isPseudo(file) && stat !== null ? [file] : []))
    const { declared, answers, lasting } = parts
    const contents = contentsOf(pseudo, lasting, disk)
    const seen: Seen = { ...declared, log: identity, contents, lasting, answers }
    return writeSealed(disk, path, FORM, keys, encode(seen, looks))
  }
}

/** One row a file. */
interface Columns {
  readonly paths: TextRun
  readonly mtimes: Float64Array
  readonly changes: Float64Array
  readonly sizes: Float64Array
  readonly types: Uint8Array
}

function encode(seen: Seen, looks: readonly Look[]): Buffer {
  const writer = new PayloadWriter()
  writer.texts([FORM, JSON.stringify(seen)])
  writer.texts(looks.map(([path]) => path))
  const column = (of: (stat: FileStat) => number): void => {
    const numbers = Float64Array.from(looks, ([, stat]) => (stat === null ? 0 : of(stat)))
    writer.bytes(new Uint8Array(numbers.buffer))
  }
  column(({ mtime }) => mtime)
  column(({ changed }) => changed)
  column(({ size }) => size)
  const typeOf = ([path, stat]: Look): number =>
    stat === null ? 0 : FIRST_TYPE + FILE_TYPES.indexOf(stat.type) + (isPseudo(path) ? PSEUDO : 0)
  writer.bytes(Uint8Array.from(looks, typeOf))
  return writer.view()
}

/** Of files whose times say nothing: what is in them, or as good. */
function contentsOf(paths: readonly string[], lasting: readonly string[], disk: Disk): string {
  return paths
    .map((path) => {
      const kept = lasting.includes(path) ? contentByBoot(path) : undefined
      return `${path} ${kept ?? disk.digest(path) ?? ''}`
    })
    .join('\n')
}
