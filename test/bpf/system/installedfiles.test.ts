// What was installed is taken away again, and never anything else.
import * as fs from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Manifest } from '../../../tasks/bpf/system/installedfiles.ts'
import { Tree } from '../../support/tree.ts'

function installed(tree: Tree): Manifest {
  tree.write('a', 'a')
  const manifest = new Manifest(tree.at('installed.json'))
  const to = tree.at('prefix/bin/a')
  manifest.install('tools', tree.at('prefix'), [{ from: tree.at('a'), to, mode: 0o755 }])
  return manifest
}

/** Adds a file to the record, as whoever edits it could. */
function smuggle(tree: Tree, path: string): Manifest {
  const record = JSON.parse(tree.read('installed.json'))
  record[0].files.push({ path, digest: record[0].files[0].digest })
  tree.write('installed.json', JSON.stringify(record))
  return new Manifest(tree.at('installed.json'))
}

const here = (tree: Tree): [string, string, readonly string[]] => [
  'tools',
  tree.at('prefix'),
  [tree.at('prefix')],
]

test('what was installed goes, with the folders that were made for it', () => {
  using tree = new Tree()
  const { removed, kept, outside } = installed(tree).uninstall(...here(tree), false)
  assert.equal([removed, kept, outside], [[tree.at('prefix/bin/a')], [], []])
  assert.is(tree.exists('prefix'), false)
})

const OUTSIDE: Readonly<Record<string, (tree: Tree) => string>> = {
  'by its path': (tree) => tree.at('precious'),
  'by .. in its path': (tree) => `${tree.at('prefix')}/../precious`,
  'of a folder with the same beginning': (tree) => {
    tree.write('prefix-other/precious', 'a')
    return tree.at('prefix-other/precious')
  },
  'through a link in the destination': (tree) => {
    tree.write('elsewhere/precious', 'a')
    fs.symlinkSync(tree.at('elsewhere'), tree.at('prefix/link'))
    return tree.at('prefix/link/precious')
  },
}
for (const [how, place] of Object.entries(OUTSIDE)) {
  test(`a file outside of the destination stays: ${how}`, () => {
    using tree = new Tree()
    tree.write('precious', 'a')
    installed(tree)
    const path = place(tree)
    const { removed, outside } = smuggle(tree, path).uninstall(...here(tree), false)
    assert.equal([removed, outside], [[tree.at('prefix/bin/a')], [path]])
    assert.is(fs.readFileSync(resolve(path), 'utf8'), 'a')
  })
}

test.run()
