// The frames of the log file: length, checksum, payload. Does not know what the records mean.
import * as zlib from 'node:zlib'

/** Bytes before the first frame: magic text, byte order, a zero, identity of the file. */
export const HEADER = 40
/** Bytes of a frame before its payload. */
const FRAME = 8

/** The number is the version. Logs of other versions are not read. */
const NAME = 'bpf-tasks log '
const MAGIC = `${NAME}4\n`
const FILE_AT = 24
/** Written in the machine's byte order, so that a log of another order is recognised as foreign. */
const ORDER = 0x01020304

/** A growing buffer; numbers are four bytes in the machine's order. */
export class PayloadWriter {
  #bytes = Buffer.allocUnsafeSlow(1024)
  #words = new Uint32Array(this.#bytes.buffer)
  length = 0

  u32(value: number): void {
    this.#reserve(4)
    this.#words[this.length >> 2] = value
    this.length += 4
  }

  /** Writes the numbers without their count, which the reader must know. */
  list(values: Uint32Array): void {
    this.#reserve(values.length * 4)
    this.#words.set(values, this.length >> 2)
    this.length += values.length * 4
  }

  bytes(bytes: Uint8Array): void {
    const padded = (bytes.length + 3) & ~3
    this.#reserve(padded)
    this.#bytes.fill(0, this.length, this.length + padded)
    this.#bytes.set(bytes, this.length)
    this.length += padded
  }

  /** Writes the count, the length of each in UTF-16 units, then all texts as one run of UTF-8 with its length. */
  texts(texts: readonly string[]): void {
    this.u32(texts.length)
    for (const text of texts) this.u32(text.length)
    const bytes = Buffer.from(texts.join(''), 'utf8')
    this.u32(bytes.length)
    this.bytes(bytes)
  }

  append(other: PayloadWriter): void {
    this.bytes(other.view())
  }

  view(): Buffer {
    return this.#bytes.subarray(0, this.length)
  }

  clear(): void {
    this.length = 0
  }

  #reserve(more: number): void {
    if (this.length + more <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(
      Math.max(this.#bytes.length * 2, (this.length + more) * 2) & ~3,
    )
    grown.set(this.view())
    this.#bytes = grown
    this.#words = new Uint32Array(grown.buffer)
  }
}

/**
 * Reads what {@link PayloadWriter.texts} wrote.
 * @param into receives the texts
 * @returns where they end; undefined if the lengths do not fit
 */
export function readTexts(
  buffer: Buffer,
  words: Uint32Array,
  start: number,
  to: number,
  into: string[],
): number | undefined {
  const count = words[start] ?? 0
  const lengths = start + 1
  if (count > to - lengths - 1) return undefined
  const byteLength = words[lengths + count] ?? 0
  const from = lengths + count + 1
  const end = from + Math.ceil(byteLength / 4)
  if (end > to) return undefined
  const all = buffer.toString('utf8', from * 4, from * 4 + byteLength)
  let at = 0
  for (const length of words.subarray(lengths, lengths + count)) {
    into.push(all.slice(at, at + length))
    at += length
  }
  return at === all.length ? end : undefined
}

/** Identifies the file of a log. A copy gets another inode and birth time, which nobody can choose. */
export interface FileIdentity {
  readonly ino: number
  /** Milliseconds since 1970; 0 if the file system does not know it. */
  readonly birthtimeMs: number
}

/** The first bytes of a log. */
export function logHeader(file: FileIdentity): Buffer {
  const header = Buffer.alloc(HEADER)
  header.write(MAGIC, 0, 'latin1')
  new Uint32Array(header.buffer, header.byteOffset + MAGIC.length, 1)[0] = ORDER
  header.writeDoubleLE(file.ino, FILE_AT)
  header.writeDoubleLE(file.birthtimeMs, FILE_AT + 8)
  return header
}

/** Is it a log of this version and byte order? */
export function isLog(buffer: Buffer, words: Uint32Array): boolean {
  if (buffer.length < HEADER || buffer.toString('latin1', 0, MAGIC.length) !== MAGIC) return false
  return words[MAGIC.length >> 2] === ORDER
}

/** Is it the beginning of a log of any version? */
export function isOfSomeVersion(buffer: Buffer): boolean {
  return buffer.toString('latin1', 0, NAME.length) === NAME
}

/** Was this log written to this very file, and not copied or unpacked here? */
export function wasWrittenHere(log: Buffer, { ino, birthtimeMs }: FileIdentity): boolean {
  if (birthtimeMs === 0) return false
  return log.readDoubleLE(FILE_AT) === ino && log.readDoubleLE(FILE_AT + 8) === birthtimeMs
}

/**
 * CRC-32 of a payload, seeded with the checksum of the frame before, so that a missing or moved frame is
 * noticed too.
 */
function checksumOf(before: number, payload: Buffer): number {
  return zlib.crc32(payload, before)
}

/** The seed for the first frame, so that damage to the header is noticed too. */
export function headerChecksum(log: Buffer): number {
  return zlib.crc32(log.subarray(0, HEADER))
}

/** A frame for a payload, and its checksum. @param before checksum of the frame before, or of the header */
export function frameOf(
  body: PayloadWriter,
  before: number,
): { readonly frame: Buffer; readonly checksum: number } {
  const frame = Buffer.allocUnsafeSlow(FRAME + body.length)
  const words = new Uint32Array(frame.buffer, 0, 2)
  const checksum = checksumOf(before, body.view())
  words[0] = body.length
  words[1] = checksum
  frame.set(body.view(), FRAME)
  return { frame, checksum }
}

/** The position of a payload in words, and the checksum of its frame. */
export type Framed = readonly [from: number, to: number, checksum: number]

/**
 * The payloads of a log, in order, as positions in `words`. Stops at the first torn or damaged frame.
 */
export function* framesOf(buffer: Buffer, words: Uint32Array): Generator<Framed> {
  let before = headerChecksum(buffer)
  for (let at = HEADER; at + FRAME <= buffer.length; ) {
    const length = words[at >> 2] ?? 0
    const checksum = words[(at >> 2) + 1] ?? 0
    const from = at + FRAME
    const end = from + length
    if (length === 0 || length % 4 !== 0 || end > buffer.length) return
    if (checksumOf(before, buffer.subarray(from, end)) !== checksum) return
    yield [from >> 2, end >> 2, checksum]
    at = end
    before = checksum
  }
}
