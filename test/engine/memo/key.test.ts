// Whatever makes a run another one gives it another key, and nothing else does.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { keyOf, type RunIdentity, rootOf } from '../../../tasks/engine/memo/key.ts'

function run(more: Partial<RunIdentity> = {}): RunIdentity {
  const { geteuid } = process
  return {
    argv: ['node', '/tree/tasks.ts', 'build'],
    execArgv: [],
    execPath: '/usr/bin/node',
    version: 'v24.0.0',
    cwd: () => '/tree',
    env: { OTHER: '1', FOO: '1' },
    ...(geteuid === undefined ? {} : { geteuid }),
    ...more,
  }
}

const changes: Readonly<Record<string, Partial<RunIdentity>>> = {
  'another script': { argv: ['node', '/tree/other.ts', 'build'] },
  'another target': { argv: ['node', '/tree/tasks.ts', 'test'] },
  'a setting': { argv: ['node', '/tree/tasks.ts', 'build', 'V=1'] },
  'words that are split otherwise': { argv: ['node', '/tree/tasks.ts build'] },
  'an option of the runtime': { execArgv: ['--enable-source-maps'] },
  'another runtime': { execPath: '/opt/node' },
  'another version': { version: 'v24.0.1' },
  'another folder': { cwd: () => '/tree/sub' },
  'another user': { geteuid: () => 4711 },
  'a variable that commands get': { env: { OTHER: '1', FOO: '1', NIX_X: '' } },
  'a library path': { env: { OTHER: '1', FOO: '1', LD_LIBRARY_PATH: '/x' } },
  'a variable that is passed on': { env: { OTHER: '1', FOO: '1', PASS_ENV: 'FOO' } },
}

test('a run has the same key again', () => {
  assert.is(keyOf(run()), keyOf(run()))
  assert.is(keyOf(run({ env: { FOO: '2' } })), keyOf(run()), 'no command gets these')
  const passing = (FOO: string): string =>
    keyOf(run({ argv: ['node', '/tree/tasks.ts', 'PASS_ENV=BAR,FOO'], env: { FOO } }))
  assert.is.not(passing('1'), passing('2'))
})

for (const [name, change] of Object.entries(changes)) {
  test(`${name} is another key`, () => {
    assert.is.not(keyOf(run(change)), keyOf(run()))
  })
}

test('options of the runtime are not taken for arguments', () => {
  const one = run({ execArgv: ['a', 'b'], argv: ['node', 'c'] })
  const other = run({ execArgv: ['a'], argv: ['node', 'b', 'c'] })
  assert.is.not(keyOf(one), keyOf(other))
})

test('a run works where its script is, or where -C says', () => {
  const rootFor = (...words: string[]): string => rootOf(['node', 'tasks.ts', ...words], '/tree')
  assert.is(rootFor('build'), '/tree')
  assert.is(rootFor('-C', 'sub', 'build'), 'sub')
  assert.is(rootFor('-Csub'), 'sub')
  assert.is(rootFor('--directory=sub'), 'sub')
  assert.is(rootFor('run', '--', '-C', 'sub'), '/tree')
})

test.run()
