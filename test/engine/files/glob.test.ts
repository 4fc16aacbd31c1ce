// Which files a pattern finds: not those of packages, of repositories or of the build, nor unreadable names.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadGlob } from '../../../tasks/engine/files/glob.ts'
import { Tree } from '../../support/tree.ts'

const find = await loadGlob()

function found(tree: Tree, ...patterns: string[]): readonly string[] {
  return find(patterns, tree.root, 'build', fs)
}

test('wildcards lead neither into packages, nor repositories, nor the build folder', () => {
  using tree = new Tree()
  const files = ['a.c', 'x/b.c', 'x/node_modules/c.c', 'x/.git/d.c', 'build/e.c']
  for (const path of files) tree.write(path, '')
  assert.equal(found(tree, '**/*.c'), ['a.c', 'x/b.c'])
})

test('a pattern that names such a folder leads into it', () => {
  using tree = new Tree()
  for (const path of ['build/e.c', 'x/node_modules/c/c.c']) tree.write(path, '')
  assert.equal(found(tree, 'build/*.c'), ['build/e.c'])
  assert.equal(found(tree, 'x/node_modules/c/*.c'), ['x/node_modules/c/c.c'])
})

test('a name that is not UTF-8 is left out, and stops nothing', () => {
  using tree = new Tree()
  const name = (...bytes: number[]) =>
    Buffer.concat([Buffer.from(`${tree.root}/`), Buffer.of(...bytes)])
  tree.write('a', '')
  tree.write('\ufffd', 'a name with this very character')
  fs.writeFileSync(name(0x62, 0xff), '')
  fs.mkdirSync(name(0xfe))
  assert.equal(
    found(tree, '*', '**/*').filter((path) => !path.startsWith('package')),
    ['a', '\ufffd'],
  )
})

test.run()
