// The clock of the file system: what changed before the first reading is earlier than it.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { UserError } from '../../../tasks/engine/base/failure.ts'
import { Clock } from '../../../tasks/engine/files/clock.ts'
import { Disk } from '../../../tasks/engine/files/disk.ts'
import { Tree } from '../../support/tree.ts'

function changed(tree: Tree, path: string): number {
  return fs.statSync(tree.at(path)).ctimeMs
}

test('a change before the first reading is earlier, one after it is not', () => {
  using tree = new Tree()
  const disk = new Disk(tree.root)
  for (let round = 0; round < 20; round++) {
    const clock = new Clock(disk, 'state/clock')
    tree.write('before', `${round}`)
    const first = clock.now()
    tree.write('after', `${round}`)
    const second = clock.now()
    assert.ok(changed(tree, 'before') < first, `round ${round}`)
    assert.ok(changed(tree, 'after') >= first)
    assert.ok(second >= changed(tree, 'after'))
    clock.close()
  }
})

test('a time that was set on a file does not deceive it', () => {
  using tree = new Tree()
  const clock = new Clock(new Disk(tree.root), 'clock')
  tree.write('a', 'old')
  const started = clock.now()
  tree.write('a', 'new')
  tree.touch('a', 1_000_000)
  assert.ok(changed(tree, 'a') >= started)
  clock.close()
})

test('it leaves no file behind and makes its folder', () => {
  using tree = new Tree()
  const clock = new Clock(new Disk(tree.root), 'deep/state/clock')
  assert.equal(fs.readdirSync(tree.at('deep/state')), [])
  clock.now()
  clock.close()
  assert.equal(fs.readdirSync(tree.at('deep/state')), [])
})

test('a place that cannot be written is an error of the user', () => {
  using tree = new Tree()
  tree.write('file', '')
  assert.throws(
    () => new Clock(new Disk(tree.root), 'file/clock'),
    (error: unknown) => error instanceof UserError && error.message.includes('file/clock'),
  )
})

test('what stands in its place is replaced, and no other name of it is written to', () => {
  using tree = new Tree()
  tree.write('target', 'precious')
  tree.write('folder/x', '')
  fs.symlinkSync('target', tree.at('link'))
  fs.linkSync(tree.at('target'), tree.at('name'))
  for (const path of ['folder', 'link', 'name']) {
    const clock = new Clock(new Disk(tree.root), path)
    assert.ok(clock.now() > 0)
    clock.close()
    assert.is(tree.exists(path), false)
  }
  assert.is(tree.read('target'), 'precious')
})

test.run()
