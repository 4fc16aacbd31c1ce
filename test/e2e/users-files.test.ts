// A file that no build has made is the user's, even where an edge names it as its output.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { build } from '../support/buildverdicts.ts'
import { Tree } from '../support/tree.ts'

function tasks(tree: Tree, script: string, more = ''): void {
  tree.tasks(`
    const format = edge({ rule: 'FMT', outputs: ['hello.c'], inputs: ['a'],
      command: ['sh', '-c', ${JSON.stringify(script)}], ${more} })
    await main({ build: task('Format', [format]) })`)
  tree.write('a', 'a')
}

test('it stays when the command fails, which is said before and after', () => {
  using tree = new Tree()
  tasks(tree, 'echo half >> hello.c; exit 1')
  tree.write('hello.c', 'a day of work\n')
  const { status, stderr } = tree.run(['build'])
  assert.is(status, 1)
  assert.is(tree.read('hello.c'), 'a day of work\nhalf\n')
  assert.match(stderr, 'note: hello.c is an output, but no build has made it')
  assert.match(stderr, /kept +hello\.c: no build has made it/)
})

test('what a build has made is removed when the command fails', () => {
  using tree = new Tree()
  tasks(tree, 'cp a hello.c; grep -q a a')
  assert.is(build(tree).status, 0)
  tree.write('a', 'b')
  const { status, stderr } = tree.run(['build'])
  assert.is(status, 1)
  assert.not(tree.exists('hello.c'))
  assert.not.match(stderr, 'no build has made it')
})

test('an edge that makes its output afresh does not remove it', () => {
  using tree = new Tree()
  tasks(tree, 'cp a hello.c', 'fresh: true')
  tree.write('hello.c', 'a day of work\n')
  const { status, stderr } = tree.run(['build'])
  assert.is(status, 1)
  assert.is(tree.read('hello.c'), 'a day of work\n')
  assert.match(stderr, 'a file that no build has made stands where an output is to be made')
})

test('a depfile that is left from before is not taken for what the command has read', () => {
  using tree = new Tree()
  tree.tasks(`
    const make = edge({ rule: 'CC', outputs: ['build/o'], inputs: ['a'], depfile: 'build/o.d',
      command: ['cp', 'a', 'build/o'] })
    await main({ build: task('Make', [make]) })`)
  tree.write('a', 'a')
  tree.write('build/o.d', 'build/o: a\n')
  const { status, stderr } = tree.run(['build'])
  assert.is(status, 1)
  assert.match(stderr, 'left no depfile')
})

test.run()
