// A snapshot: what it holds of files, and of what the time is no proof.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Disk } from '../../../tasks/engine/files/disk.ts'
import { contentByBoot } from '../../../tasks/engine/files/kernelfile.ts'
import { type Look, Snapshot } from '../../../tasks/engine/memo/snapshot.ts'
import { keys } from '../../support/keys.ts'
import { Tree } from '../../support/tree.ts'

const [PATH, LOG] = ['state/snapshot', 'state/log']
const DECLARED = { wanted: 'all', digest: 'd', edges: 3 }

function scene(lasting: readonly string[] = []) {
  const tree = new Tree()
  tree.write(LOG, 'a log')
  tree.write('a', 'one')
  fs.mkdirSync(tree.at('folder'))
  const disk = new Disk(tree.root)
  const look = (path: string): Look => [path, disk.stat(path) ?? null]
  const looks = ['a', 'folder', 'missing', '/proc/version', ...lasting].map(look)
  const newest = Math.max(
    ...looks.map(([path, stat]) => (path.startsWith('/') ? 0 : (stat?.changed ?? 0))),
  )
  const parts = { declared: DECLARED, answers: [], lasting }
  const keep = (began: number): boolean =>
    Snapshot.write(disk, PATH, LOG, keys, parts, looks, began)
  return { tree, disk, newest, keep, read: () => Snapshot.read(disk, PATH, LOG, keys) }
}

test('it holds while every file is as it was, and what was not there is not', () => {
  const edits: Readonly<Record<string, (tree: Tree) => void>> = {
    'another time': (tree) => tree.touch('a', 1000),
    'another size': (tree) => tree.write('a', 'four'),
    gone: (tree) => tree.remove('a'),
    'a folder in its place': (tree) => {
      tree.remove('a')
      fs.mkdirSync(tree.at('a'))
    },
    'a name more in a folder': (tree) => tree.write('folder/x', ''),
    'there now': (tree) => tree.write('missing', ''),
  }
  for (const [what, edit] of Object.entries(edits)) {
    const { tree, disk, newest, keep, read } = scene()
    using _ = tree
    keep(newest + 1)
    const snapshot = read()
    assert.equal(snapshot?.declared.digest, DECLARED.digest)
    assert.is(snapshot?.holds(disk), true, what)
    edit(tree)
    assert.is(read()?.holds(disk), false, what)
  }
})

test('none is kept where a file changed in the tick in which the build began, or since', () => {
  for (const [later, kept] of [
    [1, true],
    [0, false],
    [-5, false],
  ] as const) {
    const { tree, newest, keep, read } = scene()
    using _ = tree
    keep(newest + later)
    assert.is(read() !== undefined, kept, `${later}`)
  }
})

test('it is of one log: written, replaced or gone, and it is none', () => {
  for (const edit of [
    (tree: Tree) => fs.appendFileSync(tree.at(LOG), 'more'),
    (tree: Tree) => {
      tree.write('state/other', 'a log')
      fs.renameSync(tree.at('state/other'), tree.at(LOG))
    },
    (tree: Tree) => tree.remove(LOG),
  ]) {
    const { tree, newest, keep, read } = scene()
    using _ = tree
    keep(newest + 1)
    assert.ok(read())
    edit(tree)
    assert.is(read(), undefined)
  }
})

test('what was changed in it, anywhere, makes it none', () => {
  const { tree, newest, keep, read } = scene()
  using _ = tree
  keep(newest + 1)
  const whole = fs.readFileSync(tree.at(PATH))
  for (let at = 0; at < whole.length; at++) {
    const bytes = Buffer.from(whole)
    bytes[at] = (bytes[at] ?? 0) ^ 1
    fs.writeFileSync(tree.at(PATH), bytes)
    assert.is(read(), undefined, `byte ${at}`)
  }
  fs.writeFileSync(tree.at(PATH), whole)
  assert.ok(read())
})

/** Keeps in mind of which files the content was asked. */
class CountingDisk extends Disk {
  readonly asked: string[] = []
  override digest(path: string): string | undefined {
    this.asked.push(path)
    return super.digest(path)
  }
}

test('what lasts while the kernel runs is known by its boot, where that is so', () => {
  // The second one is not of the kind that the kernel could give like that.
  const [notes, stat] = ['/sys/kernel/notes', '/proc/self/limits']
  const { tree, newest, keep, read } = scene([notes, stat])
  using _ = tree
  assert.ok(keep(newest + 1))
  const disk = new CountingDisk(tree.root)
  assert.ok(read()?.holds(disk))
  assert.equal(disk.asked, ['/proc/version', stat])
  assert.match(contentByBoot(notes) ?? '', /^boot [0-9a-f-]{36}$/)
  assert.is(contentByBoot(tree.at('a')), undefined)
  assert.is(contentByBoot('/sys/no/such/file'), undefined)
})

test.run()
