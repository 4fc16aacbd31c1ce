// Whether the owner of a lock lives, by all that can tell.
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Disk } from '../../../tasks/engine/files/disk.ts'
import { LifeSign, socketPath } from '../../../tasks/engine/files/lifesign.ts'
import { isAlive, type Owner, ownLife } from '../../../tasks/engine/files/lockowner.ts'
import { testWith } from '../../support/needs.ts'
import { repository, Tree } from '../../support/tree.ts'

const LOCK = 'state/lock'

function owner(more: Partial<Owner> = {}): Owner {
  return { id: randomUUID(), command: 'x', ...ownLife(false), ...more }
}

const elsewhere = { pids: 'pid:[1]', start: '1' }

test('here, its pid and start time tell', async () => {
  using tree = new Tree()
  const disk = new Disk(tree.root)
  assert.is(await isAlive(disk, LOCK, owner()), 'alive')
  assert.is(await isAlive(disk, LOCK, owner({ start: '1' })), 'dead')
  assert.is(await isAlive(disk, LOCK, owner({ pid: spawnSync('true').pid })), 'dead')
})

test('in another container its socket tells, and a killed process has one that refuses', async () => {
  using tree = new Tree()
  const disk = new Disk(tree.root)
  const other = owner({ ...elsewhere, hasSocket: true })
  const sign = await LifeSign.give(disk, socketPath(LOCK, other.id))
  assert.is(await isAlive(disk, LOCK, other), 'alive')
  sign?.end()
  assert.is(await isAlive(disk, LOCK, other), 'unknown', 'there is no socket')
  const rooms = `${repository}/tasks/engine/files`
  tree.write(
    'killed.mts',
    `import { Disk } from '${rooms}/disk.ts'
import { LifeSign } from '${rooms}/lifesign.ts'
await LifeSign.give(new Disk(${JSON.stringify(tree.root)}), '${socketPath(LOCK, other.id)}')
process.kill(process.pid, 'SIGKILL')`,
  )
  const loader = `file://${repository}/node_modules/tsx/dist/loader.mjs`
  spawnSync(process.execPath, ['--import', loader, tree.at('killed.mts')])
  assert.ok(tree.exists(socketPath(LOCK, other.id)))
  assert.is(await isAlive(disk, LOCK, other), 'dead')
})

testWith(test, ['machine-id'], 'after another boot of this machine it is dead', async () => {
  using tree = new Tree()
  assert.is(await isAlive(new Disk(tree.root), LOCK, owner({ boot: randomUUID() })), 'dead')
})

test('without a socket nothing tells, but that this disk is not shared', async () => {
  using tree = new Tree()
  const disk = new Disk(tree.root)
  assert.is(await isAlive(disk, LOCK, owner(elsewhere)), 'unknown')
  // This disk is not shared with other machines.
  tree.write(LOCK, '')
  assert.is(await isAlive(disk, LOCK, owner({ boot: randomUUID(), machine: 'other' })), 'dead')
})

test.run()
