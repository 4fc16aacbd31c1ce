// Commands in messages are those that this run was called by.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startOf } from '../../../tasks/engine/base/called.ts'

type Called = Parameters<typeof startOf>[0]

const node = { node: '24.0.0' } as NodeJS.ProcessVersions
const tsx = [
  '--require',
  '/t/node_modules/tsx/dist/preflight.cjs',
  '--import',
  'file:///t/node_modules/tsx/dist/loader.mjs',
]

const cases: readonly (readonly [how: string, called: Partial<Called>, start: string])[] = [
  ['tsx', { execArgv: tsx }, 'npx tsx tasks.ts'],
  ['tsx, another name', { execArgv: tsx, argv: ['node', '/t/tasks.mts'] }, 'npx tsx tasks.mts'],
  ['node', {}, 'node tasks.ts'],
  ['node, from a subfolder', { cwd: () => '/t/a/b' }, 'node ../../tasks.ts'],
  ['node, from above', { cwd: () => '/', argv: ['node', '/a b/tasks.js'] }, "node 'a b/tasks.js'"],
  [
    'deno',
    { versions: { ...node, deno: '2.0' } as NodeJS.ProcessVersions },
    'deno run -A tasks.ts',
  ],
  [
    'the command',
    { argv: ['node', '/t/tasks.ts', '--called-from=/t/a', 'build'] },
    'npx bpf-tasks',
  ],
  [
    'node, elsewhere',
    { argv: ['node', '/t/tasks.ts', 'x', '-C', 'a b'] },
    "node tasks.ts -C 'a b'",
  ],
  ['no file of tasks', { argv: ['node', '/t/mytasks.ts'] }, 'npx tsx tasks.ts'],
]

for (const [how, called, start] of cases) {
  test(`called by ${how}`, () => {
    const usual: Called = {
      argv: ['node', '/t/tasks.ts'],
      execArgv: [],
      versions: node,
      cwd: () => '/t',
    }
    assert.is(startOf({ ...usual, ...called }), start)
  })
}

test.run()
