// The words after -- of a task.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseTaskArguments } from '../../../tasks/bpf/system/taskarguments.ts'
import { UserError } from '../../../tasks/engine/index.ts'

const KNOWN = { save: 'FILE', kernel: 'VERSION' }

test('options have values, in both ways of writing, and the rest is kept', () => {
  const asked = parseTaskArguments(
    ['a.o', '--save', 'x', '--kernel=6.1', '--kernel', '6.12', 'b.o'],
    KNOWN,
  )
  assert.is(asked.last('save'), 'x')
  assert.equal(asked.all('kernel'), ['6.1', '6.12'])
  assert.equal(asked.rest, ['a.o', 'b.o'])
})

test('an unknown option and a missing value are wrong usage', () => {
  for (const words of [['--sav', 'x'], ['--save']]) {
    assert.throws(
      () => parseTaskArguments(words, KNOWN),
      (error: unknown) => error instanceof UserError && error.block.status === 2,
    )
  }
})

test.run()
