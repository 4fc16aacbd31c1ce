// Stamps: what a command has read for certain, and what may have changed under it.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Files, sameVersion } from '../../../tasks/engine/decide/files.ts'
import type { Clock } from '../../../tasks/engine/files/clock.ts'
import { digestOf, FakeDisk } from '../../support/fakeworld.ts'

const STARTED = 5000
const NOW = 6000
const clock = { now: () => NOW } as unknown as Clock

function scene() {
  const disk = new FakeDisk()
  return { disk, files: new Files(disk) }
}

test('an input that nobody touched is settled, with its time, size and content', () => {
  const { disk, files } = scene()
  disk.put('a', 'one', { mtime: 1234.5, changed: 4999 })
  const stamp = files.stampInput('a', files.lookAgain('a'), STARTED, clock)
  assert.equal(stamp, {
    path: 'a',
    mtime: 1234.5,
    size: 3,
    ino: 1,
    changed: 4999,
    digest: digestOf('one'),
    settled: true,
  })
  assert.is(files.stampInput('a', undefined, STARTED, clock).settled, true)
})

test('dates of 1970 and 2100 are dates as any other', () => {
  const { disk, files } = scene()
  for (const mtime of [0, -1, 4102444800000]) {
    disk.put('a', 'one', { mtime })
    const stamp = files.stampInput('a', files.lookAgain('a'), STARTED, clock)
    assert.is(stamp.settled, true)
    assert.is(stamp.mtime, mtime)
  }
})

test('an input that was touched while the command ran is not settled', () => {
  for (const changed of [STARTED, STARTED + 1, NOW]) {
    const { disk, files } = scene()
    disk.put('a', 'one', { changed: 4999 })
    const before = files.lookAgain('a')
    // Its time was set back: only the change time tells.
    disk.put('a', 'two', { changed })
    assert.is(files.stampInput('a', before, STARTED, clock).settled, false, `${changed}`)
    assert.is(files.stampInput('a', undefined, STARTED, clock).settled, false, `${changed}, found`)
  }
})

test('an input of another time or size than before is not settled', () => {
  const { disk, files } = scene()
  disk.put('a', 'one')
  const before = files.lookAgain('a')
  disk.put('a', 'one', { mtime: 1000.25 })
  assert.is(files.stampInput('a', before, STARTED, clock).settled, false)
  disk.put('a', 'four')
  assert.is(files.stampInput('a', before, STARTED, clock).settled, false)
})

test('a change time after now is from a clock that was set back', () => {
  const { disk, files } = scene()
  disk.put('a', 'one', { changed: NOW + 1 })
  assert.is(files.stampInput('a', files.lookAgain('a'), STARTED, clock).settled, true)
})

test('an edit between looking and reading is not settled', () => {
  const { disk, files } = scene()
  disk.put('a', 'one')
  const before = files.lookAgain('a')
  disk.onDigest = () => disk.put('a', 'two', { mtime: 5500, changed: 5500 })
  const stamp = files.stampInput('a', before, STARTED, clock)
  assert.is(stamp.settled, false)
  assert.is(files.stampInput('a', undefined, STARTED, clock).settled, false)
})

test('an input that is gone, before or while it is read, is not settled', () => {
  const { disk, files } = scene()
  const gone = {
    ...{ path: 'a', mtime: 0, size: 0, ino: 0, changed: 0 },
    digest: '',
    settled: false,
  }
  assert.equal(files.stampInput('a', undefined, STARTED, clock), gone)
  disk.put('a', 'one')
  disk.onDigest = () => disk.files.delete('a')
  assert.equal(files.stampInput('a', files.lookAgain('a'), STARTED, clock), gone)
})

test('a pseudo file has no meaningful time: it is settled and known by its content', () => {
  const { disk, files } = scene()
  const path = '/sys/kernel/btf/vmlinux'
  disk.put(path, 'btf', { mtime: 1, changed: 1 })
  const before = files.lookAgain(path)
  disk.put(path, 'btf', { mtime: 5500, changed: 5500 })
  const stamp = files.stampInput(path, before, STARTED, clock)
  assert.is(stamp.settled, true)
  assert.is(stamp.digest, digestOf('btf'))
})

test('what has no content has an empty digest', () => {
  const { disk, files } = scene()
  disk.put('/dev/null', '', { type: 'other' })
  assert.is(files.stampInput('/dev/null', undefined, STARTED, clock).digest, '')
  assert.equal(disk.digested, [])
})

test('each version of a file is read once', () => {
  const { disk, files } = scene()
  disk.put('a', 'one')
  const stat = files.lookAgain('a')
  if (stat === undefined) return assert.unreachable()
  assert.is(files.digest('a', stat), digestOf('one'))
  assert.is(files.digest('a', stat), digestOf('one'))
  assert.equal(disk.digested, ['a'])
  for (const more of [{ mtime: 1001 }, { mtime: 1001, changed: 1002 }]) {
    disk.put('a', 'two', more)
    const now = files.lookAgain('a')
    if (now === undefined) return assert.unreachable()
    assert.is(files.digest('a', now), digestOf('two'))
  }
  assert.is(disk.digested.length, 3)
})

test('a build sees each file as it was when it first looked, until it looks again', () => {
  const { disk, files } = scene()
  assert.is(files.stat('a'), undefined)
  disk.put('a', 'one')
  assert.is(files.stat('a'), undefined)
  assert.is(files.lookAgain('a')?.size, 3)
  disk.put('a', 'four')
  assert.is(files.stat('a')?.size, 3)
  files.stampInput('a', undefined, STARTED, clock)
  assert.is(files.stat('a')?.size, 4)
})

test('an output must be there and be no folder', () => {
  const { disk, files } = scene()
  assert.throws(() => files.stampOutput('a'), /made no such file/)
  disk.put('a', '', { type: 'folder' })
  assert.throws(() => files.stampOutput('a'), /made a folder/)
  disk.put('a', 'one', { changed: 5500 })
  const times = { mtime: 1000, size: 3, ino: 1, changed: 5500 }
  const stamp = { path: 'a', ...times, digest: digestOf('one'), settled: true }
  assert.equal(files.stampOutput('a'), stamp)
})

test('a version is a time and a size', () => {
  const a = { mtime: 1, size: 2, changed: 3, ino: 4, type: 'file' } as const
  assert.is(sameVersion(a, { ...a, changed: 4 }), true)
  assert.is(sameVersion(a, { ...a, mtime: 1.5 }), false)
  assert.is(sameVersion(a, { ...a, size: 3 }), false)
})

test.run()
