// The types of a kernel are found in its image, and nothing else is taken for them.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { kernelBtf } from '../../../../tasks/bpf/proof/vm/kernelbtf.ts'

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

test.run()
