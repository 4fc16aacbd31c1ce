// The clock of the file system: what changed before the first reading is earlier than it.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Clock } from '../../tasks/engine/clock.ts'
import { Disk } from '../../tasks/engine/disk.ts'
import { UserError } from '../../tasks/engine/failure.ts'
import { Tree } from '../support/tree.ts'

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
  tree.write('folder/clock/x', '')
  tree.write('target', 'precious')
  fs.symlinkSync('target', tree.at('link'))
  const disk = new Disk(tree.root)
  for (const path of ['file/clock', 'folder/clock', 'link']) {
    assert.throws(
      () => new Clock(disk, path),
      (error: unknown) => error instanceof UserError && error.message.includes(path),
      path,
    )
  }
  assert.is(tree.read('target'), 'precious')
})

test.run()
