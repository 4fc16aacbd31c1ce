// clean removes exactly what the edges make, and the folders and state that are left empty by that.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { build, settled, snapshot } from '../support/buildverdicts.ts'
import { Tree } from '../support/tree.ts'

const TASKS = `
const copy = (output) => edge({ rule: 'COPY', outputs: [output], inputs: ['a'],
  command: ['cp', 'a', output] })
const [one, two, deep] = [copy('build/one'), copy('build/two'), copy('build/x/y/deep')]
await main({
  build: task('Build', [one, two, deep]),
  clean: task('Remove all', [], ({ clean }) => clean([one, two, deep])),
  'clean:one': task('Remove one', [], ({ clean }) => clean([one])),
})
`

test('clean removes all that was built, and the state, and nothing else', () => {
  using tree = new Tree()
  tree.tasks(TASKS)
  tree.write('a', 'a')
  const before = Object.keys(snapshot(tree)).sort()
  build(tree)
  const whole = snapshot(tree)
  assert.is(tree.run(['clean', '-n']).status, 0)
  assert.equal(snapshot(tree), whole)
  const { status, stdout } = tree.run(['clean'])
  assert.is(status, 0)
  assert.equal(stdout.match(/build\/\S+/g)?.sort(), ['build/one', 'build/two', 'build/x/y/deep'])
  assert.equal(Object.keys(snapshot(tree)).sort(), before)
  assert.is(tree.run(['clean']).status, 0)
  assert.equal(Object.keys(snapshot(tree)).sort(), before)
  assert.is(build(tree, ['clean', 'build']).ran.length, 3)
  settled(tree)
})

test('what clean did not make stays', () => {
  using tree = new Tree()
  tree.tasks(TASKS)
  tree.write('a', 'a')
  build(tree)
  tree.write('build/x/mine', 'mine')
  tree.write('build/.tasks/mine', 'mine')
  tree.run(['clean'])
  assert.equal(Object.keys(snapshot(tree, 'build')).sort(), [
    'build/.tasks',
    'build/.tasks/mine',
    'build/x',
    'build/x/mine',
  ])
  build(tree)
  settled(tree)
})

test('a task may clean its own outputs alone', () => {
  using tree = new Tree()
  tree.tasks(TASKS)
  tree.write('a', 'a')
  build(tree)
  tree.run(['clean:one'])
  assert.not.ok(tree.exists('build/one'))
  assert.ok(tree.exists('build/two') && tree.exists('build/x/y/deep'))
  assert.equal(build(tree).ran, ['build/one'])
  settled(tree)
})

test('clean follows no link out of the tree, and removes a link, not what it leads to', () => {
  using tree = new Tree()
  using elsewhere = new Tree()
  tree.tasks(TASKS)
  tree.write('a', 'a')
  build(tree)
  elsewhere.write('y/deep', 'precious')
  elsewhere.write('two', 'precious')
  tree.remove('build/x')
  fs.symlinkSync(elsewhere.root, tree.at('build/x'))
  tree.remove('build/two')
  fs.symlinkSync(elsewhere.at('two'), tree.at('build/two'))
  const { status, stderr } = tree.run(['clean'])
  assert.is(status, 0)
  assert.match(stderr, 'note: build/x/y/deep stays: a link leads out of the tree there')
  assert.is(elsewhere.read('y/deep') + elsewhere.read('two'), 'preciousprecious')
  assert.not.ok(fs.lstatSync(tree.at('build/two'), { throwIfNoEntry: false }))
  assert.not.ok(tree.exists('build/one'))
  tree.remove('build')
  build(tree)
  settled(tree)
})

test('a build folder that is a link to another disk is cleaned as one that is not', () => {
  using tree = new Tree()
  using elsewhere = new Tree()
  tree.tasks(TASKS)
  tree.write('a', 'a')
  fs.mkdirSync(elsewhere.at('disk'))
  fs.symlinkSync(elsewhere.at('disk'), tree.at('build'))
  build(tree)
  assert.ok(elsewhere.exists('disk/x/y/deep'))
  assert.is(tree.run(['clean']).status, 0)
  assert.equal(fs.readdirSync(elsewhere.at('disk')), [])
})

test('what is declared no more goes with its folder, unless it was changed or is kept', () => {
  using tree = new Tree()
  const declared = (edges: string) =>
    `const WITH = setting('WITH', 'what else to make')
     const copy = (output) => edge({ rule: 'COPY', outputs: [output], inputs: ['a'],
       command: ['cp', 'a', output] })
     const more = derive([WITH], (set) => set === undefined ? [] : [${edges}].map(copy))
     const kept = copy('build/deep/kept')
     await main({
       build: task('Build', [copy('build/one'), kept, more]),
       clean: task('Remove', [], ({ clean }) => clean([], [kept], ['build/deep']),
         { heedsDryRun: true }),
     }, { settings: [WITH] })`
  tree.tasks(declared("'build/deep/x/two', 'build/deep/mine', 'build/deeper/three'"))
  tree.write('a', 'a')
  assert.is(build(tree, ['build', 'WITH=1']).ran.length, 5)
  tree.write('build/deep/mine', 'changed')
  const planned = tree.run(['clean', '-n']).stdout
  assert.is(planned.trim(), 'removed build/deep/x/two')
  assert.is(tree.run(['clean']).stdout.trim(), 'removed build/deep/x/two')
  assert.not.ok(tree.exists('build/deep/x'))
  for (const path of ['one', 'deep/kept', 'deep/mine', 'deeper/three']) {
    assert.ok(tree.exists(`build/${path}`), path)
  }
  settled(tree)
  assert.equal(build(tree, ['build', 'WITH=1']).ran, ['build/deep/mine', 'build/deep/x/two'])
})

test.run()
