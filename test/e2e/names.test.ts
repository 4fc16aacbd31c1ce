// Any name a file can have is built rightly, through compilers too, and no shell ever reads it.
import * as fs from 'node:fs'
import { type Test, test } from 'uvu'
import * as assert from 'uvu/assert'
import { build, settled } from '../support/buildverdicts.ts'
import { inPath, skip } from '../support/needs.ts'
import { Tree } from '../support/tree.ts'

const plain = [
  'with space',
  ' at both ends ',
  "quote'",
  'double"quote',
  '$HOME $(touch pwned)',
  '`touch pwned`',
  'semi; touch pwned;',
  '&& touch pwned |',
  '#hash',
  'hash#',
  '%p%%s%n',
  '$$',
  '-dash',
  '--',
  'star*[a-z]?{b,c}',
  '!not',
  'back\\slash',
  'at the end\\',
  'colon: in it',
  'a=b',
  '~',
  '\ttab',
  'ünïcödé 日本 🐝',
]
/** As many bytes as a name may have. */
const LONGEST = 255
const odd = [...plain, 'new\nline', 'bell\u0007', 'y'.repeat(LONGEST - 4)]

/** A tree with a file for each name, copied in each of the ways that an edge can make one. */
function copies(names: readonly string[]): Tree {
  const tree = new Tree()
  tree.tasks(`
    const names = ${JSON.stringify(names)}
    const copies = names.map((name) => edge({ rule: 'COPY', outputs: ['build/copy/' + name],
      inputs: ['src/' + name], command: ['cp', source('src/' + name), 'build/copy/' + name] }))
    const captures = copies.map((copy, at) => edge({ rule: 'CAT', outputs: ['build/cat/' + names[at]],
      inputs: [copy], captureStdout: true, command: ['cat', copy] }))
    const all = edge({ rule: 'ALL', outputs: ['build/all'], inputs: [glob('src/*')],
      captureStdout: true, command: ['cat', glob('src/*')] })
    await main({ build: task('Copy', [captures, all]),
      clean: task('Remove', [], ({ clean }) => clean([copies, captures, all])) })`)
  for (const name of names) tree.write(`src/${name}`, `<${name}>`)
  return tree
}

test('files of any name are copied, captured, matched and cleaned', () => {
  using tree = copies(odd)
  const { status, ran, failed, stderr } = build(tree, ['build', '-k'])
  assert.equal(Object.values(failed), [])
  assert.is(status, 0, stderr)
  assert.is(ran.length, 2 * odd.length + 1)
  const all = tree.read('build/all')
  for (const name of odd) {
    assert.is(tree.read(`build/cat/${name}`), `<${name}>`)
    assert.ok(all.includes(`<${name}>`), name)
    tree.write(`src/${name}`, `[${name}]`)
  }
  const again = build(tree)
  assert.is(again.ran.length, 2 * odd.length + 1)
  for (const name of odd) assert.is(tree.read(`build/cat/${name}`), `[${name}]`)
  settled(tree)
  const one = odd[0] ?? ''
  tree.write(`src/${one}`, 'other')
  assert.equal(build(tree, [`build/cat/${one}`]).ran, [`build/cat/${one}`, `build/copy/${one}`])
  assert.is(tree.run(['clean']).status, 0)
  assert.not.ok(tree.exists('build'))
  assert.not.ok(tree.exists('pwned'))
})

test('a name of 255 bytes, and two more beside it that it must not stop', () => {
  using tree = copies(['x'.repeat(LONGEST), 'ü'.repeat(LONGEST / 2), 'short'])
  const { status, failed, stderr, summary } = build(tree, ['build', '-k'])
  assert.equal([status, failed, summary?.ran], [0, {}, 7], stderr)
  settled(tree)
})

test('a name in the root that begins with a dash is a file to its command', () => {
  using tree = new Tree()
  tree.tasks(`
    const copy = edge({ rule: 'COPY', outputs: ['-b'], inputs: ['-a'],
      command: ['cp', source('-a'), source('-b')] })
    const again = edge({ rule: 'COPY', outputs: ['build/c'], inputs: [copy],
      command: ['cp', copy, 'build/c'] })
    await main({ build: task('Copy', [again]) })`)
  tree.write('-a', 'dashed')
  const { status, stderr } = tree.run(['build'])
  assert.is(status, 0, stderr)
  assert.is(tree.read('build/c'), 'dashed')
  settled(tree)
})

test('no name acts on the terminal that shows it', () => {
  const acting = 'clear\u001b[2J\u001b]0;title\u0007\u009b1m'
  using tree = copies([acting])
  const shown: string[] = []
  const see = (args: readonly string[], expected: number): void => {
    const { status, stdout, stderr } = tree.run(args)
    assert.is(status, expected, stderr)
    shown.push(stdout + stderr)
  }
  see(['build', '-n', '--explain'], 0)
  see(['build', '--explain', '-v'], 0)
  tree.touch(`src/${acting}`, 1e9)
  see(['build', '--explain'], 0)
  settled(tree)
  tree.remove(`src/${acting}`)
  see(['build'], 1)
  see([acting], 2)
  tree.write(`src/${acting}`, '')
  see(['clean'], 0)
  for (const text of shown) {
    assert.not.match(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
    assert.match(text, 'clear')
  }
})

const compiled = [...plain.filter((name) => !/["\\]$/.test(name)), 'x'.repeat(LONGEST - 2)]

if (!inPath('cc')) skip(test as Test, 'sources and headers of any name are compiled', 'no cc here')
else
  test('sources and headers of any name are compiled, and found changed', () => {
    using tree = new Tree()
    tree.tasks(`
      const objects = ${JSON.stringify(compiled)}.map((name) => edge({ rule: 'CC',
        outputs: ['build/' + name + '.o'], inputs: ['src/' + name + '.c'],
        depfile: 'build/' + name + '.d', searchPath: ['h'],
        command: ['cc', '-Ih', '-MD', '-MF', 'build/' + name + '.d', '-c', 'src/' + name + '.c',
          '-o', 'build/' + name + '.o'] }))
      await main({ build: task('Compile', [objects]) })`)
    for (const name of compiled) {
      tree.write(`src/${name}.c`, `#include <${name}.h>\nconst char *text = TEXT;\n`)
      tree.write(`h/${name}.h`, '#define TEXT "first text"\n')
    }
    const first = build(tree, ['build', '-k'])
    const broken = Object.values(first.failed).map(({ output, failure }) => [output, failure])
    assert.equal(broken, [])
    settled(tree)
    for (const name of compiled) tree.write(`h/${name}.h`, '#define TEXT "another text"\n')
    const second = build(tree)
    assert.is(second.status, 0)
    assert.is(second.ran.length, compiled.length)
    for (const reasons of Object.values(second.why)) assert.equal(reasons, ['input-changed'])
    for (const name of compiled) {
      assert.ok(fs.readFileSync(tree.at(`build/${name}.o`)).includes('another text'), name)
    }
    assert.not.ok(tree.exists('pwned'))
    settled(tree)
  })

for (const compiler of ['gcc', 'clang']) {
  const name = `a header whose name is no UTF-8 is followed (${compiler})`
  if (!inPath(compiler)) skip(test, name, `no ${compiler} here`)
  else
    test(name, () => {
      using tree = new Tree()
      tree.tasks(`
        const o = edge({ rule: 'CC', outputs: ['build/o'], inputs: ['a.c'], depfile: 'build/d', searchPath: ['first', 'second'],
          command: ['${compiler}', '-Ifirst', '-Isecond', '-MD', '-MF', 'build/d', '-E', '-P', 'a.c', '-o', 'build/o'] })
        await main({ build: task('Compile', [o]) })`)
      const latin = (path: string) => Buffer.from(tree.at(path), 'latin1')
      tree.write('a.c', Buffer.from('#include "dé/é h.h"\n', 'latin1'))
      for (const folder of ['first', 'second', 'second/dé']) fs.mkdirSync(latin(folder))
      fs.writeFileSync(latin('second/dé/é h.h'), 'one\n')
      assert.is(build(tree).status, 0)
      assert.match(tree.read('build/o'), 'one')
      settled(tree)
      fs.writeFileSync(latin('second/dé/é h.h'), 'other\n')
      assert.match(tree.run(['build', '-n', '--explain']).stdout, 'second/d\\xE9/\\xE9 h.h changed')
      assert.equal(build(tree).ran, ['build/o'])
      assert.match(tree.read('build/o'), 'other')
      // One that appears before it counts, whatever its name.
      fs.mkdirSync(latin('first/dé'))
      fs.writeFileSync(latin('first/dé/é h.h'), 'earlier\n')
      assert.equal(build(tree).why, { 'build/o': ['input-appeared'] })
      assert.match(tree.read('build/o'), 'earlier')
      fs.unlinkSync(latin('first/dé/é h.h'))
      assert.equal(build(tree).why, { 'build/o': ['input-missing'] })
      assert.match(tree.read('build/o'), 'other')
      settled(tree)
    })
}

test.run()
