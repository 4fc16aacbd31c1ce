// Edges that judge what their command made, and bodies that build: what is wrong fails, and is never kept.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../tasks/engine/index.ts'
import { Tree } from '../support/tree.ts'

/** An edge that copies a file, and finds wrong what is not good. */
const TASKS = `
  const { readFileSync } = await import('node:fs')
  const judged = (name, more = {}) => edge({ rule: 'JUDGE', outputs: ['build/' + name], inputs: [name],
    command: ['cp', name, 'build/' + name], cache: true,
    judge: async (at) => {
      const said = readFileSync(at('build/' + name), 'utf8').trim()
      return said === (process.env['WANTED'] ?? 'good') ? undefined
        : { what: name + ' is ' + said, facts: [['file', at('build/' + name)]], hint: 'make it good' }
    }, ...more })
  const one = judged('one')
  const printed = edge({ rule: 'PRINT', outputs: ['build/printed'], inputs: ['one'], command: ['cat', 'one'],
    captureStdout: true, judge: async (at) => readFileSync(at('build/printed'), 'utf8') === 'good\\n'
      ? undefined : { what: 'printed is not good' } })`

function treeWith(tasks: string): Tree {
  const tree = new Tree()
  tree.tasks(TASKS + tasks)
  tree.write('one', 'good\n')
  tree.write('two', 'good\n')
  return tree
}

const BUILD = `
  await main({ build: task('Build', [one]), print: task('Print', [printed]) })`

function how(events: readonly Event[]): string[] {
  return events.flatMap((event) =>
    event.type === 'finish' ? [`${event.outputs[0]} ${event.from ?? event.status}`] : [],
  )
}

test('what is wrong fails the edge, with its block; nothing is kept, and it runs again', () => {
  using tree = treeWith(BUILD)
  tree.write('one', 'bad\n')
  for (const _ of [1, 2]) {
    const { status, stdout, stderr } = tree.run(['build'])
    assert.is(status, 1)
    assert.match(stdout + stderr, /error: one is bad\n/)
    assert.match(stdout + stderr, /^ +file +\S*build\/one$/m)
    assert.match(stdout + stderr, /make it good/)
    assert.not(tree.exists('build/one'))
  }
  tree.write('one', 'good\n')
  assert.is(tree.run(['build']).status, 0)
  assert.match(tree.run(['build']).stdout, /nothing to do/)
})

test('captured output is judged before it is put in its place', () => {
  using tree = treeWith(BUILD)
  assert.is(tree.run(['print']).status, 0)
  tree.write('one', 'worse\n')
  assert.is(tree.run(['print']).status, 1)
  assert.is(tree.read('build/printed'), 'good\n')
})

test('a kept result that is found wrong is not used: the command runs', () => {
  using home = new Tree()
  const cached = { ACTION_CACHE_DIR: home.at('cache') }
  using first = treeWith(BUILD)
  using second = treeWith(BUILD)
  assert.equal(how(first.events(['build'], cached)), ['build/one ok'])
  const strict = { ...cached, PASS_ENV: '', WANTED: 'better' }
  assert.equal(how(second.events(['build'], strict)), ['build/one failed'])
  assert.not(second.exists('build/one'))
  assert.equal(how(second.events(['build'], cached)), ['build/one folder'])
})

test('what was found wrong is not in the cache either', () => {
  using home = new Tree()
  const cached = { ACTION_CACHE_DIR: home.at('cache') }
  using first = treeWith(BUILD)
  using second = treeWith(BUILD)
  first.write('one', 'bad\n')
  second.write('one', 'bad\n')
  assert.equal(how(first.events(['build'], cached)), ['build/one failed'])
  assert.equal(how(second.events(['build'], { ...cached, WANTED: 'bad' })), ['build/one ok'])
})

const BODY = `
  const two = judged('two')
  const setIn = derive([setting('NAME', 'a name', 'nobody')], (name) => name)
  const named = edge({ rule: 'NAME', outputs: ['build/name'], command: ['echo', setIn], captureStdout: true })
  await main({ all: task('All', [], async ({ build, say, dryRun }) => {
    const unmade = await build([one, two], { keepGoing: true })
    say('unmade: ' + unmade.join(' '))
    if (dryRun) return 0
    await build([named], { settings: { NAME: 'somebody' } })
    say('named ' + readFileSync('build/name', 'utf8').trim())
    return unmade.length
  }, { heedsDryRun: true }), named: task('Named', [named]) }, { settings: [setting('NAME', 'a name')] })`

test('a body builds what it chooses, goes on past a failure, and hears what was not made', () => {
  using tree = treeWith(BODY)
  tree.write('one', 'bad\n')
  const { status, stdout } = tree.run(['all'])
  assert.is(status, 1)
  assert.match(stdout, /^unmade: build\/one$/m)
  assert.is(tree.read('build/two'), 'good\n')
  tree.write('one', 'good\n')
  assert.equal(how(tree.events(['all'])), ['build/one ok'])
})

test('settings of one build count for that build alone, before those of the command line', () => {
  using tree = treeWith(BODY)
  assert.match(tree.run(['all', 'NAME=anybody']).stdout, /^named somebody$/m)
  assert.is(tree.run(['named', 'NAME=anybody']).status, 0)
  assert.is(tree.read('build/name'), 'anybody\n')
})

test('a dry run says what a body would build, and makes nothing', () => {
  using tree = treeWith(BODY)
  const { status, stdout } = tree.run(['all', '-n'])
  assert.is(status, 0)
  assert.match(stdout, 'build/one')
  assert.match(stdout, 'build/two')
  assert.not(tree.exists('build/one'))
})

test.run()
