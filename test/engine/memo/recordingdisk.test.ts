// Every look of a recording disk is recorded: a method that is added to the disk must say so here.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Disk } from '../../../tasks/engine/files/disk.ts'
import { RecordingDisk } from '../../../tasks/engine/memo/recordingdisk.ts'
import { Tree } from '../../support/tree.ts'

/** What looks, how it is called, and whether where a link leads counts as well. */
const looks: Readonly<Record<string, readonly [look: (disk: Disk) => unknown, link?: true]>> = {
  stat: [(disk) => disk.stat('a')],
  exists: [(disk) => disk.exists('a')],
  read: [(disk) => disk.read('a')],
  digest: [(disk) => disk.digest('a')],
  startsWith: [(disk) => disk.startsWith('a', '#!')],
  list: [(disk) => disk.list('a')],
  isExecutable: [(disk) => disk.isExecutable('a')],
  realPath: [(disk) => disk.realPath('a'), true],
  lstat: [(disk) => disk.lstat('a'), true],
  wasMoved: [(disk) => disk.wasMoved('a', 0), true],
  isFolder: [(disk) => disk.isFolder('a'), true],
  realName: [(disk) => disk.realName('a'), true],
  isInside: [(disk) => disk.isInside('a/b'), true],
  same: [(disk) => disk.same('a', 'b')],
}

/** What writes, only explains a failure, or serves the watcher alone. */
const others = [
  ...['constructor', 'at', 'whyMissing', 'makeFolder', 'write', 'replace', 'remove', 'removeAll'],
  ...['removeEmptyFolders', 'rename', 'folders', 'identity', 'identityOfOpen'],
]

test('every method of the disk is known to look, or not to', () => {
  const methods = Object.getOwnPropertyNames(Disk.prototype)
  assert.equal(
    methods.filter((name) => !(name in looks) && !others.includes(name)),
    [],
  )
})

for (const [name, [look, isLink]] of Object.entries(looks)) {
  test(`${name} is recorded`, () => {
    using tree = new Tree()
    tree.write('a', 'text')
    const disk = new RecordingDisk(tree.root)
    look(disk)
    const path = tree.at('a')
    assert.ok(isLink === true ? disk.links.has(path) : disk.paths.includes(path))
  })
}

test('folders that a library reads are recorded', () => {
  using tree = new Tree()
  const disk = new RecordingDisk(tree.root)
  disk.folders.readdirSync(tree.root)
  assert.equal(disk.paths, [tree.root])
})

test('each path is recorded once, as it was when it was first asked about', () => {
  using tree = new Tree()
  tree.write('a', 'one')
  const disk = new RecordingDisk(tree.root)
  disk.stat('a')
  tree.write('a', 'another')
  disk.stat('a')
  disk.read(tree.at('a'))
  assert.equal(disk.paths, [tree.at('a')])
  assert.is(disk.sizes.values[0], 3)
})

test('a file of the kernel counts by what it says', () => {
  using tree = new Tree()
  const comm = `/proc/${process.pid}/comm`
  const disk = new RecordingDisk(tree.root)
  disk.read(comm)
  assert.is(disk.contents.get(comm), fs.readFileSync(comm, 'latin1'))
  assert.equal(disk.paths, [])
})

test('more paths than there was room for are kept', () => {
  using tree = new Tree()
  const disk = new RecordingDisk(tree.root)
  for (let at = 0; at < 3000; at++) disk.exists(`missing ${at}`)
  assert.is(disk.paths.length, 3000)
  assert.is(disk.inodes.length, 3000)
})

test.run()
