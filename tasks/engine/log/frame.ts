// The frames of the log file: length, seal, payload. Knows bytes, not what they say.
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'

/** Bytes before the first frame: the magic text, then the byte order and a zero. */
export const HEADER = 24
/** Bytes of a seal, and of what stands before the payload of a frame. */
const SEAL = 16
const FRAME = 4 + SEAL

const MAGIC = 'bpf-tasks log 3\n'
/** Written in the machine's byte order, so that a foreign order is seen as a foreign file. */
const ORDER = 0x01020304

/** Bytes that grow; numbers are four bytes in the machine's order. */
export class PayloadWriter {
  #bytes = Buffer.allocUnsafeSlow(1024)
  #words = new Uint32Array(this.#bytes.buffer)
  length = 0

  u32(value: number): void {
    this.#reserve(4)
    this.#words[this.length >> 2] = value
    this.length += 4
  }

  /** The numbers alone; who reads them must know how many. */
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

  /** How many, the length of each in UTF-16 units, then all as one run of UTF-8 with its length. */
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

/** Texts behind each other, as they are in the file. */
export interface TextRun {
  readonly all: string
  /** In UTF-16 units. */
  readonly lengths: Uint32Array
}

/**
 * Reads what {@link PayloadWriter.texts} wrote, as one string.
 * @returns the texts and where they end, or undefined where the lengths do not fit
 */
export function readRun(
  buffer: Buffer,
  words: Uint32Array,
  start: number,
  to: number,
): { readonly run: TextRun; readonly end: number } | undefined {
  const count = words[start] ?? 0
  const lengths = start + 1
  if (count > to - lengths - 1) return undefined
  const byteLength = words[lengths + count] ?? 0
  const from = lengths + count + 1
  const end = from + Math.ceil(byteLength / 4)
  if (end > to) return undefined
  const all = buffer.toString('utf8', from * 4, from * 4 + byteLength)
  return { run: { all, lengths: words.subarray(lengths, lengths + count) }, end }
}

/**
 * The same, each text cut out.
 * @param into gets the texts
 * @param runs gets the whole
 * @returns where they end, or undefined where the lengths do not fit
 */
export function readTexts(
  buffer: Buffer,
  words: Uint32Array,
  start: number,
  to: number,
  into: string[],
  runs: TextRun[] = [],
): number | undefined {
  const read = readRun(buffer, words, start, to)
  if (read === undefined) return undefined
  const { all, lengths } = read.run
  let at = 0
  for (let i = 0; i < lengths.length; i++) {
    const next = at + (lengths[i] as number)
    into.push(all.slice(at, next))
    at = next
  }
  runs.push(read.run)
  return at === all.length ? read.end : undefined
}

/** The first bytes of a log. */
export function logHeader(): Buffer {
  const header = Buffer.alloc(HEADER)
  header.write(MAGIC, 0, 'latin1')
  new Uint32Array(header.buffer, header.byteOffset + MAGIC.length, 1)[0] = ORDER
  return header
}

/**
 * What only who has the key can write: HMAC-SHA-256, its first half, over the seal of the frame
 * before and the payload. So no frame can be changed, left out or put elsewhere.
 * @param before of the first frame: the header
 */
function sealOf(key: Buffer, before: Buffer, payload: Buffer): Buffer {
  let secret = secrets.get(key)
  if (secret === undefined) {
    secret = createSecretKey(key)
    secrets.set(key, secret)
  }
  return createHmac('sha256', secret).update(before).update(payload).digest().subarray(0, SEAL)
}

/** Made once for each key: of bytes alone Node 24 makes one for each seal, which takes 15 µs. */
const secrets = new WeakMap<Buffer, KeyObject>()

/** A payload as it stands in the file, and its seal. */
export function frameOf(
  body: PayloadWriter,
  key: Buffer,
  before: Buffer,
): { readonly frame: Buffer; readonly seal: Buffer } {
  const frame = Buffer.allocUnsafeSlow(FRAME + body.length)
  new Uint32Array(frame.buffer, 0, 1)[0] = body.length
  const seal = sealOf(key, before, body.view())
  frame.set(seal, 4)
  frame.set(body.view(), FRAME)
  return { frame, seal }
}

/** Where a payload is, in words, and the seal of its frame. */
export type Framed = readonly [from: number, to: number, seal: Buffer]

/**
 * The payloads of a log, in order, as positions in `words`; stops before the first frame that is
 * torn, damaged or sealed by another key. None where the file is not such a log, or of another
 * version or byte order.
 */
export function* framesOf(buffer: Buffer, words: Uint32Array, key: Buffer): Generator<Framed> {
  if (buffer.length < HEADER || buffer.toString('latin1', 0, MAGIC.length) !== MAGIC) return
  if (words[MAGIC.length >> 2] !== ORDER) return
  let before = buffer.subarray(0, HEADER)
  for (let at = HEADER; at + FRAME <= buffer.length; ) {
    const length = words[at >> 2] ?? 0
    const from = at + FRAME
    const end = from + length
    if (length === 0 || length % 4 !== 0 || end > buffer.length) return
    const seal = buffer.subarray(at + 4, from)
    if (!sealOf(key, before, buffer.subarray(from, end)).equals(seal)) return
    yield [from >> 2, end >> 2, seal]
    at = end
    before = seal
  }
}
