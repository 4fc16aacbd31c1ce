// What a build under --watch need not look at again: what was seen, and of which nothing was heard.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Ahead } from '../../../tasks/engine/decide/files.ts'
import { Disk } from '../../../tasks/engine/files/disk.ts'
import { Watch } from '../../../tasks/engine/watch/watch.ts'
import { Tree } from '../../support/tree.ts'

const FILES = ['a', 'b', 'folder/c', 'link', 'there/d', 'missing', 'build/made']

function scene(): Tree {
  const tree = new Tree()
  for (const path of ['a', 'b', 'folder/c', 'real/d', 'build/made']) tree.write(path, 'one')
  fs.symlinkSync('b', tree.at('link'))
  fs.symlinkSync('real', tree.at('there'))
  return tree
}

/** Paths of the files that the builds after some edits are told of, each with what was heard. */
async function toldAfter(
  tree: Tree,
  edits: readonly (() => void)[],
): Promise<{ readonly changed: readonly string[]; readonly told: readonly string[] }[]> {
  const disk = new Disk(tree.root)
  const abort = new AbortController()
  const found: { changed: readonly string[]; told: string[] }[] = []
  const left = [...edits]
  const watch = new Watch({
    disk,
    out: 'build',
    scripts: [],
    signal: abort.signal,
    build: async (changed, _at, seen: Ahead) => {
      const told = FILES.filter((path) => seen.take(0, path) !== undefined)
      for (const path of told) assert.equal(seen.take(0, path) ?? undefined, disk.stat(path), path)
      found.push({ changed, told })
      return {
        files: new Map(FILES.map((path) => [path, disk.stat(path)])),
        folders: new Set(['folder']),
      }
    },
    onWait: () => {
      const edit = left.shift()
      if (edit === undefined) abort.abort()
      else edit()
    },
    mayReload: async () => true,
  })
  await watch.run()
  return found
}

test('what was seen after the last build is known, but for what was heard of', async () => {
  using tree = scene()
  const [first, second, third] = await toldAfter(tree, [
    () => tree.write('a', 'another'),
    () => tree.write('missing', 'there'),
  ])
  assert.equal(first, { changed: [], told: [] })
  // Not what links lead to: of that nothing is heard under this name. Nor what we write ourselves.
  assert.equal(second, { changed: ['a'], told: ['b', 'folder/c', 'missing'] })
  assert.equal(third, { changed: ['missing'], told: ['a', 'b', 'folder/c'] })
})

test('where more may be another than what was heard of, all is looked at', async () => {
  for (const edit of [
    (tree: Tree) => tree.write('folder/new', ''),
    (tree: Tree) => {
      fs.renameSync(tree.at('folder'), tree.at('other'))
      tree.write('folder/c', 'one')
    },
  ]) {
    using tree = scene()
    const [, second] = await toldAfter(tree, [() => edit(tree)])
    assert.equal(second?.told, [])
  }
})

test('a file that becomes a link is no plain one any more, and the other way round', async () => {
  using tree = scene()
  const replace = (path: string, by: () => void) => () => {
    fs.rmSync(tree.at(path))
    by()
  }
  const told = await toldAfter(tree, [
    replace('a', () => fs.symlinkSync('b', tree.at('a'))),
    replace('link', () => tree.write('link', 'own')),
    () => tree.write('folder/c', 'two'),
  ])
  const last = told.at(-1)?.told ?? []
  assert.not.ok(last.includes('a'))
  assert.ok(last.includes('link'))
})

test.run()
