// What a command would have found, had it been there: said exactly, though looked for once.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Absences } from '../../../tasks/engine/decide/absences.ts'
import type { FileStat } from '../../../tasks/engine/files/disk.ts'
import { FakeDisk } from '../../support/fakeworld.ts'

/** When the first command starts; a folder of before that is settled. */
const STARTED = 2000

class CountingDisk extends FakeDisk {
  readonly asked: string[] = []

  folder(path: string, changed: number): void {
    this.put(path, '', { type: 'folder', mtime: changed, changed })
  }

  override stat(path: string): FileStat | undefined {
    this.asked.push(path)
    return super.stat(path)
  }
}

/** Headers of `b` are preferred in `a`, where there are none. */
function scene(changed = 1000) {
  const disk = new CountingDisk()
  disk.folder('/a', changed)
  disk.folder('/b', 1000)
  const absences = new Absences(disk)
  const look = (started = STARTED) =>
    absences.of(['/a', '/b'], ['/s.c'], ['/b/x.h', '/b/sub/y.h'], started)
  return { disk, look }
}

test('the missing paths, and the folders that would show them, each once', () => {
  const { look } = scene()
  const { absent, folders } = look()
  assert.equal(absent, ['/a/x.h', '/a/sub/y.h'])
  assert.equal(folders, [
    { path: '/a', mtime: 1000, size: 0, ino: 1, changed: 1000, digest: '', settled: true },
  ])
})

test('a second command looks at the folder alone, and says the same', () => {
  const { disk, look } = scene()
  const first = look()
  disk.asked.length = 0
  assert.equal(look(STARTED + 10), first)
  assert.equal(disk.asked, ['/a'])
})

test('what appears between two commands is seen', () => {
  const { disk, look } = scene()
  look()
  disk.put('/a/x.h', 'new', { changed: STARTED + 5 })
  disk.folder('/a', STARTED + 5)
  const { absent, folders } = look(STARTED + 10)
  assert.equal(absent, ['/a/sub/y.h'])
  assert.is(folders[0]?.mtime, STARTED + 5)
})

test('so is a folder that appears on the way', () => {
  const { disk, look } = scene()
  look()
  disk.folder('/a', STARTED + 5)
  disk.folder('/a/sub', STARTED + 5)
  disk.put('/a/sub/y.h', 'new', { changed: STARTED + 5 })
  const { absent, folders } = look(STARTED + 10)
  assert.equal(absent, ['/a/x.h'])
  assert.equal(
    folders.map(({ path }) => path),
    ['/a', '/a/sub'],
  )
})

test('a folder whose times were set back is another version all the same', () => {
  const { disk, look } = scene()
  look()
  disk.put('/a/x.h', 'new', { changed: STARTED + 5 })
  disk.put('/a', '', { type: 'folder', mtime: 1000, changed: STARTED + 5 })
  assert.equal(look(STARTED + 10).absent, ['/a/sub/y.h'])
})

test('what a folder lacks that changed in this tick is looked for again', () => {
  const { disk, look } = scene(STARTED)
  assert.is(look().folders[0]?.settled, false)
  // In the same tick: the folder's times do not tell.
  disk.put('/a/x.h', 'new', { changed: STARTED })
  assert.equal(look(STARTED + 10).absent, ['/a/sub/y.h'])
})

test('what appeared while the command ran was not there for it', () => {
  const { disk, look } = scene()
  disk.put('/a/x.h', 'new', { changed: STARTED })
  disk.folder('/a', STARTED)
  const { absent, folders } = look()
  assert.equal(absent, ['/a/x.h', '/a/sub/y.h'])
  assert.is(folders[0]?.settled, false)
  // The next command found it.
  assert.equal(look(STARTED + 10).absent, ['/a/sub/y.h'])
})

test('a folder that is gone with all above it is no place', () => {
  const disk = new CountingDisk()
  disk.folder('/b', 1000)
  const { absent, folders } = new Absences(disk).of(['a/b', '/b'], ['/s.c'], ['/b/x.h'], STARTED)
  assert.equal(absent, [])
  assert.equal(folders, [])
})

test.run()
