// A tree at rest: the next build knows that nothing is to be done, and sees whatever was done since.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Disk } from '../../tasks/engine/files/disk.ts'
import { IMPURE, Resting, SNAPSHOT } from '../support/resting.ts'

const EDITS: Readonly<
  Record<
    string,
    readonly [edit: (tree: Resting) => void, ran: readonly string[], ...args: string[]]
  >
> = {
  'a source has other content': [
    (tree) => tree.write('one.c', 'uno\n'),
    ['build/all', 'build/one.o'],
  ],
  'a source has another time': [(tree) => tree.touch('one.c', 1000), ['build/one.o']],
  'a header is changed': [
    (tree) => tree.write('second/h.h', 'HEADER\n'),
    ['build/all', 'build/one.o'],
  ],
  'a header appears where it is looked for first': [
    (tree) => tree.write('first/h.h', ''),
    ['build/one.o'],
  ],
  'an output is removed': [(tree) => tree.remove('build/two'), ['build/two']],
  'an output is edited': [(tree) => tree.write('build/all', 'mine'), ['build/all']],
  'a file appears that a pattern takes': [
    (tree) => tree.write('parts/b.txt', 'b\n'),
    ['build/all'],
  ],
  'a setting is given': [() => {}, ['build/one.o'], 'FLAG=1'],
  'a tool is another one': [
    (tree) =>
      tree.write('bin/mycat', '#!/bin/sh\n[ "$1" = --version ] && echo 2 || exec cat "$@"\n'),
    ['build/all'],
  ],
  'what a probe asked of says something else': [(tree) => tree.write('word', 'two'), ['build/all']],
  'a command is declared otherwise': [
    (tree) =>
      tree.write(
        'tasks.ts',
        tree.read('tasks.ts').replace("'cp', 'two', 'build/two'", "'cp', '-p', 'two', 'build/two'"),
      ),
    ['build/two'],
  ],
  'the log is gone': [
    (tree) => tree.remove('build/.tasks/log'),
    ['build/all', 'build/one.o', 'build/two'],
  ],
}

for (const [kind, more] of [
  ['at rest', ''],
  ['whose declarations may follow from anything', IMPURE],
] as const)
  test(`whatever is done to a tree ${kind} is seen by the next build`, () => {
    using tree = new Resting(more)
    for (const [what, [edit, ran, ...args]] of Object.entries(EDITS)) {
      edit(tree)
      assert.equal(tree.build(...args), ran, what)
      if (args.length > 0) tree.build()
      tree.rest()
    }
    assert.equal(tree.build(), [])
  })

test('a source that is gone is said, as without a snapshot', () => {
  using tree = new Resting()
  tree.remove('two')
  const { status, stderr } = tree.run(['build'], tree.path)
  assert.is(status, 1)
  assert.match(stderr, 'two is missing, and no edge makes it')
})

test('an edge that is declared to make another’s file is refused, though nobody asked for it', () => {
  using tree = new Resting()
  const wrong = "outputs: ['build/two'], inputs: ['two'], command: ['cp', 'two', 'build/other']"
  tree.write(
    'tasks.ts',
    tree.read('tasks.ts').replace(/outputs: \['build\/other'\].*?'build\/other'\]/, wrong),
  )
  const { status, stderr } = tree.run(['build'], tree.path)
  assert.is(status, 2)
  assert.match(stderr, 'two edges make one file')
})

test('an edge that is declared twice, alike, is refused where both are needed', () => {
  using tree = new Resting()
  const declare = (orderOnly: string): void =>
    tree.tasks(`
const twice = () => edge({ rule: 'TWO', outputs: ['build/two'], inputs: ['two'], command: ['cp', 'two', 'build/two'] })
const [first, second] = [twice(), twice()]
const all = edge({ rule: 'ALL', outputs: ['build/all'], inputs: [first], orderOnly: [${orderOnly}],
  command: ['cp', 'build/two', 'build/all'] })
void second
await main({ build: task('Build it', [all]) })`)
  declare('first')
  tree.build()
  tree.rest()
  // Path for path it is declared as before.
  declare('second')
  const { status, stderr } = tree.run(['build'], tree.path)
  assert.is(status, 2)
  assert.match(stderr, 'two edges make one file')
})

test('the output of an edge that is gone goes when its source does', () => {
  using tree = new Resting()
  assert.equal(tree.ran(['other'], tree.path), ['build/other'])
  // In a folder that nothing else is looked for in.
  tree.write('more/extra', '')
  const tasks = tree.read('tasks.ts')
  tree.write(
    'tasks.ts',
    tasks.replace("['build/other'], inputs: ['two']", "['build/other'], inputs: ['more/extra']"),
  )
  assert.equal(tree.ran(['other'], tree.path), ['build/other'])
  tree.write('tasks.ts', tasks.replace(/const other = .*\n/, '').replace(/, other: .*?\)/, ''))
  tree.rest()
  assert.ok(tree.exists('build/other'))
  tree.remove('more/extra')
  tree.build()
  assert.not.ok(tree.exists('build/other'))
})

test('what is up to date by its content is not so by its time', () => {
  using tree = new Resting()
  tree.touch('one.c', 1000)
  const { ino } = fs.statSync(tree.at(SNAPSHOT))
  // Until it keeps how all is, by content.
  for (let times = 0; fs.statSync(tree.at(SNAPSHOT)).ino === ino; times++) {
    assert.equal(tree.build('--digest'), [])
    assert.ok(times < 20, 'no snapshot is kept')
  }
  assert.equal(tree.build('--digest'), [])
  assert.equal(tree.build(), ['build/one.o'])
})

test('an edit in the moment in which the build found nothing to do is not lost', () => {
  using tree = new Resting()
  for (let times = 0; times < 5; times++) {
    const text = `one ${times % 2}\n`
    tree.write('one.c', text)
    tree.build()
    // Whatever this build saw of it, the next one sees it.
    tree.write('one.c', text.replace('one', 'ONE'))
    tree.build()
    assert.is(tree.read('build/one.o').split('\n')[0], text.trim().replace('one', 'ONE'))
  }
})

test('tasks that are asked for in turn do not take the snapshot from each other', () => {
  using tree = new Resting()
  const { ino } = fs.statSync(tree.at(SNAPSHOT))
  assert.equal(tree.ran(['two'], tree.path), [])
  assert.equal(tree.build(), [])
  assert.is(fs.statSync(tree.at(SNAPSHOT)).ino, ino)
})

test('a snapshot that is foreign, cut off or of another log is not believed', () => {
  using tree = new Resting()
  const first = fs.readFileSync(tree.at(SNAPSHOT))
  const flipped = (bytes: Buffer): Buffer => {
    const copy = Buffer.from(bytes)
    copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1
    return copy
  }
  for (const damaged of [
    flipped,
    (bytes: Buffer) => bytes.subarray(0, 100),
    () => Buffer.alloc(0),
    () => Buffer.alloc(1 << 12, 'x'),
    // Ours, from before the last command ran.
    () => first,
  ]) {
    const bytes = damaged(fs.readFileSync(tree.at(SNAPSHOT)))
    tree.remove('build/two')
    assert.equal(tree.build(), ['build/two'])
    const { mtimeMs } = fs.statSync(tree.at('build/two'))
    tree.write(SNAPSHOT, bytes)
    tree.remove('build/two')
    assert.equal(tree.build(), ['build/two'])
    assert.is.not(fs.statSync(tree.at('build/two')).mtimeMs, mtimeMs)
    tree.write(SNAPSHOT, bytes)
    tree.rest()
  }
})

test('a snapshot in which somebody wrote how a file is now is not believed', () => {
  using tree = new Resting()
  const disk = new Disk(tree.root)
  // Of a length that no other file has.
  tree.write('one.c', 'a source of its own length\n')
  tree.build()
  tree.rest()
  const before = disk.stat('one.c')
  tree.write('one.c', 'another length')
  const after = disk.stat('one.c')
  const bytes = fs.readFileSync(tree.at(SNAPSHOT))
  for (const what of ['mtime', 'changed', 'size'] as const) {
    const [old, now] = [Buffer.alloc(8), Buffer.alloc(8)]
    old.writeDoubleLE(before?.[what] ?? 0)
    now.writeDoubleLE(after?.[what] ?? 0)
    for (let at = bytes.indexOf(old); at !== -1; at = bytes.indexOf(old, at + 1))
      now.copy(bytes, at)
  }
  fs.writeFileSync(tree.at(SNAPSHOT), bytes)
  assert.ok(tree.build().includes('build/one.o'))
})

test('clean leaves none behind', () => {
  using tree = new Resting()
  const tasks = tree.read('tasks.ts').replace('cosmetic, derive', 'cleanTask, cosmetic, derive')
  const cleaned = "await main({ clean: cleanTask('Clean', [all, two]), build"
  tree.write('tasks.ts', tasks.replace('await main({ build', cleaned))
  assert.is(tree.run(['clean'], tree.path).status, 0)
  assert.not.ok(tree.exists('build'))
})

test.run()
