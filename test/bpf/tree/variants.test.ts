// Combinations of what varies: their names, and how their options add up.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bpfRules, type VariantAxes } from '../../../tasks/bpf/index.ts'
import { variantsOf } from '../../../tasks/bpf/tree/variants.ts'
import { type Edge, edge, UserError } from '../../../tasks/engine/index.ts'
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

test('what two of them compile with the same words is compiled once, and copied', () => {
  const machine = new FakeMachine()
  const bpf = bpfRules({ out: 'out', vmlinux: 'none' })
  const copied = (edge: Edge) => machine.words(edge.command)[0] === 'cp'
  const map = edge({ rule: 'GEN', outputs: ['out/map.h'], command: ['generate'] })
  const other = edge({ rule: 'GEN', outputs: ['out/other.h'], command: ['generate'] })
  const [v2, v3, again] = bpf.variants({
    named: {
      v2: { bpf: { cpu: 'v2' } },
      v3: { bpf: { cpu: 'v3' } },
      again: { bpf: { cpu: 'v3' } },
    },
  })
  if (v2 === undefined || v3 === undefined || again === undefined) return assert.unreachable()
  const all = [v2, v3, again]
  assert.equal(
    all.map((one) => copied(one.object('x.bpf.c'))),
    [false, false, true],
  )
  assert.equal(
    all.map((one) => copied(one.userObject('x.c'))),
    [false, true, true],
  )
  const user = v3.userObject('y.c', { defines: { A: 1 }, headers: [map] })
  for (const [options, isCopied] of [
    [{ defines: { A: 1 }, headers: [map] }, true],
    [{ defines: { A: 2 }, headers: [map] }, false],
    [{ defines: { A: 1 }, headers: [other] }, false],
  ] as const) {
    const made = again.userObject('y.c', { ...options, output: `${options.defines.A}.o` })
    assert.is(copied(made), isCopied)
    if (isCopied)
      assert.equal(machine.words(made.command), ['cp', user.output.path, made.output.path])
  }
  // A skeleton is another header, even of an object that was copied.
  const embedding = all.map((one) =>
    copied(one.userObject('z.c', { skeletons: [one.skeleton(one.object('z.bpf.c'))] })),
  )
  assert.equal(embedding, [false, false, false])
  const stripped = all.map((one) => one.object('s.bpf.c', { finish: 'stripped' }))
  assert.equal(stripped.map(copied), [false, false, true])
  const arches = bpf.variants({ arch: ['x86', 'arm64'] }).map((one) => one.object('x.bpf.c'))
  assert.equal(arches.map(copied), [false, false])
  assert.not.ok(copied(bpf.object('x.bpf.c')), 'elsewhere all is as it is declared')
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
