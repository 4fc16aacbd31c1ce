// Files for the output of commands: given out again while empty, and cut where nobody could read it all.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Disk } from '../../../tasks/engine/files/disk.ts'
import { OutputFiles, removeLongOutputs } from '../../../tasks/engine/process/outputfiles.ts'
import { Tree } from '../../support/tree.ts'

const MIB = 1 << 20

test('what was written comes back, and an empty file serves the next command', () => {
  using tree = new Tree()
  const files = new OutputFiles(new Disk(tree.root), 'state')
  const first = files.open()
  assert.is(files.readAndClose(first), '')
  assert.is(files.open(), first)
  fs.writeSync(first, 'said é\n')
  assert.is(files.readAndClose(first), 'said é\n')
  assert.throws(() => fs.fstatSync(first), /EBADF/)
  assert.equal(fs.readdirSync(tree.at('state')), [])
  files.close()
})

test('of very much the ends are shown, characters whole, and all of it is kept', () => {
  using tree = new Tree()
  const disk = new Disk(tree.root)
  const files = new OutputFiles(disk, 'state', 'state/output')
  const fd = files.open()
  // Three bytes a character: neither cut is at the end of one.
  const piece = Buffer.from('漢'.repeat(MIB))
  for (let at = 0; at < 24; at++) fs.writeSync(fd, piece)
  fs.writeSync(fd, 'end')
  const text = files.readAndClose(fd, 'build/a b')
  assert.ok(text.startsWith('漢漢') && text.endsWith('漢end'))
  assert.not.ok(text.includes('\ufffd'))
  assert.match(text, '\n… 8 MiB are not shown here; all of it is in state/output/build_a_b.txt …\n')
  assert.ok(Buffer.byteLength(text) < 64 * MIB + 200)
  const kept = fs.statSync(tree.at('state/output/build_a_b.txt'))
  assert.is(kept.size, 24 * 3 * MIB + 3)
  files.close()
  new OutputFiles(disk, 'state', 'state/output').close()
  assert.not(tree.exists('state/output'))
})

test('a link in the place of the folder is removed, not what it points to', () => {
  using tree = new Tree()
  tree.write('own/file', 'x')
  fs.symlinkSync(tree.at('own'), tree.at('output'))
  removeLongOutputs(new Disk(tree.root), 'output')
  assert.not(tree.exists('output'))
  assert.is(tree.read('own/file'), 'x')
})

test.run()
