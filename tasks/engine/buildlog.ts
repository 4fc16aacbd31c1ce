// What ran last time: strings, file stamps, edges and probe answers in one append-only file.
//
// The file is a header and then frames: length, CRC-32, payload. A frame is written with one call
// and holds whole records, so a torn or damaged tail is dropped frame by frame and nothing that
// it said is believed. Records speak in numbers: every string and every stamp is written once.
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { type Disk, diskFailure, type FileStat } from './disk.ts'
import { isErrno } from './failure.ts'
import { frameOf, framesOf, HEADER, logHeader, PayloadWriter } from './logframe.ts'
import type { Answer, EdgeRecord, NewEdgeRecord } from './record.ts'
import type { Stamp } from './stamp.ts'
import { STAMP_WORDS, StampTable } from './stamptable.ts'

/** What a record in a payload is. */
const kinds = { strings: 1, stamps: 2, edge: 3, answer: 4, forget: 5 } as const
/** Rewrite the log when it has this many records and fewer than half of them still count. */
const COMPACT_FROM = 1000

export class BuildLog {
  readonly path: string
  readonly #disk: Disk
  #strings: string[] = []
  #ids = new Map<string, number>()
  #stamps: StampTable = new StampTable()
  #edges = new Map<number, EdgeRecord>()
  #answers = new Map<number, { facts: Uint32Array; words: Uint32Array }>()
  /** Edge and answer records read or written, those that a later one replaced included. */
  #records = 0
  /** Bytes of the file that were understood; what follows is overwritten by the next append. */
  #goodLength = 0
  #fd: number | undefined
  /** Records for the next frame. */
  readonly #pending = new PayloadWriter()
  #newStrings: string[] = []
  #newStamps: number[] = []

  private constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.path = path
  }

  /** Reads a log. One that is missing, foreign or damaged from the start gives an empty one. */
  static open(disk: Disk, path: string): BuildLog {
    const log = new BuildLog(disk, path)
    const stat = disk.stat(path)
    const bytes = stat?.type === 'file' ? disk.read(path) : undefined
    if (bytes !== undefined) log.#load(bytes)
    return log
  }

  /** The outputs of every edge that there is a record of, by first output. */
  *edges(): Generator<readonly [output: string, record: EdgeRecord]> {
    for (const [id, record] of this.#edges) yield [this.string(id), record]
  }

  /** The record of the edge whose first output this is. */
  edge(output: string): EdgeRecord | undefined {
    const id = this.#ids.get(output)
    return id === undefined ? undefined : this.#edges.get(id)
  }

  answer(key: string): Answer | undefined {
    const id = this.#ids.get(key)
    const found = id === undefined ? undefined : this.#answers.get(id)
    if (found === undefined) return undefined
    return { facts: this.#texts(found.facts), words: this.#texts(found.words) }
  }

  string(id: number): string {
    return this.#strings[id] ?? ''
  }

  stampPath(stamp: number): string {
    return this.string(this.#stamps.path[stamp] ?? 0)
  }

  stampDigest(stamp: number): string {
    return this.#stamps.digestOf(stamp)
  }

  stampSettled(stamp: number): boolean {
    return this.#stamps.settled[stamp] === 1
  }

  /** True when the file still has the time and the size of the stamp. */
  stampMatches(stamp: number, stat: FileStat): boolean {
    return this.#stamps.mtime[stamp] === stat.mtime && this.#stamps.size[stamp] === stat.size
  }

  stampFacts(stamp: number): { mtime: number; size: number } {
    return { mtime: this.#stamps.mtime[stamp] ?? 0, size: this.#stamps.size[stamp] ?? 0 }
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
    const id = this.#ids.get(output)
    if (id === undefined || !this.#edges.delete(id)) return
    this.#records++
    this.#pending.u32(kinds.forget)
    this.#pending.u32(id)
    this.flush()
  }

  /** Writes what is pending as one frame. @throws UserError where the disk does not take it */
  flush(): void {
    const body = new PayloadWriter()
    if (this.#newStrings.length > 0) {
      body.u32(kinds.strings)
      body.u32(this.#newStrings.length)
      for (const text of this.#newStrings) body.text(text)
    }
    if (this.#newStamps.length > 0) {
      body.u32(kinds.stamps)
      body.u32(this.#newStamps.length)
      for (const id of this.#newStamps) this.#stamps.write(body, id)
    }
    body.append(this.#pending)
    if (body.length === 0) return
    try {
      const fd = this.#open()
      const frame = frameOf(body)
      writeAll(fd, frame, this.#goodLength)
      this.#goodLength += frame.length
    } catch (error) {
      throw isErrno(error) ? diskFailure('write', this.path, error) : error
    }
    this.#newStrings = []
    this.#newStamps = []
    this.#pending.clear()
  }

  /** Ends writing; where most of the file is of no more use, writes it anew. */
  close(): void {
    if (this.#fd === undefined) return
    const live = this.#edges.size + this.#answers.size
    if (this.#records > COMPACT_FROM && live * 2 < this.#records) this.#rewrite()
    fs.closeSync(this.#fd)
    this.#fd = undefined
  }

  /** True when it holds no edge: nothing that was built is left to remember. */
  get isEmpty(): boolean {
    return this.#edges.size === 0
  }

  #open(): number {
    if (this.#fd !== undefined) return this.#fd
    const at = this.#disk.at(this.path)
    fs.mkdirSync(dirname(at), { recursive: true })
    if (fs.lstatSync(at, { throwIfNoEntry: false })?.isFile() === false) {
      fs.rmSync(at, { recursive: true })
    }
    const { O_RDWR, O_CREAT, O_NOFOLLOW } = fs.constants
    const fd = fs.openSync(at, O_RDWR | O_CREAT | O_NOFOLLOW, 0o644)
    fs.ftruncateSync(fd, this.#goodLength)
    if (this.#goodLength === 0) {
      writeAll(fd, logHeader(), 0)
      this.#goodLength = HEADER
    }
    this.#fd = fd
    return fd
  }

  #load(bytes: Buffer): void {
    // Numbers are read in place, which asks for a buffer that starts on a multiple of four.
    const buffer = bytes.byteOffset % 4 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer)
    const words = new Uint32Array(buffer.buffer, buffer.byteOffset, buffer.length >> 2)
    for (const [from, to] of framesOf(buffer, words)) {
      if (!this.#loadFrame(buffer, words, from, to)) {
        // Whole by its checksum and still senseless: somebody else wrote it. Believe none of it.
        this.#clear()
        return
      }
      this.#goodLength = to * 4
    }
  }

  #clear(): void {
    this.#strings = []
    this.#ids = new Map()
    this.#stamps = new StampTable()
    this.#edges = new Map()
    this.#answers = new Map()
    this.#records = 0
    this.#goodLength = 0
  }

  /** False where the frame does not make sense. */
  #loadFrame(buffer: Buffer, words: Uint32Array, from: number, to: number): boolean {
    let at = from
    const next = (): number => (at < to ? (words[at++] ?? 0) : 0)
    const numbers = (below: number): Uint32Array | undefined => {
      const count = next()
      if (count > to - at) return undefined
      const list = words.subarray(at, at + count)
      at += count
      for (let i = 0; i < count; i++) if ((list[i] ?? 0) >= below) return undefined
      return list
    }
    while (at < to) {
      switch (next()) {
        case kinds.strings: {
          const count = next()
          for (let i = 0; i < count; i++) {
            const length = next()
            if (length > (to - at) * 4) return false
            const start = at * 4
            const text = buffer.toString('utf8', start, start + length)
            this.#ids.set(text, this.#strings.length)
            this.#strings.push(text)
            at += (length + 3) >> 2
          }
          break
        }
        case kinds.stamps: {
          const count = next()
          if (count * STAMP_WORDS > to - at) return false
          for (let i = 0; i < count; i++, at += STAMP_WORDS) {
            if ((words[at] ?? 0) >= this.#strings.length) return false
            this.#stamps.load(words, buffer, at)
          }
          break
        }
        case kinds.edge: {
          const key = next()
          const microseconds = next()
          const outputs = numbers(this.#stamps.count)
          const inputs = numbers(this.#stamps.count)
          const discovered = numbers(this.#stamps.count)
          const folders = numbers(this.#stamps.count)
          const absent = numbers(this.#strings.length)
          const facts = numbers(this.#strings.length)
          if (!outputs || !inputs || !discovered || !folders || !absent || !facts) return false
          if (key >= this.#strings.length) return false
          const ms = microseconds / 1000
          this.#edges.set(key, { outputs, inputs, discovered, folders, absent, facts, ms })
          this.#records++
          break
        }
        case kinds.answer: {
          const key = next()
          const facts = numbers(this.#strings.length)
          const answer = numbers(this.#strings.length)
          if (!facts || !answer || key >= this.#strings.length) return false
          this.#answers.set(key, { facts, words: answer })
          this.#records++
          break
        }
        case kinds.forget:
          this.#edges.delete(next())
          this.#records++
          break
        default:
          return false
      }
    }
    return true
  }

  /** Writes all that still counts to a new file and puts that in the place of the old one. */
  #rewrite(): void {
    const fresh = new BuildLog(this.#disk, `${this.path}.new`)
    this.#disk.remove(fresh.path)
    const stamps = (ids: Uint32Array): Stamp[] => Array.from(ids, (id) => this.#stampOf(id))
    for (const [key, record] of this.#edges) {
      fresh.#putEdge(this.string(key), {
        outputs: stamps(record.outputs),
        inputs: stamps(record.inputs),
        discovered: stamps(record.discovered),
        absent: this.#texts(record.absent),
        folders: stamps(record.folders),
        facts: this.#texts(record.facts),
        ms: record.ms,
      })
    }
    for (const [key, { facts, words }] of this.#answers) {
      fresh.#putAnswer(this.string(key), { facts: this.#texts(facts), words: this.#texts(words) })
    }
    fresh.flush()
    if (fresh.#fd !== undefined) fs.closeSync(fresh.#fd)
    this.#disk.rename(fresh.path, this.path)
  }

  #putEdge(output: string, edge: NewEdgeRecord): void {
    const key = this.#internOne(output)
    const record: EdgeRecord = {
      outputs: this.#stampIds(edge.outputs),
      inputs: this.#stampIds(edge.inputs),
      discovered: this.#stampIds(edge.discovered),
      absent: this.#intern(edge.absent),
      folders: this.#stampIds(edge.folders),
      facts: this.#intern(edge.facts),
      ms: edge.ms,
    }
    this.#edges.set(key, record)
    this.#records++
    this.#pending.u32(kinds.edge)
    this.#pending.u32(key)
    this.#pending.u32(Math.min(0xffffffff, Math.round(record.ms * 1000)))
    this.#pending.list(record.outputs)
    this.#pending.list(record.inputs)
    this.#pending.list(record.discovered)
    this.#pending.list(record.folders)
    this.#pending.list(record.absent)
    this.#pending.list(record.facts)
  }

  #putAnswer(key: string, answer: Answer): void {
    const id = this.#internOne(key)
    const record = { facts: this.#intern(answer.facts), words: this.#intern(answer.words) }
    this.#answers.set(id, record)
    this.#records++
    this.#pending.u32(kinds.answer)
    this.#pending.u32(id)
    this.#pending.list(record.facts)
    this.#pending.list(record.words)
  }

  #texts(ids: Uint32Array): string[] {
    return Array.from(ids, (id) => this.string(id))
  }

  #intern(texts: readonly string[]): Uint32Array {
    return Uint32Array.from(texts, (text) => this.#internOne(text))
  }

  #internOne(text: string): number {
    const known = this.#ids.get(text)
    if (known !== undefined) return known
    const id = this.#strings.length
    this.#strings.push(text)
    this.#ids.set(text, id)
    this.#newStrings.push(text)
    return id
  }

  #stampIds(stamps: readonly Stamp[]): Uint32Array {
    return Uint32Array.from(stamps, (stamp) => {
      const path = this.#internOne(stamp.path)
      const known = this.#stamps.find(path, stamp)
      if (known !== undefined) return known
      const id = this.#stamps.add(path, stamp)
      this.#newStamps.push(id)
      return id
    })
  }

  #stampOf(id: number): Stamp {
    return {
      path: this.stampPath(id),
      ...this.stampFacts(id),
      digest: this.stampDigest(id),
      settled: this.stampSettled(id),
    }
  }
}

/** A full disk takes a part of a write without an error; the next one then says so. */
function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += fs.writeSync(fd, bytes, done, bytes.length - done, position + done)
  }
}
