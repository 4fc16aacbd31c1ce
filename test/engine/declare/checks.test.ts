// What declarations refuse, each in one block that names the nearest option.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { UserError } from '../../../tasks/engine/base/index.ts'
import {
  edge,
  glob,
  pool,
  probe,
  setting,
  task,
  tool,
} from '../../../tasks/engine/declare/index.ts'

function refusal(declare: () => unknown): string {
  try {
    declare()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const { what, facts = [] } = error.block
    return [what, ...facts.map((fact) => fact.join(' '))].join('; ')
  }
  return 'accepted'
}

const spec = { rule: 'B', outputs: ['build/b'], command: ['touch', 'build/b'] } as const
const version = { args: ['--version'], pattern: /(.*)/ }
const sed = { name: 'sed', names: ['sed'], version, hint: 'install sed' }
const machine = { name: 'machine', command: ['uname'], read: () => [] }

/** What is given besides what is right, and what the refusal says of it. */
const edges: readonly (readonly [more: object, says: RegExp])[] = [
  [{ orderonly: [] }, /^edge build\/b has no option orderonly; .*did you mean orderOnly$/],
  [{ depFile: 'build/d' }, /no option depFile.*did you mean depfile$/],
  [{ env: {} }, /no option env; known rule outputs/],
  [{ cwd: '.' }, /no option cwd/],
  [{ inputs: [undefined] }, /inputs contains something .* neither a word nor a handle: undefined/],
  [{ inputs: ['a', ['b', undefined]] }, /neither a word nor a handle: undefined/],
  [{ inputs: 'a' }, /inputs is not a list; inputs a/],
  [{ inputs: [''] }, /inputs contains an empty word/],
  [{ environment: ['A=1'] }, /environment is not a record such as/],
  [{ environment: { A: 1 } }, /environment A: it contains something .*: 1/],
  [{ environment: { 'A=B': '1' } }, /a name that no variable can have: A=B/],
  [{ command: ['echo', 'a\0b'] }, /command contains a NUL byte: "a\\u0000b"/],
  [{ command: ['head', '-n', 5] }, /neither a word nor a handle: 5/],
  [{ command: 'touch build/b' }, /command is not a list/],
  [{ outputs: 'build/b' }, /outputs is not a list/],
  [{ captureStdout: 'yes' }, /captureStdout is neither true nor false/],
  [{ pool: 'link' }, /pool is not what pool returns/],
  [{ depfile: ['build/d'] }, /depfile is not the path of a file/],
]

const others: readonly (readonly [declare: () => unknown, says: RegExp])[] = [
  [() => edge(undefined as never), /options are not a record; given undefined/],
  [() => tool({ ...sed, name: '' }), /^tool : name is empty/],
  [() => tool({ ...sed, nmaes: [] } as never), /no option nmaes.*did you mean names/],
  [() => tool({ ...sed, version: {}, versions: 1 } as never), /no option versions/],
  [() => probe({ ...machine, input: [] } as never), /no option input; .*did you mean inputs/],
  [() => probe({ ...machine, read: undefined } as never), /^probe machine: read is missing/],
  [() => edge({ ...spec, rule: undefined } as never), /^edge build\/b: rule is missing/],
  [() => task('T', [], undefined, { watched: true } as never), /no option watched.*watch/],
  [() => task('T', [undefined] as never), /targets contains something/],
  [() => task('T', [], 'x' as never), /body is not a function/],
  [() => glob(undefined as never), /patterns contains something that is not a name/],
  [() => setting('no-name', ''), /the name of a setting is letters, digits and _; given no-name/],
  [() => pool('link', 0), /needs a depth of at least 1/],
]

for (const [more, says] of edges)
  test(`an edge with ${String(says)}`, () => {
    assert.match(
      refusal(() => edge({ ...spec, ...more } as never)),
      says,
    )
  })

for (const [declare, says] of others)
  test(`refused: ${String(says)}`, () => assert.match(refusal(declare), says))

test('what is right is accepted, with what a condition left undefined', () => {
  const left = { inputs: undefined, note: undefined, environment: { A: '', B: undefined } }
  assert.is(
    refusal(() => edge({ ...spec, ...left, command: ['printf', ''] } as never)),
    'accepted',
  )
  assert.is(
    refusal(() => tool(sed)),
    'accepted',
  )
  assert.is(
    refusal(() => probe(machine)),
    'accepted',
  )
})

test.run()
