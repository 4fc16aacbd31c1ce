// Frames: what is written comes back, what is damaged ends the reading.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  frameOf,
  framesOf,
  HEADER,
  headerChecksum,
  isLog,
  logHeader,
  PayloadWriter,
  readTexts,
  wasWrittenHere,
} from '../../../tasks/engine/log/frame.ts'

/** Which file it is. */
const FILE = { ino: 7, birthtimeMs: 1.5 }

function payload(...values: number[]): PayloadWriter {
  const writer = new PayloadWriter()
  for (const value of values) writer.u32(value)
  return writer
}

/** The words of each frame. */
function frames(file: Buffer): number[][] {
  const copy = Buffer.from(new Uint8Array(file).buffer)
  const words = new Uint32Array(copy.buffer, 0, copy.length >> 2)
  return [...framesOf(copy, words)].map(([from, to]) => [...words.subarray(from, to)])
}

/** A log of these payloads, and where each of its frames begins. */
function logOf(...payloads: PayloadWriter[]): { readonly file: Buffer; readonly ends: number[] } {
  const ends = [HEADER]
  let file = logHeader(FILE)
  let before = headerChecksum(file)
  for (const body of payloads) {
    const { frame, checksum } = frameOf(body, before)
    file = Buffer.concat([file, frame])
    ends.push(file.length)
    before = checksum
  }
  return { file, ends }
}

const { file, ends } = logOf(payload(1, 2, 3), payload(0xffffffff), payload(7, 0, 0, 7))

test('frames come back in order', () => {
  assert.is(logHeader(FILE).length, HEADER)
  assert.equal(frames(file), [[1, 2, 3], [0xffffffff], [7, 0, 0, 7]])
  assert.equal(frames(logHeader(FILE)), [])
})

test('bytes are padded with zeros, lists are numbers alone', () => {
  const writer = new PayloadWriter()
  writer.bytes(Buffer.from('abcdefgh'))
  writer.clear()
  writer.bytes(Buffer.from('xyzab'))
  assert.equal(writer.view(), Buffer.from('xyzab\0\0\0'))
  writer.clear()
  writer.list(Uint32Array.of(5, 6))
  writer.append(payload(9))
  assert.equal([...new Uint32Array(new Uint8Array(writer.view()).buffer)], [5, 6, 9])
})

function textsOf(...words: number[]): { end: number | undefined; texts: string[] } {
  const words32 = Uint32Array.from(words)
  const texts: string[] = []
  const end = readTexts(Buffer.from(words32.buffer), words32, 0, words.length, texts)
  return { end, texts }
}

test('texts come back, whatever letters they have', () => {
  const given = ['', 'a', '', 'é漢🦀', 'a\0b\n', '\ufeffx', 'x'.repeat(5000), '\ufffd', '']
  const writer = new PayloadWriter()
  writer.texts(given)
  const words = new Uint32Array(new Uint8Array(writer.view()).buffer)
  assert.equal(textsOf(...words), { end: words.length, texts: given })
  assert.equal(textsOf(0, 0), { end: 2, texts: [] })
})

test('texts whose lengths do not fit are none', () => {
  const [abcd] = new Uint32Array(Uint8Array.from(Buffer.from('abcd')).buffer)
  const letters = abcd ?? 0
  assert.equal(textsOf(2, 1, 3, 4, letters), { end: 5, texts: ['a', 'bcd'] })
  for (const words of [
    [],
    [1],
    [1, 4],
    [0xffffffff, 0],
    [2, 1, 2, 4, letters],
    [2, 1, 9, 4, letters],
    [1, 4, 5, letters],
    [1, 0xffffffff, 4, letters],
    [1, 4, 0xffffffff, letters],
  ]) {
    assert.is(textsOf(...words).end, undefined, words.join(' '))
  }
})

test('a payload grows without losing anything', () => {
  const writer = new PayloadWriter()
  const values = Array.from({ length: 100_000 }, (_, at) => at)
  for (const value of values.slice(0, 50_000)) writer.u32(value)
  writer.append(payload(...values.slice(50_000)))
  assert.equal(frames(logOf(writer).file), [values])
})

test('a torn tail ends the reading after the last whole frame', () => {
  for (let length = 0; length <= file.length; length++) {
    const whole = ends.filter((end) => end <= length).length - 1
    assert.is(frames(file.subarray(0, length)).length, Math.max(0, whole), `${length} bytes`)
  }
})

test('a flipped bit ends the reading before its frame', () => {
  for (let at = HEADER; at < file.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const damaged = Buffer.from(file)
      damaged[at] = (damaged[at] ?? 0) ^ (1 << bit)
      assert.is(frames(damaged).length, ends.filter((end) => end <= at).length - 1, `byte ${at}`)
    }
  }
})

test('a log knows which file it was written to', () => {
  const header = logHeader(FILE)
  assert.is(wasWrittenHere(header, FILE), true)
  assert.is(wasWrittenHere(header, { ...FILE, ino: 8 }), false)
  assert.is(wasWrittenHere(header, { ...FILE, birthtimeMs: 2.5 }), false)
  const unknown = { ino: 7, birthtimeMs: 0 }
  assert.is(wasWrittenHere(logHeader(unknown), unknown), false)
})

test('another version, byte order or sort of file is not a log', () => {
  const isOurs = (bytes: Buffer) => {
    const copy = Buffer.from(new Uint8Array(bytes).buffer)
    return isLog(copy, new Uint32Array(copy.buffer, 0, copy.length >> 2))
  }
  const changed = (at: number) => {
    const copy = Buffer.from(file)
    copy[at] = (copy[at] ?? 0) ^ 1
    return copy
  }
  assert.is(isOurs(file), true)
  assert.is(isOurs(changed(14)), false)
  assert.is(isOurs(changed(16)), false)
  assert.is(isOurs(file.subarray(0, HEADER - 4)), false)
})

test('a frame that is left out, repeated, moved or of another log ends the reading', () => {
  const [a, b, c] = ends.slice(1).map((end, at) => file.subarray(ends[at], end))
  if (a === undefined || b === undefined || c === undefined) return assert.unreachable()
  const other = logOf(payload(1, 2, 4), payload(0xffffffff)).file.subarray(ends[1])
  const joined = (...parts: Buffer[]) => frames(Buffer.concat([logHeader(FILE), ...parts]))
  assert.equal(joined(a, b, c), [[1, 2, 3], [0xffffffff], [7, 0, 0, 7]])
  for (const parts of [[b], [b, c], [c, b, a]]) assert.equal(joined(...parts), [])
  for (const parts of [
    [a, c],
    [a, a],
    [a, other],
    [a, c, b],
  ]) {
    assert.equal(joined(...parts), [[1, 2, 3]])
  }
})

test('a foreign file, version or byte order has no frames', () => {
  for (let at = 0; at < HEADER; at++) {
    const foreign = Buffer.from(file)
    foreign[at] = (foreign[at] ?? 0) ^ 1
    assert.equal(frames(foreign), [], `byte ${at}`)
  }
  const swapped = Buffer.from(file)
  swapped.subarray(16, 20).reverse()
  assert.equal(frames(swapped), [])
  assert.equal(frames(Buffer.from('# ninja log v5\n'.repeat(10))), [])
  assert.equal(frames(Buffer.alloc(1000)), [])
})

test.run()
