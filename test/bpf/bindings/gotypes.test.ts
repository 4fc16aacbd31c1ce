// Types of C in Go: names, padding, what has no counterpart, and what cannot be said.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { btfTypes, KIND } from '../../../tasks/bpf/bindings/btf.ts'
import { aligned, GoTypes, goName } from '../../../tasks/bpf/bindings/gotypes.ts'
import { UserError } from '../../../tasks/engine/index.ts'
import { type Encoded, objectOf } from '../../support/btf.ts'

test('names are those of Go', () => {
  for (const [c, go] of [
    ['events_by_pid', 'EventsByPid'],
    ['_my__map2', 'MyMap2'],
    ['key_t_', 'KeyT_'],
    ['TcProg', 'TcProg'],
    ['x', 'X'],
  ] as const) {
    assert.is(goName(c), go)
  }
})

const u8: Encoded = { name: 'u8', kind: KIND.int, sizeOrType: 1, more: [8] }
const u32: Encoded = { name: 'u32', kind: KIND.int, sizeOrType: 4, more: [32] }
const u64: Encoded = { name: 'u64', kind: KIND.int, sizeOrType: 8, more: [64] }
const struct = (sizeOrType: number, ...more: (string | number)[]): Encoded => ({
  ...{ name: 's', kind: KIND.struct, count: more.length / 3, flag: true },
  ...{ sizeOrType, more },
})

/** The declaration of the last of some types. */
function declared(...types: readonly Encoded[]): string {
  const go = new GoTypes(btfTypes(objectOf(types)))
  go.name(types.length, 'S')
  return go.declarations().join('')
}

test('what C leaves between fields, and behind them, is written', () => {
  const text = declared(u8, u64, struct(24, 'a', 1, 0, 'b', 2, 64, 'c', 1, 128))
  assert.is(
    text,
    'type S struct {\n\tA uint8\n\t_ [7]byte\n\tB uint64\n\tC uint8\n\t_ [7]byte\n}\n',
  )
})

test('bits, and members of a union but the first, become padding', () => {
  const bits = struct(8, 'low', 2, 4 << 24, 'b', 2, 32)
  assert.is(declared(u8, u32, bits), 'type S struct {\n\t_ [4]byte\n\tB uint32\n}\n')
  const union = { ...struct(8, 'small', 1, 0, 'large', 2, 0), kind: KIND.union }
  assert.is(declared(u8, u64, union), 'type S struct {\n\tSmall uint8\n\t_     [7]byte\n}\n')
})

test('members without a name are used as their parent’s', () => {
  const inner = { ...struct(4, 'x', 1, 0), name: '' }
  const text = declared(u32, inner, struct(8, 'a', 1, 0, 0, 2, 32))
  assert.is(text, 'type S struct {\n\tA uint32\n\tX uint32\n}\n')
})

test('pointers, arrays, floats, large numbers, typedefs and enums', () => {
  const types: readonly Encoded[] = [
    u32,
    { kind: KIND.ptr, sizeOrType: 1 },
    { kind: KIND.array, more: [1, 1, 3] },
    { name: 'double', kind: KIND.float, sizeOrType: 8 },
    { name: '__int128', kind: KIND.int, sizeOrType: 16, more: [128] },
    { name: 'count_t', kind: KIND.typedef, sizeOrType: 1 },
    { kind: KIND.const, sizeOrType: 6 },
    { name: 'e', kind: KIND.enum, count: 1, flag: true, sizeOrType: 4, more: ['NO', -1] },
    struct(64, 'p', 2, 0, 'a', 3, 64, 'f', 4, 192, 'l', 5, 256, 'c', 7, 384, 'e', 8, 416),
  ]
  const text = declared(...types)
  for (const field of ['P uint64', 'A [3]uint32', 'F float64', 'L [16]byte', 'C uint32', 'E int32'])
    assert.match(text, field)
  const go = new GoTypes(btfTypes(objectOf(types)))
  go.name(8, 'E')
  assert.is(go.declarations()[0], 'type E int32\n\nconst (\n\tENO E = -1\n)\n')
  go.name(9, 'S')
  assert.match(go.declarations()[1] ?? '', '\tE E\n')
})

test('what Go would lay out otherwise is refused, with the member', () => {
  const packed = struct(5, 'a', 1, 0, 'b', 2, 8)
  try {
    declared(u8, u32, packed)
    assert.unreachable()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    assert.is(error.block.what, 'S.b cannot be written in Go: it is not aligned')
    assert.equal(error.block.facts, [['offset', '1 bytes']])
  }
  assert.throws(() => declared({ name: 'f', kind: KIND.fwd }), 'S cannot be written in Go')
})

test('fields are set as gofmt sets them', () => {
  const text = aligned([
    ['A', 'int'],
    ['Longer', 'struct {\n\tX int\n}'],
    ['B', 'int'],
  ])
  assert.is(text, '\tA      int\n\tLonger struct {\n\t\tX int\n\t}\n\tB int\n')
})

test.run()
