// Combinations of what varies: their names, and how their options add up.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bpfRules, type VariantAxes } from '../../../tasks/bpf/index.ts'
import { variantsOf } from '../../../tasks/bpf/tree/variants.ts'
import { UserError } from '../../../tasks/engine/index.ts'
import { FakeMachine } from '../../support/fakemachine.ts'

test('every combination has a name, in the order of the axes', () => {
  const axes: VariantAxes = {
    named: { small: {}, large: {} },
    cpu: ['v2', 'v3'],
    arch: ['x86'],
    defines: { d: {} },
  }
  const names = [...variantsOf(axes).keys()]
  assert.equal(names, ['x86-v2-d-small', 'x86-v2-d-large', 'x86-v3-d-small', 'x86-v3-d-large'])
})

test('options of several axes add up, and those with a name go last', () => {
  const machine = new FakeMachine()
  const bpf = bpfRules({ out: 'out', vmlinux: 'none' })
  const [rules] = bpf.variants({
    cpu: ['v2'],
    defines: { debug: { DEBUG: true, SIZE: 1 } },
    named: {
      big: { includes: ['big'], bpf: { cpu: 'v3', defines: { SIZE: 2 }, flags: ['-fbig'] } },
    },
  })
  if (rules === undefined) return assert.unreachable()
  assert.is(rules.variant, 'v2-debug-big')
  const object = rules.object('x.bpf.c')
  assert.is(object.output.path, 'out/v2-debug-big/x.bpf.o')
  const words = machine.words(object.command)
  for (const word of ['-mcpu=v3', '-DDEBUG', '-DSIZE=2', 'big', '-fbig'])
    assert.ok(words.includes(word), `${word}: ${words.join(' ')}`)
  assert.not.ok(words.includes('-mcpu=v2') || words.includes('-DSIZE=1'))
  assert.ok(machine.words(rules.userObject('x.c').command).includes('-DDEBUG'))
})

test('what is no option of a variant is refused', () => {
  const bpf = bpfRules()
  for (const [axes, what] of [
    [{ named: [] }, 'variants: named is not a record'],
    [{ named: { a: 'x' } }, 'variant a: options is not a record'],
    [{ named: { a: { bfp: {} } } }, 'project a has no option bfp'],
    [{ name: {} }, 'variants has no option name'],
    [{}, 'variants vary nothing'],
    [{ cpu: ['v3'], arch: [], named: { v3: {} }, defines: {} }, undefined],
  ] as const) {
    let said: string | undefined
    try {
      bpf.variants(axes as unknown as VariantAxes)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      said = error.block.what
    }
    assert.is(said, what)
  }
})

test.run()
