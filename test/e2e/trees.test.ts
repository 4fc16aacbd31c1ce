// A tree as init begins it: each task of one tool builds that tool, whatever state its neighbour is in.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { refused } from '../support/buildverdicts.ts'
import { testWith } from '../support/needs.ts'
import { NewTree } from '../support/newtree.ts'
import { bpfOf, isThere, leftOf, Running } from '../support/watchedprocess.ts'

const compiling = ['clang', 'btf'] as const
const loading = ['root', 'bpf', 'clang', 'btf', 'tracefs'] as const

let shared: NewTree | undefined

/** A tree with a tool that builds, and one that does not. */
function treeOfTwo(): NewTree {
  if (shared !== undefined) return shared
  const tree = new NewTree()
  process.once('exit', () => tree[Symbol.dispose]())
  assert.is(tree.add('hello', 'tracepoint').status, 0)
  assert.is(tree.add('broken', 'iter').status, 0)
  tree.write('broken.bpf.c', `${tree.read('broken.bpf.c')}this is no C\n`)
  shared = tree
  return tree
}

testWith(test, compiling, 'one tool is built beside a broken one', () => {
  const tree = treeOfTwo()
  const built = tree.run(['build:hello'])
  assert.is(built.status, 0, built.stderr)
  assert.ok(tree.exists('build/hello') && !tree.exists('build/broken.bpf.o'))
  assert.match(tree.run(['build:hello']).stdout, /^nothing to do/m)
  assert.match(tree.run(['build']).stderr, /^FAILED BPF +build\/broken\.bpf\.o$/m)
  refused(tree.run(['build:helo']), 2, 'there is no build:helo', 'did you mean build:hello?')
  for (const word of ['hello', 'hello.bpf'])
    refused(tree.run([word]), 2, 'did you mean build:hello, run:hello or dev:hello?')
  const source = tree.run(['hello.bpf.c'])
  assert.is(source.status, 0)
  assert.match(source.stdout + source.stderr, 'you may mean build:hello, run:hello or dev:hello')
})

testWith(test, loading, 'it is run, verified and tested beside a broken one', () => {
  const tree = treeOfTwo()
  for (const words of [
    ['run:hello', '--', '--test'],
    ['run', '--', 'hello', '--test'],
  ])
    assert.match(tree.run(words).stdout, /^PID +COMM/m)
  assert.match(tree.run(['verify:hello']).stdout, /: 1 OK, 0 rejected$/m)
  const tested = tree.run(['test:hello'])
  assert.is(tested.status, 0, tested.stdout + tested.stderr)
  assert.match(tested.stdout, /^# pass 1$/m)
  assert.not.match(tested.stdout, 'broken')
  assert.is(tree.run(['test']).status, 1)
})

testWith(
  test,
  loading,
  'dev:NAME runs a tool anew when it changes, not when its neighbour does',
  async () => {
    const tree = treeOfTwo()
    await using dev = new Running([...tree.command, 'dev:hello'], { cwd: tree.root })
    await dev.line(/^PID +COMM +TEXT$/)
    await dev.line(/^waiting for a change/)
    tree.write('broken.c', `${tree.read('broken.c')}\n`)
    tree.write('hello.c', tree.read('hello.c').replace('"TEXT"', '"NAME"'))
    await dev.line(/^── build 2: dev:hello ──$/)
    await dev.line(/^PID +COMM +NAME$/)
    assert.not.match(dev.stdout.join('\n'), 'broken')
    const held = bpfOf(dev.pid)
    assert.ok(held.every(isThere))
    dev.kill('SIGINT')
    assert.is(await dev.end(), 130)
    assert.equal(await leftOf(held), [])
  },
)

testWith(
  test,
  compiling,
  'ARCH of another machine beside the compiler of this one is said once',
  () => {
    const tree = treeOfTwo()
    const other = process.arch === 'arm64' ? 'x86_64' : 'aarch64'
    const said = (...words: string[]) =>
      tree.run(['build', '-n', ...words]).stderr.match(/^note: ARCH=.*$/gm)
    assert.is(said(), null)
    assert.is(said(`ARCH=${process.arch === 'x64' ? 'amd64' : process.arch}`), null)
    const notes = said(`ARCH=${other}`) ?? []
    assert.is(notes.length, 1)
    assert.match(notes[0] ?? '', `ARCH=${other} is for BPF programs alone`)
  },
)

test.run()
