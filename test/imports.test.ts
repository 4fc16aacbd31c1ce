// Rooms and what may import what: the rules of support/rooms.ts, held against this repository; and each
// rule held against made-up files that break it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { globbySync } from 'globby'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  edgesOfTheWorld,
  type File,
  fileCircles,
  type Import,
  importsOf,
  isOurs,
  libraries,
  namesAbove,
  pastDoors,
  roomCircles,
  shapes,
  subjects,
  upwards,
} from './support/rooms.ts'
import { repository } from './support/tree.ts'

/** Checks that the tree does not pass yet. To switch one on, take its name away. */
const PENDING: readonly string[] = []

function read(...patterns: readonly string[]): File[] {
  return globbySync([...patterns], { cwd: repository })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(repository, path), 'utf8') }))
}

const files = read('tasks.ts', 'tasks/**/*.ts')
const imports = files.flatMap(importsOf)

const checks: Readonly<Record<string, readonly [what: string, wrong: () => string[]]>> = {
  floors: ['imports, types too, go down the rooms', () => upwards(imports)],
  doors: ['a room is entered by its door', () => pastDoors(imports)],
  files: ['files do not import each other in a circle', () => fileCircles(imports)],
  rooms: ['rooms do not import each other in a circle', () => roomCircles(imports)],
  names: ['no string names what is above', () => namesAbove(files)],
  subjects: ['the engine knows nothing of BPF', () => subjects(files)],
  libraries: ['each library has one file that imports it', () => libraries(imports)],
  shapes: [
    'a file opens with a sentence and stays under 400 lines',
    () => shapes([...files, ...read('test/**/*.ts', 'bench/*.ts')]),
  ],
  world: ['only few read the environment, print or look at files', () => edgesOfTheWorld(files)],
}

for (const [name, [what, wrong]] of Object.entries(checks)) {
  if (PENDING.includes(name)) continue
  test(what, () => assert.equal(wrong(), []))
}

test('every file and its imports are found', () => {
  assert.ok(files.length > 150, `${files.length} files`)
  assert.ok(imports.length > 500, `${imports.length} imports`)
  const there = new Set(files.map(({ path }) => path))
  const lost = imports.filter(({ to }) => isOurs(to) && !there.has(to))
  assert.equal(lost, [])
})

const file = (path: string, ...lines: readonly string[]): File => ({ path, text: lines.join('\n') })
const imported = (from: string, to: string): Import => ({ from, to, kind: 'value' })

test('rule: imports of every form are read, comments are not', () => {
  const found = importsOf(
    file(
      'tasks/engine/run/a.ts',
      "import { b } from './b.ts'",
      "import type { C } from '../log/c.ts'",
      'import {',
      '  type D,',
      "} from '../files/d.ts'",
      "export * from '../base/e.ts'",
      "import './f.ts'",
      "// import { no } from './no.ts'",
      " * import { no } from './no.ts'",
      "const g = await import('./g.ts') // import('./no.ts')",
      "type H = import('./h.ts').H",
      'await import(path)',
      "import zx from 'zx/core'",
    ),
  )
  assert.equal(found.map(({ to, kind }) => `${kind} ${to}`).sort(), [
    'late (computed)',
    'late tasks/engine/run/g.ts',
    'late tasks/engine/run/h.ts',
    'type tasks/engine/log/c.ts',
    'value tasks/engine/base/e.ts',
    'value tasks/engine/files/d.ts',
    'value tasks/engine/run/b.ts',
    'value tasks/engine/run/f.ts',
    'value zx/core',
  ])
})

test('rule: imports go down', () => {
  const refused = (from: string, to: string): number => upwards([imported(from, to)]).length
  assert.is(refused('tasks/engine/log/a.ts', 'tasks/engine/run/index.ts'), 1)
  assert.is(refused('tasks/engine/base/a.ts', 'tasks/bpf/index.ts'), 1)
  assert.is(refused('tasks/engine/run/a.ts', 'tasks/engine/index.ts'), 1)
  assert.is(refused('tasks/bpf/proof/verify/a.ts', 'tasks/bpf/proof/b.ts'), 1)
  assert.is(refused('tasks/engine/nowhere/a.ts', 'tasks/engine/base/index.ts'), 1)
  assert.is(refused('tasks/nowhere/a.ts', 'tasks/engine/index.ts'), 1)
  assert.is(refused('tasks/engine/run/a.ts', 'tasks/engine/log/index.ts'), 0)
  assert.is(refused('tasks/engine/run/a.ts', 'tasks/engine/run/b.ts'), 0)
  assert.is(refused('tasks.ts', 'tasks/demos/index.ts'), 0)
})

test('rule: a room is entered by its outermost door', () => {
  const refused = (from: string, to: string): number => pastDoors([imported(from, to)]).length
  assert.is(refused('tasks/engine/run/a.ts', 'tasks/engine/log/b.ts'), 1)
  assert.is(refused('tasks/bpf/live/a.ts', 'tasks/engine/log/index.ts'), 1)
  assert.is(refused('tasks/demos/a.ts', 'tasks/bpf/proof/index.ts'), 1)
  assert.is(refused('tasks/engine/run/a.ts', 'tasks/engine/log/index.ts'), 0)
  assert.is(refused('tasks/engine/index.ts', 'tasks/engine/log/index.ts'), 0)
  assert.is(refused('tasks/bpf/proof/a.ts', 'tasks/bpf/proof/vm/index.ts'), 0)
  assert.is(refused('tasks.ts', 'tasks/engine/index.ts'), 0)
})

test('rule: no circle of files or rooms, whatever the kind of import', () => {
  const [a, b, c] = ['files/a.ts', 'log/b.ts', 'log/c.ts'].map((name) => `tasks/engine/${name}`)
  const arrow = (from = '', to = '', kind: Import['kind'] = 'value'): Import => ({ from, to, kind })
  const round = [arrow(a, b, 'type'), arrow(b, c), arrow(c, a, 'late')]
  assert.equal(fileCircles(round), [`${a} → ${b} → ${c} → ${a}`])
  assert.equal(fileCircles(round.slice(0, 2)), [])
  assert.equal(roomCircles([arrow(a, b), arrow(c, a)]), [
    'tasks/engine/files → tasks/engine/log → tasks/engine/files',
  ])
  assert.equal(roomCircles([arrow(a, b), arrow(b, c)]), [])
})

test('rule: no string names a higher room, its files or what it writes', () => {
  const above = file('tasks/engine/inspect/timings.ts', "const name = 'last.json'")
  const named = (line: string): number =>
    namesAbove([file('tasks/engine/log/a.ts', line), above]).length
  assert.is(named("const path = 'engine/run/slots'"), 1)
  assert.is(named("const path = 'tasks/bpf/index.ts'"), 1)
  assert.is(named("const path = './tasks/demos/a'"), 1)
  assert.is(named('const path = `$' + '{folder}/timings.ts`'), 1)
  assert.is(named("const path = 'build/.tasks/last.json'"), 1)
  assert.is(named("const path = 'engine/base/words'"), 0)
  assert.is(named("const said = 'watch, command, run'"), 0)
  assert.is(named("// as 'tasks/bpf/index.ts' has it"), 0)
})

test('rule: the engine does not speak of BPF', () => {
  const said = (path: string, line: string): number => subjects([file(path, line)]).length
  assert.is(said('tasks/engine/log/a.ts', "const name = 'clang'"), 1)
  assert.is(said('tasks/engine/log/a.ts', '// What clang reads.'), 1)
  assert.is(said('tasks/engine/log/a.ts', 'const isBpf = word === "bpf"'), 1)
  assert.is(said('tasks/engine/log/a.ts', "const name = 'bpf-tasks' // BPF_TASKS_LOCK"), 0)
  assert.is(said('tasks/engine/files/depfile.ts', '// As Clang writes it.'), 0)
  assert.is(said('tasks/engine/files/depfile.ts', "if (name === 'clang')"), 1)
  assert.is(said('tasks/bpf/rules/a.ts', "const name = 'clang'"), 0)
})

test('rule: a library has one file in its room', () => {
  const late = (from: string, to: string): Import => ({ from, to, kind: 'late' })
  assert.equal(libraries([late('tasks/engine/process/a.ts', 'zx/core')]), [])
  assert.is(libraries([imported('tasks/engine/process/a.ts', 'zx/core')]).length, 1)
  assert.is(libraries([late('tasks/engine/run/a.ts', 'zx/core')]).length, 1)
  assert.is(libraries([imported('tasks/engine/run/a.ts', 'left-pad')]).length, 1)
  assert.is(libraries([imported('tasks/engine/run/a.ts', 'node:child_process')]).length, 1)
  assert.equal(libraries([imported('tasks/engine/run/a.ts', 'node:path')]), [])
  const [a, b] = ['a', 'b'].map((name) => late(`tasks/engine/files/${name}.ts`, 'globby'))
  assert.is(libraries([a, b].filter((one) => one !== undefined)).length, 1)
})

test('rule: a file opens with a sentence, under 400 lines, and catches only what it names', () => {
  assert.is(shapes([file('a.ts', "import 'b'")]).length, 1)
  assert.is(
    shapes([file('a.ts', '// What it is, in a sentence.', ...Array(400).fill(''))]).length,
    0,
  )
  assert.is(
    shapes([file('a.ts', '// What it is, in a sentence.', ...Array(401).fill(''))]).length,
    1,
  )
  assert.is(
    shapes([file('tasks/a.ts', '// What it is, in a sentence.', 'try { a() } catch {}')]).length,
    1,
  )
})

test('rule: only few read the environment, print, or look past the recording disk', () => {
  const wrong = (path: string, line: string): number => edgesOfTheWorld([file(path, line)]).length
  assert.is(wrong('tasks/engine/run/a.ts', "const home = process.env['HOME']"), 1)
  assert.is(wrong('tasks/engine/command/a.ts', "const home = process.env['HOME']"), 0)
  assert.is(wrong('tasks/engine/run/a.ts', 'console.log(1)'), 1)
  assert.is(wrong('tasks/engine/run/a.ts', 'fs.writeSync(2, text)'), 1)
  assert.is(wrong('tasks/engine/decide/a.ts', "import * as fs from 'node:fs'"), 1)
  assert.is(wrong('tasks/engine/decide/a.ts', "import type { Stats } from 'node:fs'"), 0)
  assert.is(wrong('tasks/engine/answer/a.ts', "await import('fs/promises')"), 1)
  assert.is(wrong('tasks/engine/files/a.ts', "import * as fs from 'node:fs'"), 0)
})

test.run()
