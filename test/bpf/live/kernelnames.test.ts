// Names that a kernel's BTF takes, read off made-up BTF of either byte order.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { kernelName } from '../../../tasks/bpf/live/kernelnames.ts'

/** Kinds: int 1, struct 4, enum 6, typedef 8, function 12, function type 13, decl tag 17, enum64 19. */
type Type = readonly [
  kind: number,
  name: string,
  count: number,
  ref: number,
  more: readonly (string | number)[],
]

const TYPES: readonly Type[] = [
  [1, 'int', 0, 4, [0]],
  [4, 'task', 2, 8, ['field', 1, 0, 'other', 1, 32]],
  [8, 'pid_t', 0, 1, []],
  [6, 'states', 2, 4, ['good', 0, 'fail', 1]],
  [13, '', 1, 1, ['argument', 1]],
  [12, 'bpf_take', 0, 5, []],
  [12, 'plain', 0, 5, []],
  [19, 'wide', 1, 8, ['wider', 0, 1]],
  [17, 'bpf_kfunc', 0, 6, [0xffffffff]],
  [17, 'note', 0, 7, [0xffffffff]],
]

function btfOf(types: readonly Type[], isLittle: boolean): Buffer {
  let strings = '\0'
  const offset = (text: string): number => {
    if (text === '') return 0
    const known = strings.indexOf(`\0${text}\0`)
    if (known !== -1) return known + 1
    strings += `${text}\0`
    return strings.length - text.length - 1
  }
  const numbers = types.flatMap(([kind, name, count, ref, more]) => [
    offset(name),
    ((kind << 24) | count) >>> 0,
    ref,
    ...more.map((one) => (typeof one === 'string' ? offset(one) : one)),
  ])
  const words = [24, 0, numbers.length * 4, numbers.length * 4, strings.length, ...numbers]
  const bytes = Buffer.alloc(4 + words.length * 4)
  if (isLittle) bytes.writeUInt16LE(0xeb9f, 0)
  else bytes.writeUInt16BE(0xeb9f, 0)
  for (const [at, word] of words.entries()) {
    if (isLittle) bytes.writeUInt32LE(word, 4 + at * 4)
    else bytes.writeUInt32BE(word, 4 + at * 4)
  }
  return Buffer.concat([bytes, Buffer.from(strings, 'latin1')])
}

for (const isLittle of [true, false]) {
  const btf = btfOf(TYPES, isLittle)
  test(`types, constants and kfuncs are taken, ${isLittle ? 'little' : 'big'} end first`, () => {
    assert.is(kernelName(btf, 'pid_t'), 'a type')
    assert.is(kernelName(btf, 'fail'), 'a constant')
    assert.is(kernelName(btf, 'wider'), 'a constant')
    assert.is(kernelName(btf, 'bpf_take'), 'a function')
  })
  test(`what C keeps apart is free, ${isLittle ? 'little' : 'big'} end first`, () => {
    for (const name of [
      'task',
      'field',
      'states',
      'wide',
      'plain',
      'argument',
      'note',
      'hello',
      'pid',
    ])
      assert.is(kernelName(btf, name), undefined, name)
  })
}

test('what is no BTF takes no name', () => {
  assert.is(kernelName(Buffer.alloc(0), 'x'), undefined)
  assert.is(kernelName(Buffer.alloc(64), 'x'), undefined)
})

test.run()
