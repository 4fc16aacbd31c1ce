// The disk from one root: what is there, what is not, and errors in the user's words.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { UserError } from '../../../tasks/engine/base/failure.ts'
import { Disk, isPseudo } from '../../../tasks/engine/files/disk.ts'
import { diskFailure } from '../../../tasks/engine/files/diskfailure.ts'
import { inPath, skip } from '../../support/needs.ts'
import { Tree } from '../../support/tree.ts'

function userError(part: string): (error: unknown) => boolean {
  return (error) => error instanceof UserError && error.message.includes(part)
}

test('paths start from the root, absolute ones do not', () => {
  const disk = new Disk('/some/root')
  assert.is(disk.at('a/b'), '/some/root/a/b')
  assert.is(disk.at('/a/b'), '/a/b')
  assert.is(new Disk(process.cwd()).at('/a/b'), '/a/b')
  using tree = new Tree()
  tree.write('a', 'x')
  assert.is(new Disk(tree.root).exists('a'), true)
  assert.is(new Disk(tree.root).exists('b'), false)
})

test('a stat tells time, size and type, links followed', () => {
  using tree = new Tree()
  const disk = new Disk(tree.root)
  tree.write('folder/a', 'four')
  tree.touch('folder/a', 86400.25)
  fs.symlinkSync('folder/a', tree.at('link'))
  fs.symlinkSync('nowhere', tree.at('dangling'))
  const stat = disk.stat('link')
  if (stat === undefined) return assert.unreachable()
  const { mtime, size, type, changed } = stat
  assert.equal([mtime, size, type], [86400250, 4, 'file'])
  assert.ok(changed > mtime)
  assert.is(disk.stat('folder')?.type, 'folder')
  assert.is(disk.stat('/dev/null')?.type, 'other')
  for (const path of ['missing', 'dangling', 'folder/a/below']) {
    assert.is(disk.stat(path), undefined, path)
  }
})

test('a folder that was made again is another one, even with the old one’s number', () => {
  using tree = new Tree()
  const disk = new Disk(tree.root)
  const make = (): fs.Stats => {
    fs.mkdirSync(tree.at('folder'))
    return fs.statSync(tree.at('folder'))
  }
  const first = make()
  const identity = disk.identity('folder')
  assert.is(disk.identity('folder'), identity)
  do fs.rmdirSync(tree.at('folder'))
  while (make().birthtimeMs === first.birthtimeMs)
  assert.is.not(disk.identity('folder'), identity)
})

test('a loop of links is said, with the path', () => {
  using tree = new Tree()
  fs.symlinkSync('loop', tree.at('loop'))
  const disk = new Disk(tree.root)
  assert.is(disk.stat('loop'), undefined)
  assert.is(disk.whyMissing('loop'), 'cannot be looked at: a loop of symbolic links')
  assert.throws(() => disk.digest('loop'), userError('cannot read loop'))
  assert.is(disk.realPath('loop'), undefined)
})

test('a digest is the first half of SHA-256, whatever the size', () => {
  using tree = new Tree()
  const disk = new Disk(tree.root)
  for (const size of [0, 1, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, 1 << 20]) {
    const bytes = Buffer.alloc(size, 'abc')
    tree.write('a', bytes)
    const expected = createHash('sha256').update(bytes).digest('hex').slice(0, 32)
    assert.is(disk.digest('a'), expected, `${size}`)
  }
})

test('what has no content has no digest, and reading it does not hang', () => {
  using tree = new Tree()
  const disk = new Disk(tree.root)
  fs.mkdirSync(tree.at('folder'))
  for (const path of ['missing', 'folder', '/dev/null', 'package.json/below']) {
    assert.is(disk.digest(path), undefined, path)
  }
})

if (inPath('mkfifo')) {
  test('a pipe has no digest, and asking does not hang', () => {
    using tree = new Tree()
    spawnSync('mkfifo', [tree.at('pipe')])
    assert.is(new Disk(tree.root).digest('pipe'), undefined)
    assert.throws(() => new Disk(tree.root).read('pipe'), userError('it is a pipe'))
    assert.equal(new Disk(tree.root).read('/dev/zero'), Buffer.alloc(0))
  })
} else skip(test, 'a pipe has no digest, and asking does not hang', 'no mkfifo here')

test('reading and listing what is not there gives nothing', () => {
  using tree = new Tree()
  const disk = new Disk(tree.root)
  tree.write('folder/a', 'x')
  assert.is(disk.read('missing'), undefined)
  assert.is(disk.read('folder/a/below'), undefined)
  assert.is(disk.read('folder/a')?.toString(), 'x')
  assert.throws(() => disk.read('folder'), userError('cannot read folder: it is a folder'))
  assert.equal(disk.list('folder'), ['a'])
  assert.equal(disk.list('missing'), [])
  assert.equal(disk.list('folder/a'), [])
})

test('only a file that may be run is executable', () => {
  using tree = new Tree()
  const disk = new Disk(tree.root)
  tree.write('a', '#!/bin/sh\n')
  assert.is(disk.isExecutable('a'), false)
  fs.chmodSync(tree.at('a'), 0o755)
  fs.symlinkSync('a', tree.at('link'))
  fs.mkdirSync(tree.at('folder'))
  assert.is(disk.isExecutable('a'), true)
  assert.is(disk.isExecutable('link'), true)
  assert.is(disk.isExecutable('folder'), false)
  assert.is(disk.isExecutable('missing'), false)
  assert.is(disk.realPath('link'), tree.at('a'))
})

test('removing removes links and not what they point to', () => {
  using tree = new Tree()
  const disk = new Disk(tree.root)
  tree.write('a', 'x')
  fs.symlinkSync('a', tree.at('link'))
  assert.is(disk.remove('link'), true)
  assert.is(disk.remove('link'), false)
  assert.is(disk.remove('a/below'), false)
  assert.is(tree.read('a'), 'x')
  disk.makeFolder('deep/er')
  disk.makeFolder('deep/er')
  assert.throws(() => disk.remove('deep'), userError('cannot remove deep'))
  assert.throws(() => disk.makeFolder('a/b'), userError('cannot make the folder a/b'))
})

test('renaming replaces at once, and says what it could not write', () => {
  using tree = new Tree()
  const disk = new Disk(tree.root)
  tree.write('a', 'new')
  tree.write('b', 'old')
  disk.rename('a', 'b')
  assert.is(tree.read('b'), 'new')
  assert.is(tree.exists('a'), false)
  tree.write('folder/x', '')
  assert.throws(() => disk.rename('b', 'folder'), userError('cannot write folder'))
})

test('empty folders go, up to the first that is not empty', () => {
  using tree = new Tree()
  const disk = new Disk(tree.root)
  tree.write('a/keep', '')
  disk.makeFolder('a/b/c/d')
  disk.removeEmptyFolders('a/b/c/d')
  assert.equal(fs.readdirSync(tree.at('a')), ['keep'])
  disk.removeEmptyFolders('not/there')
  disk.removeEmptyFolders('.')
})

test('the root itself stays, also where the folder is named from /', () => {
  using tree = new Tree()
  const root = tree.at('root')
  for (const folder of ['a/b', `${root}/a/b`]) {
    fs.mkdirSync(`${root}/a/b`, { recursive: true })
    new Disk(root).removeEmptyFolders(folder)
    assert.is(fs.existsSync(root), true, folder)
    assert.is(fs.existsSync(`${root}/a`), false, folder)
  }
})

test('two names of one file are the same, two files are not', () => {
  using tree = new Tree()
  const disk = new Disk(tree.root)
  tree.write('a', 'x')
  tree.write('b', 'x')
  fs.linkSync(tree.at('a'), tree.at('hard'))
  fs.symlinkSync('a', tree.at('soft'))
  assert.is(disk.same('a', 'hard'), true)
  assert.is(disk.same('soft', tree.at('a')), true)
  assert.is(disk.same('a', 'b'), false)
  assert.is(disk.same('a', 'missing'), false)
})

test('errors of the system come with what mends them', () => {
  const error = Object.assign(new Error('x'), { code: 'ENOSPC' })
  assert.is(diskFailure('write', 'a', error).message, 'cannot write a: the disk is full')
  assert.match(diskFailure('write', 'a', error).block.hint ?? '', 'df -h')
  const other = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
  assert.is(diskFailure('write', 'a', other).message, 'cannot write a: EIO: i/o error')
  assert.is(diskFailure('write', 'a', other).block.hint, undefined)
})

test('files below /sys and /proc are pseudo files', () => {
  assert.is(isPseudo('/sys/kernel/btf/vmlinux'), true)
  assert.is(isPseudo('/proc/version'), true)
  assert.is(isPseudo('/system/x'), false)
  assert.is(isPseudo('sys/x'), false)
})

test.run()
