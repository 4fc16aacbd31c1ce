// Stamps in columns: what goes in comes out, also after growing and through a frame.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { PayloadWriter } from '../../../tasks/engine/log/frame.ts'
import type { Stamp } from '../../../tasks/engine/log/stamp.ts'
import { STAMP_WORDS, StampTable } from '../../../tasks/engine/log/stamptable.ts'
import { digestOf } from '../../support/fakeworld.ts'

function stamp(more: Partial<Stamp> = {}): Stamp {
  const times = { mtime: 1.5, changed: 2.5 }
  return { path: 'a', ...times, size: 2, ino: 9, digest: digestOf('x'), settled: true, ...more }
}

function at(table: StampTable, id: number) {
  const { path, mtime, size } = table
  return [path[id], table.isSettled(id) ? 1 : 0, mtime[id], size[id], table.digestOf(id)]
}

test('a stamp is found by its path, when nothing of it differs', () => {
  const table = new StampTable()
  const id = table.add(7, stamp())
  assert.is(table.find(7, stamp()), id)
  assert.is(table.find(8, stamp()), undefined)
  assert.is(table.find(7, stamp({ mtime: 1.25 })), undefined)
  assert.is(table.find(7, stamp({ size: 3 })), undefined)
  assert.is(table.find(7, stamp({ ino: 3 })), undefined)
  assert.is(table.find(7, stamp({ changed: 3 })), undefined)
  assert.is(table.find(7, stamp({ digest: digestOf('y') })), undefined)
  assert.is(table.find(7, stamp({ settled: false })), undefined)
})

test('a renewed stamp keeps its time, which this runtime may know less exactly', () => {
  const table = new StampTable()
  const id = table.add(7, stamp({ mtime: 1.5 }))
  table.renew(id, { ino: 10, changed: 3 })
  assert.ok(table.holds(id, stamp({ ino: 10, changed: 3 }), () => 'not looked at'))
})

test('another inode or change time: the content decides', () => {
  const table = new StampTable()
  const id = table.add(7, stamp())
  for (const other of [stamp({ ino: 10 }), stamp({ changed: 3 })]) {
    assert.ok(table.holds(id, other, () => digestOf('x')))
    assert.not.ok(table.holds(id, other, () => digestOf('y')))
  }
  for (const other of [stamp({ mtime: 1.25 }), stamp({ size: 3 })])
    assert.not.ok(table.holds(id, other, () => digestOf('x')))
})

test('only the newest stamp of a path is shared', () => {
  const table = new StampTable()
  table.add(1, stamp())
  const second = table.add(1, stamp({ size: 3 }))
  assert.is(table.find(1, stamp()), undefined)
  assert.is(table.find(1, stamp({ size: 3 })), second)
  assert.is(table.count, 2)
})

test('a file without content has no digest', () => {
  const table = new StampTable()
  assert.is(table.digestOf(table.add(0, stamp({ digest: '' }))), '')
  assert.is(table.find(0, stamp({ digest: '' })), 0)
})

test('thousands of stamps keep their values while the table grows', () => {
  const table = new StampTable()
  const given = Array.from({ length: 5000 }, (_, id) =>
    stamp({ mtime: id / 8, size: id * 2 ** 21, digest: digestOf(`${id}`), settled: id % 3 > 0 }),
  )
  for (const [id, one] of given.entries()) assert.is(table.add(id + 1, one), id)
  for (const [id, { settled, mtime, size, digest }] of given.entries()) {
    assert.equal(at(table, id), [id + 1, settled ? 1 : 0, mtime, size, digest])
  }
})

test('a frame gives back what was written', () => {
  const table = new StampTable()
  const odd = [0, -1.5, 4102444800000.123, Number.MAX_SAFE_INTEGER, 2 ** -20]
  for (const [path, mtime] of odd.entries()) {
    table.add(path, stamp({ mtime, size: mtime, digest: path === 0 ? '' : digestOf(`${path}`) }))
  }
  const writer = new PayloadWriter()
  for (let id = 0; id < table.count; id++) table.write(writer, id)
  assert.is(writer.length, table.count * STAMP_WORDS * 4)
  const bytes = Buffer.from(new Uint8Array(writer.view()).buffer)
  const words = new Uint32Array(bytes.buffer)
  const read = new StampTable()
  for (let id = 0; id < table.count; id++) read.load(words, bytes, id * STAMP_WORDS)
  for (let id = 0; id < table.count; id++) assert.equal(at(read, id), at(table, id))
  assert.is(read.find(1, stamp({ mtime: -1.5, size: -1.5, digest: digestOf('1') })), 1)
})

test.run()
