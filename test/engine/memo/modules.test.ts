// Files that decide what an import names, and when they speak against a memo.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { recordModules } from '../../../tasks/engine/memo/modules.ts'
import { RecordingDisk } from '../../../tasks/engine/memo/recordingdisk.ts'
import { repository, Tree } from '../../support/tree.ts'

/** Why nothing is remembered of a tree of these files, and which paths below it were looked at. */
async function recordTree(files: Readonly<Record<string, string>>) {
  const tree = new Tree()
  try {
    for (const [path, text] of Object.entries(files)) tree.write(path, text)
    const disk = new RecordingDisk(tree.root)
    const because = await recordModules(tree.at('tasks.ts'), [], false, disk)
    return { because, looked: disk.paths.map((path) => path.replace(`${tree.root}/`, '')) }
  } finally {
    tree.remove('')
  }
}

const MODULE = { 'tasks.ts': 'export const x = 1' }

test('a module that would be taken instead of the imported one is looked for', async () => {
  const { because, looked } = await recordTree({
    'tasks.ts': "import { w } from './lib.js'; w",
    'lib.js': 'export const w = 1',
  })
  assert.is(because, undefined)
  assert.ok(looked.includes('lib.ts'))
})

test('what tsconfig.json extends is followed', async () => {
  const files = { ...MODULE, 'tsconfig.json': '{ "extends": "./base.json" }' }
  const { because, looked } = await recordTree({ ...files, 'base.json': '{}' })
  assert.is(because, undefined)
  assert.ok(looked.includes('base.json'))
  const redirecting = await recordTree({
    ...files,
    'base.json': '{ "compilerOptions": { "paths": {} } }',
  })
  assert.match(redirecting.because ?? '', /base\.json redirects imports/)
})

test('a second "extends", as in a comment, is not guessed about', async () => {
  const text = '{ // "extends": "./a.json"\n "extends": "./b.json" }'
  const { because } = await recordTree({ ...MODULE, 'tsconfig.json': text })
  assert.match(because ?? '', /twice/)
})

test('a circle of "extends" ends', async () => {
  const { because } = await recordTree({
    ...MODULE,
    'tsconfig.json': '{ "extends": "./a.json" }',
    'a.json': '{ "extends": "./tsconfig.json" }',
  })
  assert.match(because ?? '', /extends itself/)
})

test('within this package its own name leads to itself; elsewhere to what node_modules has', async () => {
  const folder = `${repository}/examples/many-tools`
  const disk = new RecordingDisk(folder)
  assert.is(await recordModules(`${folder}/tasks.ts`, [], false, disk), undefined)
  assert.ok(disk.paths.includes(`${repository}/package.json`))
  const { because } = await recordTree({ 'tasks.ts': "import { main } from 'bpf-tasks'; main" })
  assert.match(because ?? '', /tasks\.ts imports bpf-tasks$/)
})

test.run()
