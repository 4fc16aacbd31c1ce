// A file has one name in a build, however the declarations, a depfile or a link in the tree call it.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { build, settled } from '../support/buildverdicts.ts'
import { Tree } from '../support/tree.ts'

/** A generated header and its reader; `out` and `gen` are how the reader's declaration calls them. */
function reading(tree: Tree, outputs: string, more: string): void {
  tree.tasks(`
    const gen = edge({ rule: 'GEN', outputs: ['${outputs}/gen.h'], inputs: ['in.h'],
      command: ['cp', 'in.h', '${outputs}/gen.h'] })
    const obj = edge({ rule: 'CC', outputs: ['${outputs}/a.i'], inputs: ['a.c'], orderOnly: [gen],
      depfile: '${outputs}/a.d', ${more} })
    await main({ build: task('Compile', [obj]), gen: task('Generate', [gen]) })`)
  tree.write('in.h', 'int n = 1;\n')
  tree.write('a.c', '#include "gen.h"\n')
}

function compile(tree: Tree, folder: string, out = 'build'): string {
  return `command: ['cc', '-MD', '-MF', '${out}/a.d', '-I${folder}', '-E', '-P', 'a.c', '-o', '${out}/a.i'],
    searchPath: ['${folder}', '${tree.at('no/such')}']`
}

function follows(tree: Tree): void {
  build(tree)
  settled(tree)
  tree.write('in.h', 'int n = 2222;\n')
  assert.equal(build(tree).ran, ['build/a.i', 'build/gen.h'])
  assert.match(tree.read('build/a.i'), 'int n = 2222;')
  settled(tree)
  // The header is made anew with the same content.
  tree.touch('in.h')
  assert.equal(build(tree).ran, ['build/gen.h'])
  settled(tree)
}

test('outputs that are declared by absolute names are the same files', () => {
  using tree = new Tree()
  reading(tree, tree.at('build'), compile(tree, 'build', tree.at('build')))
  build(tree)
  tree.write('in.h', 'int n = 2222;\n')
  const { ran, status } = build(tree)
  assert.is(status, 0)
  assert.is(ran.length, 2)
  assert.match(tree.read('build/a.i'), 'int n = 2222;')
  settled(tree)
  assert.equal(build(tree, [tree.at('build/a.i')]).status, 0)
  tree.remove('in.h')
  assert.is(build(tree).status, 1)
  assert.ok(tree.exists('build/gen.h'), 'nothing that is declared is taken for an orphan')
})

test('a generated header is followed through an absolute include folder', () => {
  using tree = new Tree()
  reading(tree, 'build', compile(tree, tree.at('build')))
  follows(tree)
})

test('a generated header is followed through a link to its folder', () => {
  using tree = new Tree()
  fs.symlinkSync('build', tree.at('include'))
  reading(tree, 'build', compile(tree, 'include'))
  follows(tree)
})

test('a generated header is followed through a link to it', () => {
  using tree = new Tree()
  tree.write('include/readme', '')
  fs.symlinkSync('../build/gen.h', tree.at('include/gen.h'))
  reading(tree, 'build', compile(tree, 'include'))
  follows(tree)
})

test('a link that leads elsewhere makes its reader stale', () => {
  using tree = new Tree()
  tree.write('other/gen.h', 'int other;\n')
  fs.symlinkSync('build', tree.at('include'))
  reading(tree, 'build', compile(tree, 'include'))
  build(tree)
  tree.remove('include')
  fs.symlinkSync('other', tree.at('include'))
  assert.equal(build(tree).ran, ['build/a.i'])
  assert.match(tree.read('build/a.i'), 'int other;')
})

test('a reader that does not wait for the maker of a header is named, though it reads it through a link', () => {
  using tree = new Tree()
  fs.symlinkSync('build', tree.at('include'))
  reading(tree, 'build', compile(tree, 'include'))
  tree.write('tasks.ts', tree.read('tasks.ts').replace('orderOnly: [gen],', ''))
  build(tree, ['gen'])
  const { failed } = build(tree)
  assert.match(
    failed['build/a.i']?.failure?.what ?? '',
    /reads build\/gen\.h, which another edge makes/,
  )
})

test('an input by the absolute name of an output waits for its edge', () => {
  using tree = new Tree()
  tree.tasks(`
    const one = edge({ rule: 'COPY', outputs: ['build/one'], inputs: ['a'], command: ['cp', 'a', 'build/one'] })
    const two = edge({ rule: 'COPY', outputs: ['build/two'], inputs: ['${tree.at('build/one')}'],
      command: ['cp', 'build/one', 'build/two'] })
    await main({ build: task('Copy', [two, one]) })`)
  tree.write('a', 'text')
  assert.equal(build(tree).ran, ['build/one', 'build/two'])
  settled(tree)
})

test('one output under two names, or below another, is refused before anything runs', () => {
  using tree = new Tree()
  const edge = (output: string): string =>
    `edge({ rule: 'T', outputs: ['${output}'], command: ['touch', '${output}'] })`
  for (const [one, other, what] of [
    ['build/a', tree.at('build/a'), 'two edges make one file'],
    ['build/x/y', 'build/x', 'an output lies below another output'],
  ] as const) {
    tree.tasks(`await main({ build: task('Touch', [${edge(one)}, ${edge(other)}]) })`)
    const { status, stderr } = tree.run(['build'])
    assert.is(status, 2)
    assert.match(stderr, what)
    assert.not.ok(tree.exists('build/x') || tree.exists('build/a'))
  }
})

test('the hint for a file that is read too early never makes a circle', () => {
  using tree = new Tree()
  const script = 'echo "x: $(ls build/h 2>/dev/null)" > build/b.d; cp src build/b'
  tree.tasks(`
    const b = edge({ rule: 'B', outputs: ['build/b'], inputs: ['src'], depfile: 'build/b.d',
      command: ['sh', '-c', ${JSON.stringify(script)}] })
    const h = edge({ rule: 'H', outputs: ['build/h'], inputs: [b], command: ['cp', 'build/b', 'build/h'] })
    await main({ build: task('Build', [h]) })`)
  tree.write('src', 'one')
  assert.is(tree.run(['build']).status, 0)
  tree.write('src', 'two and more')
  const { stderr } = tree.run(['build'])
  assert.match(stderr, 'build/b reads build/h, which another edge makes, without waiting for it')
  assert.match(stderr, 'build/h needs build/b itself: make one of them without the other')
  assert.not.match(stderr, 'orderOnly')
})

test.run()
