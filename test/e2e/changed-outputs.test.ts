// An output that is not as its edge left it is made again; nothing failed or half-made is kept.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { build, noStack, settled } from '../support/buildverdicts.ts'
import { Gate } from '../support/heldcommand.ts'
import { Started } from '../support/startedrun.ts'
import { Tree } from '../support/tree.ts'

const PAIR = `
const pair = edge({ rule: 'PAIR', outputs: ['build/x/1', 'build/y/2'], inputs: ['a'],
  command: ['sh', '-c', 'cp a build/x/1; cp a build/y/2'] })
await main({ build: task('Copy twice', [pair]) })
`

test('an output that was deleted, edited or touched is made again', () => {
  using tree = new Tree()
  tree.tasks(PAIR)
  tree.write('a', 'one')
  build(tree)
  const spoil: Readonly<Record<string, readonly [what: () => void, why: string]>> = {
    deleted: [() => tree.remove('build/y/2'), 'output-missing'],
    'deleted with its folder': [() => tree.remove('build/y'), 'output-missing'],
    edited: [() => tree.write('build/y/2', 'by hand'), 'output-changed'],
    'edited to the same size': [() => tree.write('build/x/1', 'two'), 'output-changed'],
    touched: [() => tree.touch('build/x/1', 1e9), 'output-changed'],
  }
  for (const [name, [change, reason]] of Object.entries(spoil)) {
    change()
    assert.equal(build(tree).why, { 'build/x/1': [reason] }, name)
    assert.is(tree.read('build/x/1') + tree.read('build/y/2'), 'oneone', name)
  }
  settled(tree)
})

test('an output that is not declared any more is removed, and its edge runs', () => {
  using tree = new Tree()
  const copies = (...names: string[]): void =>
    tree.tasks(`
      const names = ${JSON.stringify(names)}.map((name) => 'build/' + name)
      const all = edge({ rule: 'COPY', outputs: names, inputs: ['a'],
        command: ['sh', '-c', names.map((name) => 'cp a ' + name).join('; ')] })
      await main({ build: task('Copy', [all]) })`)
  tree.write('a', 'text')
  copies('1', '2', '3')
  build(tree)
  copies('1', '3')
  assert.equal(build(tree).why, { 'build/1': ['output-removed', 'command-changed'] })
  assert.not.ok(tree.exists('build/2'))
  settled(tree)
  copies('1', '4', '3')
  build(tree)
  copies('1', '5', '3')
  build(tree)
  assert.not.ok(tree.exists('build/4'))
  settled(tree)
})

test('the whole of build/ can go', () => {
  using tree = new Tree()
  tree.tasks(PAIR)
  tree.write('a', 'one')
  build(tree)
  tree.remove('build')
  assert.equal(build(tree).why, { 'build/x/1': ['never-built'] })
  tree.remove('build/.tasks')
  assert.equal(build(tree).why, { 'build/x/1': ['not-in-log'] })
  settled(tree)
})

test('captured output is put in place only when its bytes are others', () => {
  using tree = new Tree()
  tree.tasks(`
    const sorted = edge({ rule: 'SORT', outputs: ['build/sorted'], inputs: ['a'],
      captureStdout: true, command: ['sort', 'a'] })
    const copy = edge({ rule: 'COPY', outputs: ['build/copy'], inputs: [sorted],
      command: ['cp', sorted, 'build/copy'] })
    await main({ build: task('Sort', [copy]) })`)
  tree.write('a', '2\n1\n')
  build(tree)
  const before = fs.statSync(tree.at('build/sorted'))
  tree.write('a', '1\n2\n')
  assert.equal(build(tree).ran, ['build/sorted'])
  const after = fs.statSync(tree.at('build/sorted'))
  assert.is(after.mtimeMs, before.mtimeMs)
  assert.is(after.ino, before.ino)
  tree.write('a', '3\n')
  assert.equal(build(tree).ran, ['build/copy', 'build/sorted'])
  assert.is(tree.read('build/copy'), '3\n')
  assert.equal(fs.readdirSync(tree.at('build')).sort(), ['.tasks', 'copy', 'sorted'])
  settled(tree)
})

test('captured output of a command that fails never gets its name', () => {
  using tree = new Tree()
  tree.tasks(`
    const made = edge({ rule: 'MAKE', outputs: ['build/made'], inputs: ['a'], captureStdout: true,
      command: ['sh', '-c', 'cat a; echo oh no >&2; ! grep -q bad a'] })
    await main({ build: task('Make', [made]) })`)
  tree.write('a', 'good')
  build(tree)
  tree.write('a', 'bad')
  const { status, failed } = build(tree)
  assert.is(status, 1)
  assert.is(failed['build/made']?.output, 'oh no\n')
  // What stood there is of an earlier success, and nobody takes it for this one.
  assert.is(tree.read('build/made'), 'good')
  assert.equal(fs.readdirSync(tree.at('build')).sort(), ['.tasks', 'made'])
  assert.equal(build(tree).ran, ['build/made'])
  tree.write('a', 'mended')
  build(tree)
  assert.is(tree.read('build/made'), 'mended')
  settled(tree)
})

test('a failed command leaves no output that it touched, and is tried again', () => {
  using tree = new Tree()
  tree.tasks(`
    const made = edge({ rule: 'MAKE', outputs: ['build/1', 'build/2', 'build/3'], inputs: ['a'],
      command: ['sh', '-c', 'cp a build/1; if grep -q bad a; then exit 3; fi; cp a build/2; cp a build/3'] })
    await main({ build: task('Make', [made]) })`)
  tree.write('a', 'bad')
  const first = build(tree)
  assert.is(first.status, 1)
  assert.is(first.failed['build/1']?.failure?.what, 'ended with status 3')
  assert.not.ok(tree.exists('build/1'))
  tree.write('a', 'good')
  assert.is(build(tree).status, 0)
  tree.write('a', 'bad')
  build(tree)
  assert.not.ok(tree.exists('build/1'))
  assert.is(build(tree).status, 1)
  tree.write('a', 'good')
  build(tree)
  assert.is(tree.read('build/1') + tree.read('build/2'), 'goodgood')
  settled(tree)
})

test('a command that is killed, or makes not all it declares, has failed', () => {
  using tree = new Tree()
  tree.tasks(`
    const make = (name, script, more = {}) => edge({ rule: 'MAKE', inputs: ['a'],
      outputs: ['build/' + name, 'build/' + name + '.2'], command: ['sh', '-c', script], ...more })
    const edges = [
      make('killed', 'cp a build/killed; cp a build/killed.2; kill -9 $$'),
      make('lacking', 'cp a build/lacking'),
      make('folder', 'cp a build/folder; mkdir build/folder.2'),
      make('nowhere', '', { command: ['no-such-program'] }),
      make('fine', 'cp a build/fine; cp a build/fine.2'),
    ]
    await main({ build: task('Make', edges) })`)
  tree.write('a', 'a')
  const { status, failed, summary } = build(tree, ['build', '-k'])
  assert.is(status, 1)
  assert.is(summary?.failed, 4)
  assert.is(failed['build/killed']?.failure?.what, 'ended by SIGKILL')
  assert.match(JSON.stringify(failed['build/lacking']?.failure), 'build/lacking.2')
  assert.match(JSON.stringify(failed['build/folder']?.failure), 'build/folder.2')
  assert.match(failed['build/nowhere']?.failure?.what ?? '', 'no such program')
  for (const name of ['killed', 'killed.2', 'lacking', 'folder'])
    assert.not.ok(tree.exists(`build/${name}`), name)
  const again = tree.run(['build', '-k'])
  noStack(again)
  assert.match(again.stdout, '4 ran, 1 up to date, 4 failed')
  settled(tree, ['build/fine'])
})

test('what an interrupted command made is removed, and made by the next build', async () => {
  using tree = new Tree()
  using gate = new Gate(tree)
  tree.tasks(`
    const made = edge({ rule: 'MAKE', outputs: ['build/made'], inputs: ['a'],
      command: ['sh', '-c', 'printf half > build/made; if grep -q wait a; then ${gate.pass}; fi; cp a build/made'] })
    await main({ build: task('Make', [made]) })`)
  tree.write('a', 'whole')
  build(tree)
  tree.write('a', 'wait')
  using running = Started.of(tree)
  await gate.arrived(running.ended)
  running.signal('SIGINT')
  assert.is((await running.ended).status, 130)
  assert.not.ok(tree.exists('build/made'))
  // The source is as it was when the last record was written, to the nanosecond or not at all.
  tree.write('a', 'whole')
  assert.equal(build(tree).ran, ['build/made'])
  assert.is(tree.read('build/made'), 'whole')
  settled(tree)
})

test.run()
