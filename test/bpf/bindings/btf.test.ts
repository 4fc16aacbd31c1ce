// BTF as it is written: every kind that a map or a type of Go needs, in both byte orders.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { btfTypes, KIND, mapVariables, sizeOf } from '../../../tasks/bpf/bindings/btf.ts'
import { type Encoded, objectOf } from '../../support/btf.ts'

const types: readonly Encoded[] = [
  { name: 'int', kind: KIND.int, sizeOrType: 4, more: [0x01000020] },
  { name: '_Bool', kind: KIND.int, sizeOrType: 1, more: [0x04000008] },
  { kind: KIND.array, more: [1, 1, 3] },
  {
    name: 'event',
    kind: KIND.struct,
    count: 3,
    flag: true,
    sizeOrType: 20,
    more: ['low', 1, (4 << 24) | 0, 'in', 3, 32, 'ok', 2, 128],
  },
  {
    name: 'verdict',
    kind: KIND.enum,
    count: 2,
    flag: true,
    sizeOrType: 4,
    more: ['NO', -1, 'YES', 1],
  },
  { name: 'big', kind: KIND.enum64, count: 1, sizeOrType: 8, more: ['MOST', -1, -1] },
  { name: 'event_t', kind: KIND.typedef, sizeOrType: 4 },
  { kind: KIND.ptr, sizeOrType: 7 },
  // 9, 10: the number 5 as __uint has it
  { kind: KIND.array, more: [1, 1, 5] },
  { kind: KIND.ptr, sizeOrType: 9 },
  { kind: KIND.struct, count: 2, sizeOrType: 16, more: ['max_entries', 10, 0, 'value', 8, 64] },
  { name: 'events', kind: KIND.var, sizeOrType: 11, more: [1] },
  { name: '.maps', kind: KIND.datasec, count: 1, sizeOrType: 16, more: [12, 0, 16] },
]

for (const bigEndian of [false, true]) {
  test(`types of a ${bigEndian ? 'big' : 'little'} endian object`, () => {
    const read = btfTypes(objectOf(types, [], [], bigEndian))
    assert.is(read.length, types.length + 1)
    assert.equal([read[1]?.isSigned, read[1]?.isBool, read[2]?.isBool], [true, false, true])
    assert.equal(read[4]?.members, [
      { name: 'low', type: 1, offset: 0, isBitfield: true },
      { name: 'in', type: 3, offset: 32, isBitfield: false },
      { name: 'ok', type: 2, offset: 128, isBitfield: false },
    ])
    assert.equal(read[5]?.values, [
      { name: 'NO', value: -1n },
      { name: 'YES', value: 1n },
    ])
    assert.equal(read[6]?.values, [{ name: 'MOST', value: 0xffffffffffffffffn }])
    assert.equal(
      [1, 3, 4, 7, 8, undefined].map((number) => sizeOf(read, number)),
      [4, 12, 20, 20, 8, undefined],
    )
  })
}

test('maps are what the variables of .maps say', () => {
  const [map, ...more] = mapVariables(btfTypes(objectOf(types)))
  assert.is(more.length, 0)
  assert.equal([map?.name, map?.numberOf('max_entries'), map?.typeOf('value')], ['events', 5, 7])
  assert.is(map?.typeOf('key'), undefined)
})

test('an object without BTF has no types', () => {
  const { sections, ...rest } = objectOf([])
  assert.equal(btfTypes({ ...rest, sections: [] }), [])
  assert.ok(sections.length > 0)
})

test.run()
