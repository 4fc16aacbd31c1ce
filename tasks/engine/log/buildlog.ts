// What ran last time: strings, file stamps, edges and probe answers in one append-only file.
//
// The file is a header and then frames: length, seal, payload. A frame is written with one call
// and holds whole records, so a torn or damaged tail is dropped frame by frame and nothing that
// it said is believed; nor is what somebody else wrote, who does not have the key for the seal.
// Records speak in numbers: every string and every stamp is written once.
import * as fs from 'node:fs'
import { isErrno } from '../base/failure.ts'
import type { Stamp } from '../decide/files.ts'
import { type Disk, diskFailure, type FileStat } from '../files/disk.ts'
import { live } from './compact.ts'
import {
  type Answer,
  allBelow,
  type EdgeRecord,
  edgeRecord,
  idsOf,
  type KeptAnswer,
  kinds,
  LISTS,
  type NewEdgeRecord,
  writeAnswer,
  writeEdge,
} from './edgerecord.ts'
import * as logframe from './frame.ts'
import { openLog, readLog, writeAll } from './logfile.ts'
import type { Keys } from './logkey.ts'
import { STAMP_WORDS, StampTable } from './stamptable.ts'

/** The log is written anew, as one frame, when it has this many records and most of them are old. */
const OLD_RECORDS = 1000
/** Likewise when it has this many frames: each costs some ten microseconds to read. */
const FRAMES = 200

export class BuildLog {
  readonly path: string
  readonly #disk: Disk
  readonly #keys: Keys
  #key: Buffer | undefined
  /** The seal of the last frame, or the header. */
  #seal: Buffer = logframe.logHeader()
  readonly #strings: string[] = []
  /** All strings that were read, by number. */
  readonly runs: logframe.TextRun[] = []
  /** Numbers of the strings; made when the first one is asked for. */
  #ids: Map<string, number> | undefined
  readonly #stamps = new StampTable()
  readonly #edges = new Map<string, EdgeRecord>()
  readonly #answers = new Map<string, KeptAnswer>()
  /** Edge and answer records read or written, those that a later one replaced included. */
  #records = 0
  #frames = 0
  /** Bytes of the file that were understood; what follows is overwritten by the next append. */
  #goodLength = 0
  #fd: number | undefined
  /** Records for the next frame. */
  readonly #pending = new logframe.PayloadWriter()
  #newStrings: string[] = []
  #newStamps: number[] = []

  private constructor(disk: Disk, path: string, keys: Keys) {
    this.#disk = disk
    this.#keys = keys
    this.path = path
  }

  /** Reads a log. One that is missing, foreign or damaged from the start gives an empty one. */
  static open(disk: Disk, path: string, keys: Keys): BuildLog {
    const bytes = readLog(disk, path)
    const log = new BuildLog(disk, path, keys)
    if (bytes === undefined || log.#load(bytes)) return log
    // Sealed by us and still senseless: believe none of it.
    return new BuildLog(disk, path, keys)
  }

  /** Every edge that there is a record of, by first output. */
  edges(): Iterable<readonly [output: string, record: EdgeRecord]> {
    return this.#edges
  }

  /** The record of the edge whose first output this is. */
  edge(output: string): EdgeRecord | undefined {
    return this.#edges.get(output)
  }

  answer(key: string): Answer | undefined {
    const found = this.#answers.get(key)
    if (found === undefined) return undefined
    return { facts: this.#texts(found.facts), words: this.#texts(found.words) }
  }

  string(id: number): string {
    return this.#strings[id] ?? ''
  }

  get stringCount(): number {
    return this.#strings.length
  }

  /** The number of a text; undefined where no record speaks of it. */
  numberOf(text: string): number | undefined {
    return this.#numbers().get(text)
  }

  stampPath(stamp: number): string {
    return this.string(this.stampPathNumber(stamp))
  }

  stampPathNumber(stamp: number): number {
    return this.#stamps.path[stamp] ?? 0
  }

  stampDigest(stamp: number): string {
    return this.#stamps.digestOf(stamp)
  }

  stampSettled(stamp: number): boolean {
    return this.#stamps.isSettled(stamp)
  }

  /** True when the file still has the time and the size of the stamp. */
  stampMatches(stamp: number, stat: Pick<FileStat, 'mtime' | 'size'>): boolean {
    return this.#stamps.size[stamp] === stat.size && this.#stamps.hasTime(stamp, stat.mtime)
  }

  /** True when an output still has the time and the size with which its edge left it. */
  isAsLeft(output: string, found: Stamp): boolean {
    const record = this.edge(output)
    if (record === undefined) return false
    return idsOf(record, 'outputs').some(
      (stamp) => this.stampPath(stamp) === found.path && this.stampMatches(stamp, found),
    )
  }

  stampFacts(stamp: number): { mtime: number; size: number } {
    return { mtime: this.#stamps.mtime[stamp] ?? 0, size: this.#stamps.size[stamp] ?? 0 }
  }

  /** Numbers of all paths that there are stamps of, each once. */
  stampedPaths(): Uint32Array {
    const seen = new Uint8Array(this.#strings.length)
    const { path, count } = this.#stamps
    return path.subarray(0, count).filter((number) => {
      const first = seen[number] === 0
      seen[number] = 1
      return first
    })
  }

  get stampCount(): number {
    return this.#stamps.count
  }

  /** Keeps a success, and writes it at once. @throws UserError where the disk does not take it */
  recordEdge(output: string, edge: NewEdgeRecord): void {
    this.#putEdge(output, edge)
    this.flush()
  }

  /** Keeps the answer to a probe. */
  recordAnswer(key: string, answer: Answer): void {
    this.#putAnswer(key, answer)
    this.flush()
  }

  /** Forgets an edge, so that it counts as never built. */
  forget(output: string): void {
    if (!this.#edges.delete(output)) return
    this.#records++
    this.#pending.u32(kinds.forget)
    this.#pending.u32(this.#internOne(output))
    this.flush()
  }

  /** Writes what is pending as one frame. @throws UserError where the disk does not take it */
  flush(): void {
    const body = new logframe.PayloadWriter()
    if (this.#newStrings.length > 0) {
      body.u32(kinds.strings)
      body.texts(this.#newStrings)
    }
    if (this.#newStamps.length > 0) {
      body.u32(kinds.stamps)
      body.u32(this.#newStamps.length)
      for (const id of this.#newStamps) this.#stamps.write(body, id)
    }
    body.append(this.#pending)
    this.#write(body)
    this.#newStrings = []
    this.#newStamps = []
    this.#pending.clear()
  }

  #write(body: logframe.PayloadWriter): void {
    if (body.length === 0) return
    try {
      const fd = this.#open()
      this.#key ??= this.#keys.make()
      const { frame, seal } = logframe.frameOf(body, this.#key, this.#seal)
      writeAll(fd, frame, this.#goodLength)
      this.#goodLength += frame.length
      this.#seal = seal
      this.#frames++
    } catch (error) {
      throw isErrno(error) ? diskFailure('write', this.path, error) : error
    }
  }

  /** Ends writing; where much of the file is of no more use, writes it anew. */
  close(): void {
    if (this.#fd === undefined) return
    const live = this.#edges.size + this.#answers.size
    const old = this.#records > OLD_RECORDS && live * 2 < this.#records
    if (old || this.#frames > FRAMES) this.#rewrite()
    fs.closeSync(this.#fd)
    this.#fd = undefined
  }

  /** True when it holds no edge: nothing that was built is left to remember. */
  get isEmpty(): boolean {
    return this.#edges.size === 0
  }

  #open(): number {
    if (this.#fd !== undefined) return this.#fd
    const fd = openLog(this.#disk, this.path, this.#goodLength)
    if (this.#goodLength === 0) {
      writeAll(fd, logframe.logHeader(), 0)
      this.#goodLength = logframe.HEADER
    }
    this.#fd = fd
    return fd
  }

  /** False where a frame is whole and does not make sense. */
  #load(buffer: Buffer): boolean {
    const words = new Uint32Array(buffer.buffer, buffer.byteOffset, buffer.length >> 2)
    this.#key = this.#keys.find()
    if (this.#key === undefined) return true
    for (const [from, to, seal] of logframe.framesOf(buffer, words, this.#key)) {
      for (let at = from; at < to; ) {
        const next = this.#loadRecord(buffer, words, at, to)
        if (next === undefined || next > to) return false
        at = next
      }
      this.#frames++
      this.#goodLength = to * 4
      this.#seal = seal
    }
    return true
  }

  /** Where the next record begins, or undefined where this one does not make sense. */
  #loadRecord(buffer: Buffer, words: Uint32Array, start: number, to: number): number | undefined {
    const strings = this.#strings.length
    const stamps = this.#stamps.count
    const key = words[start + 1] ?? 0
    switch (words[start]) {
      case kinds.strings:
        return logframe.readTexts(buffer, words, start + 1, to, this.#strings, this.runs)
      case kinds.stamps: {
        const end = start + 2 + key * STAMP_WORDS
        if (end > to) return undefined
        for (let at = start + 2; at < end; at += STAMP_WORDS) {
          if ((words[at] ?? 0) >= strings) return undefined
          this.#stamps.load(words, buffer, at)
        }
        return end
      }
      case kinds.edge: {
        const record = edgeRecord(words, start + 3 + LISTS, (words[start + 2] ?? 0) / 1000)
        if (record.end > to || key >= strings) return undefined
        if (!allBelow(words, record.outputs, record.absent, stamps)) return undefined
        if (!allBelow(words, record.absent, record.end, strings)) return undefined
        this.#edges.set(this.string(key), record)
        this.#records++
        return record.end
      }
      case kinds.answer: {
        const from = start + 4
        const middle = from + (words[start + 2] ?? 0)
        const end = middle + (words[start + 3] ?? 0)
        if (end > to || key >= strings || !allBelow(words, from, end, strings)) return undefined
        const facts = words.subarray(from, middle)
        this.#answers.set(this.string(key), { facts, words: words.subarray(middle, end) })
        this.#records++
        return end
      }
      case kinds.forget:
        this.#edges.delete(this.string(key))
        this.#records++
        return start + 2
      default:
        return undefined
    }
  }

  /** Writes all that still counts to a new file and puts that in the place of the old one. */
  #rewrite(): void {
    const fresh = new BuildLog(this.#disk, `${this.path}.new`, this.#keys)
    fresh.#key = this.#key
    fs.rmSync(this.#disk.at(fresh.path), { recursive: true, force: true })
    fresh.#write(
      live({
        strings: this.#strings,
        stamps: this.#stamps,
        edges: this.#edges,
        answers: this.#answers,
        numberOf: (text) => this.#internOne(text),
      }),
    )
    if (fresh.#fd !== undefined) fs.closeSync(fresh.#fd)
    this.#disk.rename(fresh.path, this.path)
  }

  #putEdge(output: string, edge: NewEdgeRecord): void {
    const lists = [
      this.#stampIds(edge.outputs),
      this.#stampIds(edge.inputs),
      this.#stampIds(edge.discovered),
      this.#stampIds(edge.folders),
      this.#intern(edge.absent),
      this.#intern(edge.facts),
    ]
    const words = Uint32Array.from([...lists.map((list) => list.length), ...lists.flat()])
    this.#edges.set(output, edgeRecord(words, LISTS, edge.ms))
    this.#records++
    writeEdge(this.#pending, this.#internOne(output), edge.ms, words)
  }

  #putAnswer(key: string, answer: Answer): void {
    const facts = Uint32Array.from(this.#intern(answer.facts))
    const words = Uint32Array.from(this.#intern(answer.words))
    this.#answers.set(key, { facts, words })
    this.#records++
    writeAnswer(this.#pending, this.#internOne(key), { facts, words })
  }

  #texts(ids: Uint32Array): string[] {
    return Array.from(ids, (id) => this.string(id))
  }

  #intern(texts: readonly string[]): number[] {
    return texts.map((text) => this.#internOne(text))
  }

  #internOne(text: string): number {
    const ids = this.#numbers()
    const known = ids.get(text)
    if (known !== undefined) return known
    const id = this.#strings.length
    this.#strings.push(text)
    ids.set(text, id)
    this.#newStrings.push(text)
    return id
  }

  #numbers(): Map<string, number> {
    if (this.#ids === undefined) {
      this.#ids = new Map()
      for (const [id, text] of this.#strings.entries()) this.#ids.set(text, id)
    }
    return this.#ids
  }

  #stampIds(stamps: readonly Stamp[]): number[] {
    return stamps.map((stamp) => {
      const path = this.#internOne(stamp.path)
      const known = this.#stamps.find(path, stamp)
      if (known !== undefined) return known
      const id = this.#stamps.add(path, stamp)
      this.#newStamps.push(id)
      return id
    })
  }
}
