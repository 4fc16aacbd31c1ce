// A source counts as changed when its time or size differs, a generated file when its content does.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { build, settled } from '../support/buildverdicts.ts'
import { Tree } from '../support/tree.ts'

const CHAIN = `
const b = edge({ rule: 'COPY', outputs: ['build/b'], inputs: ['a'], command: ['cp', 'a', 'build/b'] })
const c = edge({ rule: 'COPY', outputs: ['build/c'], inputs: [b], command: ['cp', b, 'build/c'] })
await main({ build: task('Copy twice', [c]) })
`
const FIRST = ['build/b']
const BOTH = ['build/b', 'build/c']
const now = Date.now() / 1000

test('any other time of a source is a change, forward and backward', () => {
  using tree = new Tree()
  tree.tasks(CHAIN)
  tree.write('a', 'one')
  assert.equal(build(tree).ran, BOTH)
  const [in1970, in2100] = [0, Date.UTC(2100, 0) / 1000]
  for (const seconds of [now + 100, now - 1e6, in1970, in2100]) {
    tree.touch('a', seconds)
    // The same bytes: it ends at the first edge.
    assert.equal(build(tree).ran, FIRST, String(seconds))
    if (seconds === in1970) settled(tree)
  }
  tree.write('a', 'two')
  tree.touch('a', in2100)
  tree.write('a', 'of another size')
  tree.touch('a', in2100)
  assert.equal(build(tree).ran, BOTH)
  assert.is(tree.read('build/c'), 'of another size')
  tree.write('a', '')
  tree.touch('a', in1970)
  assert.equal(build(tree).ran, BOTH)
  settled(tree)
})

test('an older file that is restored is built again', () => {
  using tree = new Tree()
  tree.tasks(CHAIN)
  tree.write('a', 'one')
  tree.touch('a', now - 1000)
  build(tree)
  fs.renameSync(tree.at('a'), tree.at('a.old'))
  tree.write('a', 'two')
  assert.equal(build(tree).ran, BOTH)
  fs.renameSync(tree.at('a.old'), tree.at('a'))
  const { ran, why } = build(tree)
  assert.equal(ran, BOTH)
  assert.equal(why['build/b'], ['input-changed'])
  assert.is(tree.read('build/c'), 'one')
  settled(tree)
})

test('--digest asks for other bytes, whatever the time', () => {
  using tree = new Tree()
  tree.tasks(CHAIN)
  tree.write('a', 'one')
  build(tree)
  tree.touch('a', now + 50)
  settled(tree, ['build', '--digest'])
  tree.write('a', 'two')
  tree.touch('a', now + 60)
  assert.equal(build(tree, ['build', '--digest']).ran, BOTH)
  assert.is(tree.read('build/c'), 'two')
  settled(tree)
})

test('a generated file that comes out the same ends the build there', () => {
  using tree = new Tree()
  tree.tasks(`
    const made = edge({ rule: 'MAKE', outputs: ['build/head', 'build/tail'], inputs: ['a'],
      command: ['sh', '-c', 'head -1 a > build/head; tail -1 a > build/tail'] })
    const [head, tail] = made.outputs
    const use = (name, file) => edge({ rule: 'COPY', outputs: [name], inputs: [file],
      command: ['cp', file, name] })
    const [h, t] = [use('build/h', head), use('build/t', tail)]
    const all = edge({ rule: 'JOIN', outputs: ['build/all'], inputs: [h, t], captureStdout: true,
      command: ['cat', h, t] })
    await main({ build: task('Build', [all]) })`)
  tree.write('a', 'one\ntwo\n')
  assert.is(build(tree).ran.length, 4)
  tree.write('a', 'one\nof no interest\ntwo\n')
  const { ran, summary } = build(tree)
  assert.equal(ran, ['build/head'])
  assert.is(summary?.upToDate, 3)
  tree.write('a', 'one\nthree\n')
  assert.equal(build(tree).ran, ['build/all', 'build/head', 'build/t'])
  assert.is(tree.read('build/all'), 'one\nthree\n')
  settled(tree)
})

test('a consumer that failed is not forgotten when its input comes back as it was', () => {
  using tree = new Tree()
  tree.tasks(
    CHAIN.replace("['cp', b, 'build/c']", "['sh', '-c', 'cp build/b build/c; grep -q o build/c']"),
  )
  tree.write('a', 'one')
  build(tree)
  tree.write('a', 'bad')
  const { status, failed } = build(tree)
  assert.is(status, 1)
  assert.equal(Object.keys(failed), ['build/c'])
  assert.not.ok(tree.exists('build/c'))
  tree.write('a', 'one')
  assert.equal(build(tree).ran, BOTH)
  assert.is(tree.read('build/c'), 'one')
  settled(tree)
})

test('what must only be there first makes nothing stale', () => {
  using tree = new Tree()
  tree.tasks(`
    const first = edge({ rule: 'COPY', outputs: ['build/first'], inputs: ['x'],
      command: ['cp', 'x', 'build/first'] })
    const then = edge({ rule: 'COPY', outputs: ['build/then'], inputs: ['a'], orderOnly: [first],
      command: ['sh', '-c', 'cat a build/first > build/then'] })
    await main({ build: task('Build', [then]) })`)
  tree.write('a', 'a')
  tree.write('x', 'x')
  const { events, ran } = build(tree, ['build', '-j', '4'])
  assert.equal(ran, ['build/first', 'build/then'])
  const finished = events.flatMap((event) => (event.type === 'finish' ? event.outputs : []))
  assert.equal(finished, ['build/first', 'build/then'])
  tree.write('x', 'changed')
  assert.equal(build(tree).ran, ['build/first'])
  assert.is(tree.read('build/then'), 'ax')
  tree.remove('build/first')
  assert.equal(build(tree).ran, ['build/first'])
  settled(tree)
})

test('the list of inputs and a pattern that matches more or fewer files are changes', () => {
  using tree = new Tree()
  const listing = (inputs: string): string => `
    await main({ build: task('List', [edge({ rule: 'LIST', outputs: ['build/list'],
      inputs: [${inputs}], captureStdout: true, command: ['sh', '-c', 'cat src/* a'] })]) })`
  tree.write('src/1.txt', '1')
  tree.write('src/2.txt', '2')
  tree.write('a', 'a')
  tree.tasks(listing(`glob('src/*.txt', '!src/no.txt')`))
  build(tree)
  tree.write('src/no.txt', '')
  settled(tree)
  tree.write('src/3.txt', '3')
  const grown = build(tree)
  assert.equal(grown.why['build/list'], ['input-added'])
  assert.is(tree.read('build/list'), '123a')
  settled(tree)
  tree.remove('src/1.txt')
  const shrunk = build(tree)
  assert.equal(shrunk.why['build/list'], ['input-removed'])
  assert.is(tree.read('build/list'), '23a')
  tree.tasks(listing(`glob('src/*.txt', '!src/no.txt'), 'a'`))
  assert.equal(build(tree).why['build/list'], ['input-added'])
  tree.tasks(listing(`'src/2.txt', 'a'`))
  assert.equal(build(tree).why['build/list'], ['input-removed'])
  settled(tree)
})

test('a source that goes takes its outputs along, but not what is another edge’s input', () => {
  using tree = new Tree()
  tree.tasks(`
    const each = derive([glob('src/*')], (paths) => paths.map((path) => {
      const output = path.replace('src', 'build/deep')
      return edge({ rule: 'COPY', outputs: [output], inputs: [path], command: ['cp', path, output] })
    }))
    const keep = edge({ rule: 'COPY', outputs: ['build/kept'], inputs: ['build/deep/kept'],
      command: ['cp', 'build/deep/kept', 'build/kept'] })
    await main({ build: task('Copy each', [each, keep]) })`)
  for (const name of ['gone', 'edited', 'kept', 'stays']) tree.write(`src/${name}`, name)
  build(tree)
  for (const name of ['gone', 'edited', 'kept']) tree.remove(`src/${name}`)
  tree.write('build/deep/edited', 'by hand')
  const { status, ran, events } = build(tree)
  assert.is(status, 0)
  assert.equal(ran, [])
  assert.equal(
    events.flatMap((event) => (event.type === 'removed' ? [event.path] : [])),
    ['build/deep/gone'],
  )
  assert.not.ok(tree.exists('build/deep/gone'))
  assert.is(tree.read('build/deep/edited'), 'by hand')
  assert.is(tree.read('build/deep/kept'), 'kept')
  settled(tree)
})

test('what an edge makes that a build need not know stays, also where its source is new', () => {
  using tree = new Tree()
  tree.tasks(`
    const headers = derive([glob('hdr/*')], (paths) => paths.map((path) => {
      const output = path.replace('hdr', 'build/gen')
      return edge({ rule: 'COPY', outputs: [output], inputs: [path], command: ['cp', path, output] })
    }))
    const uses = edge({ rule: 'CC', outputs: ['build/uses'], inputs: ['a.c'], orderOnly: [headers],
      depfile: 'build/uses.d', searchPath: ['build/gen'],
      command: ['cc', '-MD', '-MF', 'build/uses.d', '-Ibuild/gen', '-E', '-P', '-o', 'build/uses', 'a.c'] })
    const other = edge({ rule: 'COPY', outputs: ['build/other'], inputs: ['a.c'],
      command: ['cp', 'a.c', 'build/other'] })
    await main({ build: task('All', [uses, other]), other: task('The other', [other]) })`)
  tree.write('hdr/k.h', 'int k;\n')
  tree.write('a.c', '#include "k.h"\n')
  build(tree)
  // The remembered match of the pattern does not hold any more, and this build does not ask for it.
  tree.write('hdr/new.h', 'int new;\n')
  const { events } = build(tree, ['other'])
  assert.is(events.filter(({ type }) => type === 'removed').length, 0)
  assert.ok(tree.exists('build/gen/k.h'))
  assert.equal(build(tree).ran, ['build/gen/new.h'])
})

test('a path that is there is made, where a pattern of another task now leads to its maker', () => {
  using tree = new Tree()
  tree.tasks(`
    const made = (part) => edge({ rule: 'CP', outputs: ['build/x'], inputs: [part], command: ['cp', part, 'build/x'] })
    const one = edge({ rule: 'CP', outputs: ['build/one'], inputs: ['build/x'], command: ['cp', 'build/x', 'build/one'] })
    await main({
      others: task('Others', [derive([glob('parts/*')], (parts) => parts.map(made))]),
      one: task('One', [one]),
    })`)
  tree.write('build/x', 'by hand')
  assert.equal(tree.ran(['one']), ['build/one'])
  tree.write('parts/p', 'from a part')
  assert.equal(tree.ran(['one']), ['build/one', 'build/x'])
  assert.is(tree.read('build/one'), 'from a part')
})

test('a path that an edge of another task makes is made, though that task was never asked for', () => {
  using tree = new Tree()
  tree.tasks(`
    const parts = derive([glob('src/*')], (paths) => paths.map((path) => {
      const output = path.replace('src', 'build/parts')
      return edge({ rule: 'COPY', outputs: [output], inputs: [path], command: ['cp', path, output] })
    }))
    const uses = edge({ rule: 'COPY', outputs: ['build/uses'], inputs: ['build/parts/a'],
      command: ['cp', 'build/parts/a', 'build/uses'] })
    await main({ build: task('All', [parts]), uses: task('One', [uses]) })`)
  tree.write('src/a', 'one')
  assert.equal(build(tree, ['uses']).ran, ['build/parts/a', 'build/uses'])
  tree.write('src/a', 'other')
  tree.write('src/new', '')
  build(tree, ['uses'])
  assert.is(tree.read('build/uses'), 'other')
})

test('a file of /proc counts by its content, for its time means nothing', () => {
  using tree = new Tree()
  const comm = `/proc/${process.pid}/comm`
  const before = fs.readFileSync(comm, 'utf8').trim()
  tree.tasks(`
    const b = edge({ rule: 'COPY', outputs: ['build/b'], inputs: ['${comm}'],
      captureStdout: true, command: ['cat', '${comm}'] })
    await main({ build: task('Copy', [b]) })`)
  try {
    fs.writeFileSync(comm, 'one')
    build(tree)
    assert.is(tree.read('build/b'), 'one\n')
    fs.utimesSync(comm, 1e9, 1e9)
    settled(tree)
    fs.writeFileSync(comm, 'two')
    fs.utimesSync(comm, 1e9, 1e9)
    assert.equal(build(tree).why['build/b'], ['input-changed'])
    assert.is(tree.read('build/b'), 'two\n')
    settled(tree)
  } finally {
    fs.writeFileSync(comm, before)
  }
})

test('a command that changes its own input is named, once a build, and an edit is not', () => {
  using tree = new Tree()
  tree.write('in', 'one')
  tree.tasks(`await main({ build: task('Build', [edge({ rule: 'T', outputs: ['build/x'], inputs: ['in'],
    command: ['sh', '-c', 'touch in build/x'] })]) })`)
  const said = 'in changed while build/x was made, again'
  assert.not.match(tree.run(['build']).stderr, said)
  assert.is(tree.run(['build']).stderr.split(said).length, 2)
  // Not any more: then nothing is said.
  tree.tasks(`await main({ build: task('Build', [edge({ rule: 'T', outputs: ['build/x'], inputs: ['in'],
    command: ['touch', 'build/x'] })]) })`)
  assert.not.match(tree.run(['build']).stderr, said)
  assert.match(tree.run(['build']).stdout, 'nothing to do')
})

test.run()
