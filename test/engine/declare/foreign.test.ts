// What another build system makes: how it is declared, and what is refused.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { edge, foreign } from '../../../tasks/engine/declare/index.ts'
import { refusal } from '../../support/refusal.ts'

/** What is wrong, in a line. */
const refusedWhat = (act: () => unknown): string => refusal(act).what

test('it is an edge that is asked in each build, one at a time', () => {
  const made = foreign({ outputs: ['target/x', 'target/y'], command: ['cargo', 'build'] })
  assert.ok(made.isForeign)
  assert.is(made.rule, 'BUILD')
  assert.is(made.pool?.depth, 1)
  const other = foreign({ rule: 'GO', outputs: ['x'], command: ['go', 'build'], directory: 'go' })
  assert.is(other.rule, 'GO')
  assert.is(other.directory, 'go')
  assert.is(other.pool?.name, made.pool?.name)
  assert.not.ok(edge({ rule: 'CC', outputs: ['x'], command: ['cc'] }).isForeign)
})

test('what it does not have is refused: another build system has no depfile of ours', () => {
  const given = { outputs: ['x'], command: ['make'] } as const
  for (const [act, what] of [
    [() => foreign({ ...given, depfile: 'x.d' } as never), 'foreign x has no option depfile'],
    [() => foreign({ ...given, fresh: true } as never), 'foreign x has no option fresh'],
    [() => foreign({ ...given, comand: [] } as never), 'foreign x has no option comand'],
    [() => foreign({ command: ['make'] } as never), 'foreign undefined: outputs is missing'],
    [() => foreign({ ...given, command: 'make' } as never), 'foreign x: command is not a list'],
    [() => foreign({ ...given, outputs: ['x/'] }), 'an output is a folder'],
  ] as const) {
    assert.is(refusedWhat(act), what)
  }
})

test.run()
