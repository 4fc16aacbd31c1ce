// The folder of results: what is damaged is missing, what was used last stays, and nobody else's is used.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sha256 } from '../../../tasks/engine/cache/contents.ts'
import { entriesOf, FolderStore } from '../../../tasks/engine/cache/folder.ts'
import { testWith } from '../../support/needs.ts'
import { Tree } from '../../support/tree.ts'

const MANY = 1 << 30

/** The key of a blob, which is in the first of the folders. */
function keyInFirst(at: number): { key: string; bytes: Buffer } {
  for (let salt = at * 10_000; ; salt++) {
    const bytes = Buffer.from(`${salt}`.padStart(100, 'x'))
    if (sha256(bytes).startsWith('00')) return { key: sha256(bytes), bytes }
  }
}

test('what is put there is found, by whoever opens the folder', async () => {
  using tree = new Tree()
  const store = new FolderStore(tree.at('cache'), MANY, true)
  const bytes = Buffer.from('object')
  assert.is(await store.get('cas', sha256(bytes)), undefined)
  await store.put('cas', sha256(bytes), bytes)
  await store.put('ac', sha256('key'), Buffer.from('{}'))
  assert.equal(await store.close(), [])
  const other = new FolderStore(tree.at('cache'), MANY, true)
  assert.equal(await other.get('cas', sha256(bytes)), bytes)
  assert.is(String(await other.get('ac', sha256('key'))), '{}')
  assert.equal(
    entriesOf(tree.at(`cache/cas/${sha256(bytes).slice(0, 2)}`)).map(({ size }) => size),
    [6],
  )
  assert.is(fs.statSync(tree.at('cache')).mode & 0o777, 0o700)
})

test('a blob that is damaged or cut off is missing, and is put there again', async () => {
  using tree = new Tree()
  const store = new FolderStore(tree.at('cache'), MANY, true)
  const bytes = Buffer.from('object')
  const path = `cache/cas/${sha256(bytes).slice(0, 2)}/${sha256(bytes)}`
  for (const damaged of ['objecT', 'obj', '']) {
    await store.put('cas', sha256(bytes), bytes)
    tree.write(path, damaged)
    assert.is(await store.get('cas', sha256(bytes)), undefined, damaged)
  }
  await store.put('cas', sha256(bytes), bytes)
  assert.equal(await store.get('cas', sha256(bytes)), bytes)
})

test('when it is too large, what was not used for longest goes', async () => {
  using tree = new Tree()
  const blobs = [0, 1, 2, 3].map(keyInFirst)
  const fill = async (most: number) => {
    tree.remove('cache')
    const store = new FolderStore(tree.at('cache'), most, true)
    for (const { key, bytes } of blobs) await store.put('cas', key, bytes)
    for (const [at, { key }] of blobs.entries()) tree.touch(`cache/cas/00/${key}`, 1e9 + at)
    return store
  }
  await (await fill(256 * 400)).close()
  assert.is(fs.readdirSync(tree.at('cache/cas/00')).length, 4)
  const store = await fill(256 * 399)
  // Looked at last, the oldest is the youngest.
  await store.get('cas', blobs[0]?.key ?? '')
  await store.close()
  const left = fs.readdirSync(tree.at('cache/cas/00')).sort()
  assert.equal(left, [blobs[0], blobs[2], blobs[3]].map((blob) => blob?.key).sort())
})

test('a file that is larger than its share stays, and the next one takes its place', async () => {
  using tree = new Tree()
  const [small, large, larger] = [keyInFirst(0), keyInFirst(1), keyInFirst(2)]
  const store = new FolderStore(tree.at('cache'), 256 * 99, true)
  for (const { key, bytes } of [small, large]) await store.put('ac', key, bytes)
  tree.touch(`cache/ac/00/${large.key}`, 1e9)
  tree.touch(`cache/ac/00/${small.key}`, 2e9)
  await store.close()
  assert.equal(fs.readdirSync(tree.at('cache/ac/00')), [small.key])
  await store.put('ac', larger.key, larger.bytes)
  tree.touch(`cache/ac/00/${larger.key}`, 3e9)
  await store.close()
  assert.equal(fs.readdirSync(tree.at('cache/ac/00')), [larger.key])
})

test('what a killed build has left half-written goes after a while', async () => {
  using tree = new Tree()
  const { key, bytes } = keyInFirst(0)
  tree.write('cache/cas/00/.new-old', 'half')
  tree.touch('cache/cas/00/.new-old', 1e9)
  tree.write('cache/cas/00/.new-now', 'half')
  fs.chmodSync(tree.at('cache'), 0o700)
  const store = new FolderStore(tree.at('cache'), MANY, true)
  await store.put('cas', key, bytes)
  await store.close()
  assert.equal(fs.readdirSync(tree.at('cache/cas/00')).sort(), ['.new-now', key].sort())
})

test('where nothing can be written, that is said once, and nothing more is tried', async () => {
  using tree = new Tree()
  const store = new FolderStore(tree.at('cache'), MANY, true)
  tree.write('cache/cas', 'in the way')
  const bytes = Buffer.from('object')
  await store.put('cas', sha256(bytes), bytes)
  assert.not(store.writes)
  await store.put('ac', sha256('key'), bytes)
  assert.not(tree.exists('cache/ac'))
  assert.equal(await store.close(), [`results are not kept in ${tree.at('cache')}: ENOTDIR`])
})

test('a folder that others may write is refused, and a file', () => {
  using tree = new Tree()
  fs.mkdirSync(tree.at('cache'))
  fs.chmodSync(tree.at('cache'), 0o777)
  assert.throws(
    () => new FolderStore(tree.at('cache'), MANY, true),
    'can be written by other users',
  )
  tree.write('file', '')
  assert.throws(() => new FolderStore(tree.at('file'), MANY, true), 'cannot be used: EEXIST')
})

testWith(test, ['root'], "another user's folder is refused", () => {
  using tree = new Tree()
  fs.mkdirSync(tree.at('cache'), { mode: 0o700 })
  fs.chownSync(tree.at('cache'), 12345, 12345)
  assert.throws(() => new FolderStore(tree.at('cache'), MANY, true), 'belongs to another user')
})

test.run()
