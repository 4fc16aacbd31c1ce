// The types of a kernel are found in its image, and nothing else is taken for them.

import { gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Filter, kernelBtf, uncompressed } from '../../../../tasks/bpf/proof/vm/kernelbtf.ts'

/** A header of BTF with so many bytes of types and strings behind it. */
function btf(types: number, strings: number, more: { header?: number; gap?: number } = {}): Buffer {
  const { header = 24, gap = 0 } = more
  const bytes = Buffer.alloc(24 + types + strings + gap, 7)
  bytes.writeUInt32LE(0x0001eb9f, 0)
  for (const [at, value] of [header, 0, types, types + gap, strings].entries())
    bytes.writeUInt32LE(value, 4 + 4 * at)
  return bytes
}

const MIB = 1 << 20
const kernel = btf(MIB, 1000)

test('it is found between other bytes, behind what only looks like it', () => {
  const small = btf(100, 50)
  const image = Buffer.concat([Buffer.alloc(999), small, btf(MIB, 9, { gap: 1 }), kernel, small])
  assert.ok(kernelBtf(image)?.equals(kernel))
})

test('there is none in other bytes, nor where it is cut off', () => {
  assert.is(kernelBtf(Buffer.alloc(MIB)), undefined)
  assert.is(kernelBtf(kernel.subarray(0, -1)), undefined)
  assert.is(kernelBtf(btf(MIB, 1000, { header: 32 })), undefined)
})

/** A bzImage: a header, setup code of three sectors, and this payload with its length behind it. */
function bzImage(payload: Buffer): Buffer {
  const start = 4 * 512 + 100
  const image = Buffer.alloc(start)
  image.writeUInt8(3, 0x1f1)
  image.write('HdrS', 0x202)
  image.writeUInt32LE(100, 0x248)
  image.writeUInt32LE(payload.length + 4, 0x24c)
  return Buffer.concat([image, payload, Buffer.from([1, 2, 3, 4]), Buffer.alloc(999)])
}

test('what a bzImage unpacks is found, by gzip here and by programs', () => {
  const asked: string[] = []
  const filter: Filter = (words, input) => {
    asked.push(words.join(' '))
    return words[0] === 'xz' ? Buffer.concat([Buffer.from('unpacked '), input]) : undefined
  }
  const plain = Buffer.from('a kernel')
  assert.equal(uncompressed(filter, bzImage(gzipSync(plain))), plain)
  const xz = Buffer.from('fd377a585a0000ff', 'hex')
  assert.equal(uncompressed(filter, bzImage(xz)), Buffer.concat([Buffer.from('unpacked '), xz]))
  const zstd = bzImage(Buffer.from('28b52ffd00000000', 'hex'))
  assert.equal(uncompressed(filter, zstd), zstd)
  assert.equal(uncompressed(filter, plain), plain)
  assert.equal(asked, ['xz -dc', 'zstd -dc'])
})

test.run()
