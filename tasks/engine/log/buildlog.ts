// The build log: strings, file stamps, edges and probe answers in one append-only file.
//
// The file is a header followed by frames: length, checksum, payload. One call writes one frame of whole
// records. The first torn or damaged frame and all that follow it are ignored. Records refer to strings
// and stamps by number, and each of those is written once.
import * as fs from 'node:fs'
import { isErrno } from '../base/index.ts'
import { type Disk, diskFailure, type FileStat } from '../files/index.ts'
import { compacted } from './compact.ts'
import {
  type Answer,
  allBelow,
  type EdgeRecord,
  edgeRecord,
  type KeptAnswer,
  kinds,
  LISTS,
  type NewEdgeRecord,
  writeAnswer,
  writeEdge,
} from './edgerecord.ts'
import * as logframe from './frame.ts'
import { type LogState, openLog, readLog, writeAll } from './logfile.ts'
import type { Stamp } from './stamp.ts'
import { RENEWED_WORDS, STAMP_WORDS, StampTable } from './stamptable.ts'

/** A log with more records than this is compacted to one frame when most of them are superseded. */
const OLD_RECORDS = 1000
/** A log with more frames than this is compacted too: reading a frame costs about ten microseconds. */
const FRAMES = 200

export class BuildLog {
  readonly path: string
  readonly #disk: Disk
  #found: LogState = 'missing'
  /** The checksum of the last frame. */
  #checksum = 0
  readonly #strings: string[] = []
  /** The number of each string; made on first use. */
  #ids: Map<string, number> | undefined
  readonly #stamps = new StampTable()
  readonly #edges = new Map<string, EdgeRecord>()
  readonly #answers = new Map<string, KeptAnswer>()
  /** Edge and answer records read or written, superseded ones included. */
  #records = 0
  #frames = 0
  /** Bytes of the file that are valid; the next append overwrites what follows. */
  #goodLength = 0
  #fd: number | undefined
  /** Records for the next frame. */
  readonly #pending = new logframe.PayloadWriter()
  #newStrings: string[] = []
  #newStamps: number[] = []

  private constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.path = path
  }

  /**
   * Reads a log. If it is missing, foreign or damaged from the start, the result is empty.
   * @param mustBeOwn believe it only if this very file was written here. Under `-C` the tree may have
   *   brought a log with it
   */
  static open(disk: Disk, path: string, mustBeOwn = false): BuildLog {
    const bytes = readLog(disk, path)
    const log = new BuildLog(disk, path)
    if (bytes === undefined) return log
    const found = log.#load(bytes, mustBeOwn)
    if (found !== 'senseless') {
      log.#found = found
      return log
    }
    // The checksums are right but the records make no sense: believe none of them.
    const empty = new BuildLog(disk, path)
    empty.#found = 'damaged'
    return empty
  }

  /** The state of the log when it was opened. */
  get found(): LogState {
    return this.#found
  }

  /** The recorded edges, by first output. */
  edges(): Iterable<readonly [output: string, record: EdgeRecord]> {
    return this.#edges
  }

  /** The record of the edge with this first output. */
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

  /** The number of a text; undefined if no record refers to it. */
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

  /** True if the file has the time and the size of the stamp. */
  stampMatches(stamp: number, stat: Pick<FileStat, 'mtime' | 'size'>): boolean {
    return this.#stamps.matches(stamp, stat)
  }

  /** Is a file the version of a stamp? See {@link StampTable.holds}. */
  stampHolds(...[stamp, stat, digest]: Parameters<StampTable['holds']>): boolean {
    return this.#stamps.holds(stamp, stat, digest)
  }

  /**
   * Records the new inode and change time of a file with unchanged content, so that the next build need
   * not hash it again.
   */
  renewStamp(stamp: number, stat: FileStat): void {
    this.#stamps.renew(stamp, stat)
    this.#records++
    this.#pending.u32(kinds.renew)
    this.#pending.u32(stamp)
    this.#stamps.writeTimes(this.#pending, stamp)
  }

  /** Everything in a stamp except the path and the content. */
  stampTimes(stamp: number): Pick<Stamp, 'mtime' | 'size' | 'ino' | 'changed'> {
    const { ino, changed } = this.#stamps
    return { ...this.stampFacts(stamp), ino: ino[stamp] ?? 0, changed: changed[stamp] ?? 0 }
  }

  stampFacts(stamp: number): { mtime: number; size: number } {
    return { mtime: this.#stamps.mtime[stamp] ?? 0, size: this.#stamps.size[stamp] ?? 0 }
  }

  get stampCount(): number {
    return this.#stamps.count
  }

  /** Records a success and writes it at once. @throws UserError if the disk refuses it */
  recordEdge(output: string, edge: NewEdgeRecord): void {
    this.#putEdge(output, edge)
    this.flush()
  }

  recordAnswer(key: string, answer: Answer): void {
    this.#putAnswer(key, answer)
    this.flush()
  }

  /** Drops the record of an edge, so that it counts as never built. */
  forget(output: string): void {
    if (!this.#edges.delete(output)) return
    this.#records++
    this.#pending.u32(kinds.forget)
    this.#pending.u32(this.#internOne(output))
    this.flush()
  }

  /** Writes the pending records as one frame. @throws UserError if the disk refuses it */
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
      const { frame, checksum } = logframe.frameOf(body, this.#checksum)
      writeAll(fd, frame, this.#goodLength)
      this.#goodLength += frame.length
      this.#checksum = checksum
      this.#frames++
    } catch (error) {
      throw isErrno(error) ? diskFailure('write', this.path, error) : error
    }
  }

  /** Closes the file; compacts it first if most of it is superseded. */
  close(): void {
    if (this.#fd === undefined) return
    const live = this.#edges.size + this.#answers.size
    const old = this.#records > OLD_RECORDS && live * 2 < this.#records
    if (old || this.#frames > FRAMES) this.#rewrite()
    fs.closeSync(this.#fd)
    this.#fd = undefined
  }

  /** True if no edge is recorded. */
  get isEmpty(): boolean {
    return this.#edges.size === 0
  }

  #open(): number {
    if (this.#fd !== undefined) return this.#fd
    const fd = openLog(this.#disk, this.path, this.#goodLength)
    if (this.#goodLength === 0) {
      const header = logframe.logHeader(fs.fstatSync(fd))
      writeAll(fd, header, 0)
      this.#checksum = logframe.headerChecksum(header)
      this.#goodLength = logframe.HEADER
    }
    this.#fd = fd
    return fd
  }

  /** `senseless`: the checksum of a frame is right, but its records make no sense. */
  #load(buffer: Buffer, mustBeOwn: boolean): LogState | 'senseless' {
    const words = new Uint32Array(buffer.buffer, buffer.byteOffset, buffer.length >> 2)
    if (!logframe.isLog(buffer, words))
      return logframe.isOfSomeVersion(buffer) ? 'foreign' : 'damaged'
    const file = mustBeOwn ? this.#disk.lstat(this.path) : undefined
    if (mustBeOwn && (file === undefined || !logframe.wasWrittenHere(buffer, file)))
      return 'elsewhere'
    this.#goodLength = logframe.HEADER
    this.#checksum = logframe.headerChecksum(buffer)
    for (const [from, to, checksum] of logframe.framesOf(buffer, words)) {
      for (let at = from; at < to; ) {
        const next = this.#loadRecord(buffer, words, at, to)
        if (next === undefined || next > to) return 'senseless'
        at = next
      }
      this.#frames++
      this.#goodLength = to * 4
      this.#checksum = checksum
    }
    return this.#goodLength === buffer.length ? 'whole' : 'damaged'
  }

  /** Where the next record begins; undefined if this one makes no sense. */
  #loadRecord(buffer: Buffer, words: Uint32Array, start: number, to: number): number | undefined {
    const strings = this.#strings.length
    const stamps = this.#stamps.count
    const key = words[start + 1] ?? 0
    switch (words[start]) {
      case kinds.strings:
        return logframe.readTexts(buffer, words, start + 1, to, this.#strings)
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
      case kinds.renew: {
        const end = start + 2 + RENEWED_WORDS
        if (end > to || key >= stamps) return undefined
        this.#stamps.loadTimes(key, words, start + 2)
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

  /** Writes the live records to a new file, which replaces the old one. */
  #rewrite(): void {
    const fresh = new BuildLog(this.#disk, `${this.path}.new`)
    fs.rmSync(this.#disk.at(fresh.path), { recursive: true, force: true })
    fresh.#write(
      compacted({
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
      edge.absent.map((text) => this.#internOne(text)),
      edge.facts.map((text) => this.#internOne(text)),
    ]
    const words = Uint32Array.from([...lists.map((list) => list.length), ...lists.flat()])
    this.#edges.set(output, edgeRecord(words, LISTS, edge.ms))
    this.#records++
    writeEdge(this.#pending, this.#internOne(output), edge.ms, words)
  }

  #putAnswer(key: string, answer: Answer): void {
    const facts = Uint32Array.from(answer.facts, (text) => this.#internOne(text))
    const words = Uint32Array.from(answer.words, (text) => this.#internOne(text))
    this.#answers.set(key, { facts, words })
    this.#records++
    writeAnswer(this.#pending, this.#internOne(key), { facts, words })
  }

  #texts(ids: Uint32Array): string[] {
    return Array.from(ids, (id) => this.string(id))
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
    this.#ids ??= new Map(this.#strings.map((text, id) => [text, id]))
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
