// What is offered for the last word typed: options and their values, arguments of tasks, or nothing for the shell.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { candidates } from '../../../tasks/engine/command/completion.ts'
import { task } from '../../../tasks/engine/declare/index.ts'

const TASKS = {
  build: task('Build', []),
  new: task('New', [], () => {}, {
    arguments: 'NAME --template tracepoint|kprobe',
    takesRest: true,
  }),
  vm: task('VM', [], () => {}, { arguments: '[--kernel 6.1|FILE]… [--accel kvm|tcg]' }),
}

function offered(...typed: string[]): string[] {
  return candidates(typed, TASKS, [], ['build/x.o']).map(({ word }) => word)
}

test('tasks, and outputs', () => {
  assert.equal(offered('b'), ['build', 'build/x.o'])
  assert.equal(offered('-k', 'v'), ['vm'])
})

test('paths are left to the shell', () => {
  for (const option of ['-C', '--directory', '--trace'])
    assert.equal(offered('build', option, ''), [])
})

test('arguments of a task as its help shows them: options, values, and nothing for a FILE', () => {
  assert.equal(offered('new', ''), [])
  assert.equal(offered('new', 'x', '--'), ['--template'])
  assert.equal(offered('new', 'x', '--template', ''), ['tracepoint', 'kprobe'])
  assert.equal(offered('new', 'x', '--template', 'k'), ['kprobe'])
  assert.equal(offered('vm', '--', '--'), ['--kernel', '--accel'])
  assert.equal(offered('vm', '--', '--accel', ''), ['kvm', 'tcg'])
  assert.equal(offered('vm', '--', '--kernel', ''), ['6.1'])
  assert.equal(offered('vm', '--', ''), [])
  // Before the dashes they belong to nobody.
  assert.ok(offered('vm', '--').includes('--watch'))
  assert.equal(offered('build', '--', ''), [])
})

test.run()
