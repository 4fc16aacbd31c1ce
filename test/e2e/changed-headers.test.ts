// What a command read is known from its depfile: changes, vanishing and appearing of it count.
import * as fs from 'node:fs'
import { type Test, test } from 'uvu'
import * as assert from 'uvu/assert'
import { build, noStack, settled } from '../support/buildverdicts.ts'
import { inPath, skip } from '../support/needs.ts'
import { Tree } from '../support/tree.ts'

const COMPILE = `
const object = edge({ rule: 'CC', outputs: ['build/m.o'], inputs: ['m.c'], depfile: 'build/m.d',
  searchPath: ['inc1', 'inc2'],
  command: ['cc', '-Iinc1', '-Iinc2', '-MD', '-MF', 'build/m.d', '-c', 'm.c', '-o', 'build/m.o'] })
await main({ build: task('Compile', [object]) })
`
const OBJECT = ['build/m.o']

function testWithCompiler(name: string, body: () => void): void {
  if (inPath('cc')) test(name, body)
  else skip(test as Test, name, 'no cc here')
}

/** Is this text in the object? A program's strings are in it as they stand. */
function holds(tree: Tree, text: string): boolean {
  return fs.readFileSync(tree.at('build/m.o')).includes(text)
}

function program(tree: Tree): void {
  tree.tasks(COMPILE)
  tree.write('m.c', '#include <h.h>\nconst char *text = TEXT;\n')
  tree.write('inc2/h.h', '#include "deep.h"\n#define TEXT DEEP\n')
  tree.write('inc2/deep.h', '#define DEEP "first text"\n')
}

testWithCompiler('a header counts, and so does a header of a header', () => {
  using tree = new Tree()
  program(tree)
  assert.equal(build(tree).ran, OBJECT)
  assert.equal(fs.readdirSync(tree.at('build')).sort(), ['.tasks', 'm.o'])
  tree.write('inc2/deep.h', '#define DEEP "other text"\n')
  assert.equal(build(tree).why, { 'build/m.o': ['input-changed'] })
  assert.ok(holds(tree, 'other text'))
  tree.touch('inc2/h.h', 1e9)
  assert.equal(build(tree).ran, OBJECT)
  settled(tree)
})

testWithCompiler('a header may go when its include goes, and is missed when it stays', () => {
  using tree = new Tree()
  program(tree)
  build(tree)
  tree.remove('inc2/deep.h')
  const missed = tree.run(['build'])
  assert.is(missed.status, 1)
  noStack(missed)
  assert.match(missed.stderr, 'deep.h: No such file or directory')
  assert.not.ok(tree.exists('build/m.d'))
  assert.is(build(tree).status, 1)
  tree.write('inc2/h.h', '#define TEXT "no deeper"\n')
  assert.equal(build(tree).status, 0)
  assert.ok(holds(tree, 'no deeper'))
  // Again, and this time header and include go at once after a success.
  tree.remove('inc2')
  tree.write('m.c', 'const char *text = "all alone";\n')
  const alone = build(tree)
  assert.is(alone.status, 0)
  assert.equal(alone.why['build/m.o'], ['input-changed', 'input-missing'])
  assert.ok(holds(tree, 'all alone'))
  settled(tree)
})

testWithCompiler('a header that cannot be looked at is missed only by who reads it', () => {
  using tree = new Tree()
  program(tree)
  build(tree)
  tree.remove('inc2/deep.h')
  fs.symlinkSync('deep.h', tree.at('inc2/deep.h'))
  const looped = tree.run(['build'])
  assert.is(looped.status, 1)
  noStack(looped)
  assert.match(looped.stderr, 'deep.h')
  tree.write('m.c', 'const char *text = "all alone";\n')
  const { status, stderr } = build(tree)
  assert.is(status, 0, stderr)
  assert.ok(holds(tree, 'all alone'))
  settled(tree)
})

testWithCompiler('a header that would be found before another one is noticed', () => {
  using tree = new Tree()
  program(tree)
  tree.write('inc1/other.h', '')
  build(tree)
  tree.write('inc1/unread.h', '')
  settled(tree)
  tree.write('inc1/h.h', '#define TEXT "shadowing"\n')
  assert.equal(build(tree).why, { 'build/m.o': ['input-appeared'] })
  assert.ok(holds(tree, 'shadowing'))
  settled(tree)
  tree.remove('inc1')
  assert.equal(build(tree).why, { 'build/m.o': ['input-missing'] })
  assert.ok(holds(tree, 'first text'))
  settled(tree)
})

testWithCompiler('a header that appears matters to one of several that search its folder', () => {
  using tree = new Tree()
  const names = ['a', 'm', 'z']
  tree.tasks(`
const objects = ${JSON.stringify(names)}.map((name) => edge({ rule: 'CC', outputs: ['build/' + name + '.o'],
  inputs: [name + '.c'], depfile: 'build/' + name + '.d', searchPath: ['inc1', 'inc2'],
  command: ['cc', '-Iinc1', '-Iinc2', '-MD', '-MF', 'build/' + name + '.d', '-c', name + '.c', '-o', 'build/' + name + '.o'] }))
await main({ build: task('Compile', objects), a: task('Compile one', [objects[0]]) })
`)
  for (const name of names) {
    tree.write(`${name}.c`, `#include <of_${name}.h>\n`)
    tree.write(`inc2/of_${name}.h`, '')
  }
  tree.write('inc1/other.h', '')
  build(tree)
  tree.write('inc1/of_m.h', '')
  assert.equal(tree.ran(['a']), [])
  assert.equal(build(tree).why, { 'build/m.o': ['input-appeared'] })
  settled(tree)
})

testWithCompiler('a compiler in a folder of its own names headers from there', () => {
  using tree = new Tree()
  tree.tasks(`
    const object = edge({ rule: 'CC', outputs: ['build/m.o'], inputs: ['sub/m.c'],
      directory: 'sub', depfile: 'build/m.d',
      command: ['cc', '-I../inc', '-MD', '-MF', '../build/m.d', '-c', 'm.c', '-o', '../build/m.o'] })
    await main({ build: task('Compile', [object]) })`)
  tree.write('sub/m.c', '#include "beside.h"\n#include <h.h>\nconst char *a = A, *b = B;\n')
  tree.write('sub/beside.h', '#define A "beside"\n')
  tree.write('inc/h.h', '#define B "in inc"\n')
  build(tree)
  settled(tree)
  tree.write('sub/beside.h', '#define A "nearby"\n')
  assert.equal(build(tree).ran, OBJECT)
  tree.write('inc/h.h', '#define B "farther"\n')
  assert.equal(build(tree).ran, OBJECT)
  assert.ok(holds(tree, 'nearby') && holds(tree, 'farther'))
  settled(tree)
})

/** A command that reads what its source says, and tells of it in its depfile. */
const READS = `
const config = edge({ rule: 'COPY', outputs: ['build/config.h'], inputs: ['config'],
  command: ['cp', 'config', 'build/config.h'] })
const reads = (name, orderOnly) => edge({ rule: 'READ', outputs: ['build/' + name], inputs: [name],
  orderOnly, depfile: 'build/' + name + '.d', captureStdout: true,
  command: ['sh', '-c', 'echo "x: $(cat $0)" > build/$0.d; cat $(cat $0)', name] })
`

test('a generated header needs a path to it, and then counts by its content', () => {
  using tree = new Tree()
  const both = 'await main({ build: task(`Build`, [config, one]) })'
  tree.tasks(`${READS} const one = reads('one', [config])\n${both}`)
  tree.write('one', 'build/config.h')
  tree.write('config', 'first')
  assert.equal(build(tree).ran, ['build/config.h', 'build/one'])
  tree.touch('config', 1e9)
  assert.equal(build(tree).ran, ['build/config.h'])
  tree.write('config', 'second')
  assert.equal(build(tree).why['build/one'], ['content-changed'])
  assert.is(tree.read('build/one'), 'second')
  tree.tasks(`${READS} const one = reads('one', [])\n${both}`)
  const known = build(tree)
  assert.is(known.status, 1)
  assert.equal(known.why, { 'build/one': ['unordered'] })
  const { stderr, status } = tree.run(['build', '-B', '-j', '1'])
  assert.is(status, 1)
  assert.match(stderr, 'build/one reads build/config.h, which another edge makes')
  assert.match(stderr, /made by +COPY build\/config\.h/)
  assert.match(stderr, 'add build/config.h to the orderOnly inputs of build/one')
  assert.not.ok(tree.exists('build/one') && tree.read('build/one') !== 'second')
  tree.tasks(`${READS} const one = reads('one', [config])\n${both}`)
  assert.is(build(tree).status, 0)
  settled(tree)
})

test('a success without its depfile is a failure, and so is a depfile that is none', () => {
  using tree = new Tree()
  tree.tasks(`
    const make = (name) => edge({ rule: 'MAKE', outputs: ['build/' + name], inputs: [name],
      depfile: 'build/' + name + '.d', command: ['sh', '-c',
      'cp $0 build/$0; if [ -s $0 ]; then cp $0 build/$0.d; fi', name] })
    await main({ build: task('Make', [make('lacking'), make('senseless')]) })`)
  tree.write('lacking', '')
  tree.write('senseless', 'build/senseless: \\\n  one.h \\\n  two.h\n no colon here\n')
  const ran = tree.run(['build', '-k'])
  assert.is(ran.status, 1)
  noStack(ran)
  assert.match(ran.stderr, 'left no depfile')
  assert.match(ran.stderr, 'build/lacking.d')
  assert.match(ran.stderr, /malformed: a rule without a colon\n +at +build\/senseless\.d:4:15/)
  assert.not.ok(tree.exists('build/lacking') || tree.exists('build/senseless'))
  tree.write('lacking', 'build/lacking: lacking\n')
  tree.write('senseless', 'build/senseless:')
  assert.equal(build(tree).ran, ['build/lacking', 'build/senseless'])
  settled(tree)
})

test.run()
