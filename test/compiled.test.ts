// When the compiled rooms are taken: only where they are whole and made of the sources as they are.
import * as fs from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as bpfDoor from '../tasks/bpf/index.ts'
import * as bpfRoom from '../tasks/bpf/room.ts'
import * as demosDoor from '../tasks/demos/index.ts'
import * as demosRoom from '../tasks/demos/room.ts'
import * as engineDoor from '../tasks/engine/index.ts'
import * as engineRoom from '../tasks/engine/room.ts'
import { isMadeOfThese, LIST, type Made, type MadeList } from '../tasks/parts.ts'
import { compiledTree } from './support/compiledtree.ts'

test('the doors give all that is in the rooms, and tests get the sources', () => {
  for (const [door, room] of [
    [engineDoor, engineRoom],
    [bpfDoor, bpfRoom],
    [demosDoor, demosRoom],
  ] as const) {
    assert.equal(Object.keys(door).sort(), Object.keys(room).sort())
    for (const [name, value] of Object.entries(room)) {
      assert.is((door as Record<string, unknown>)[name], value, name)
    }
  }
})

test('the list names every module of the rooms, what chooses between them, and what was made', () => {
  using tree = compiledTree()
  const names = listOf(tree.root).map(([path]) => path)
  const modules = fs
    .readdirSync(tree.at('tasks'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /^(?:engine|bpf|demos)\/.*\.ts$/.test(path))
    .map((path) => `tasks/${path}`)
  // Types alone are in no compiled file.
  const typesOnly = (path: string): boolean =>
    !/^(?:export (?!type |interface )|import ['{*a-z](?!ype ))/m.test(tree.read(path))
  assert.equal(
    modules.filter((path) => !names.includes(path) && !typesOnly(path)),
    [],
  )
  for (const path of ['compiled.ts', 'parts.ts', 'command/bundle.ts', 'demos/index.ts'])
    assert.ok(names.includes(`tasks/${path}`), path)
  const made = fs
    .readdirSync(tree.at('dist'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.js'))
  assert.ok(made.length >= 9)
  for (const path of made) assert.ok(names.includes(`dist/${path}`), path)
})

test('every file of the list counts: its time, its size, and that it is there', () => {
  using tree = compiledTree()
  const root = `${tree.root}/`
  assert.ok(isMadeOfThese(root))
  for (const [path, size, mtime] of listOf(tree.root)) {
    const text = fs.readFileSync(tree.at(path))
    fs.utimesSync(tree.at(path), mtime / 1000, mtime / 1000 + 1)
    assert.not.ok(isMadeOfThese(root), `${path} has another time`)
    fs.writeFileSync(tree.at(path), `${text} `)
    fs.utimesSync(tree.at(path), mtime / 1000, mtime / 1000)
    assert.not.ok(isMadeOfThese(root), `${path} has another size`)
    fs.rmSync(tree.at(path))
    assert.not.ok(isMadeOfThese(root), `${path} is gone`)
    fs.writeFileSync(tree.at(path), text)
    fs.utimesSync(tree.at(path), mtime / 1000, mtime / 1000 + 0.0004)
    assert.is(fs.statSync(tree.at(path)).size, size)
    assert.ok(isMadeOfThese(root), `${path} is as it was`)
  }
})

test('a list that is cut off, empty or of another form is none', () => {
  using tree = compiledTree()
  const list = tree.at(`dist/${LIST}`)
  const text = fs.readFileSync(list, 'utf8')
  const core = JSON.stringify({ core: JSON.parse(text).core, demos: [] })
  for (const wrong of [
    '',
    '[]',
    '{}',
    'null',
    '[["tasks.ts"]]',
    '[[',
    '{"core":[["tasks.ts"]]}',
    core,
    text.slice(0, -9),
  ]) {
    fs.writeFileSync(list, wrong)
    const is = (): boolean => isMadeOfThese(`${tree.root}/`)
    let answer = false
    try {
      answer = is()
    } catch {}
    assert.not.ok(answer, wrong.slice(0, 40))
  }
})

function listOf(root: string): readonly Made[] {
  const { core, demos }: MadeList = JSON.parse(fs.readFileSync(join(root, 'dist', LIST), 'utf8'))
  return [...core, ...demos]
}

test.run()
