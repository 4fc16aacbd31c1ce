// Imports run one way, and each library has its one door.
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { globbySync } from 'globby'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { repository } from './support/tree.ts'

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

const files = ['tasks.ts', ...globbySync('tasks/**/*.ts', { cwd: repository })]
const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(repository, from), 'utf8')
  const found = text.matchAll(/^\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm)
  const lazy = text.matchAll(/import\('([^']+)'\)/g)
  return [
    ...[...found].map(([, type, to = '']) => ({ from, to, typeOnly: type !== undefined })),
    ...[...lazy].map(([, to = '']) => ({ from, to, typeOnly: false })),
  ].map(({ to, ...rest }) => ({
    ...rest,
    to: to.startsWith('.') ? relative(repository, join(repository, dirname(from), to)) : to,
  }))
})

const chooser = 'tasks/compiled.ts'
const parts = 'tasks/parts.ts'
const nullBuild = 'tasks/engine/memo/nullbuild.ts'
const DOORS = ['engine', 'bpf', 'demos'].map((room) => `tasks/${room}/index.ts`)

/** Rooms, each above those it may import, and the one file through which it may. */
function allowed(from: string, to: string): boolean {
  const room = (path: string): string => path.split('/').slice(0, 2).join('/')
  if (!to.startsWith('tasks/')) return to !== 'tasks.ts'
  // The doors choose between the rooms and their compiled form; what makes that checks it likewise.
  if (to === chooser) return DOORS.includes(from)
  if (to === parts) return [chooser, 'tasks/command/package.ts'].includes(from)
  // Asked before there is a room: what tells a null build needs none.
  if (to === nullBuild) return [parts, 'tasks/command/command.ts'].includes(from)
  if (from === parts) return DOORS.includes(to.replace('room.ts', 'index.ts'))
  if (room(from) === room(to) && from !== 'tasks.ts') return true
  if (to === 'tasks/engine/index.ts') return room(from) !== 'tasks/engine'
  if (to === 'tasks/bpf/index.ts') return from === 'tasks.ts' || room(from) === 'tasks/demos'
  return from === 'tasks.ts' && (to === 'tasks/demos/index.ts' || room(to) === 'tasks/command')
}

test('imports run from tasks.ts over demos and bpf to the door of the engine', () => {
  assert.ok(imports.length > 50, `only ${imports.length} imports were found`)
  for (const { from, to } of imports) assert.ok(allowed(from, to), `${from} imports ${to}`)
})

test('only the doors lead to the rooms, so that all are of one set', () => {
  for (const { from, to, typeOnly } of imports) {
    if (!to.endsWith('/room.ts') || typeOnly) continue
    assert.ok([parts, ...DOORS].includes(from), `${from} imports ${to}`)
  }
})

test('inside the engine what decides does not import what performs', () => {
  const order = [
    'base/failure',
    'declare/edge',
    'decide/graph',
    'decide/fingerprint',
    'decide/stale',
    'decide/plan',
    'run/scheduler',
    'build/build',
    'command/commandline',
  ].map((name) => `tasks/engine/${name}.ts`)
  for (const { from, to, typeOnly } of imports) {
    if (typeOnly || !order.includes(from) || !order.includes(to)) continue
    assert.ok(order.indexOf(to) < order.indexOf(from), `${from} imports ${to}`)
  }
})

test('each library has one file that imports it', () => {
  const doors: Record<string, string> = {
    'zx/core': 'tasks/engine/process/executor.ts',
    globby: 'tasks/engine/files/glob.ts',
    picocolors: 'tasks/engine/console/console.ts',
    '@viz-js/viz': 'tasks/engine/inspect/graphsvg.ts',
    'tsx/esm/api': 'tasks/command/command.ts',
    esbuild: 'tasks/command/bundle.ts',
    'node:child_process': 'tasks/engine/process/executor.ts',
  }
  for (const { from, to } of imports) {
    if (to.startsWith('.') || to.startsWith('node:') || to.startsWith('tasks/')) {
      if (doors[to] !== undefined) assert.is(from, doors[to], `${from} imports ${to}`)
      continue
    }
    assert.is(from, doors[to], `${from} imports ${to}`)
  }
})

test('zx, globby and viz are loaded only when they are used', () => {
  for (const { from, to, typeOnly } of imports) {
    if (!['zx/core', 'globby', '@viz-js/viz'].includes(to)) continue
    const text = readFileSync(join(repository, from), 'utf8')
    assert.ok(typeOnly || text.includes(`await import('${to}')`), `${from} loads ${to} at once`)
  }
})

/** Processes of their own: the reader of trace_pipe, which may run under sudo, and what npm runs. */
const PROGRAMS = ['tasks/bpf/live/tracereader.ts', 'tasks/command/package.ts']

test('only main.ts, and what comes before it, reads the environment; only console.ts writes to the terminal, by standard.ts', () => {
  for (const file of files) {
    const text = readFileSync(join(repository, file), 'utf8')
    if (!['tasks/engine/command/commandline.ts', nullBuild].includes(file))
      assert.not.match(text, /process\.env\b|\benv\b.*= process\b/, file)
    if (![nullBuild, 'tasks/engine/console/standardoutput.ts'].includes(file))
      assert.not.match(text, /writeSync\((?:[12]|this\.#fd),/, file)
    if (PROGRAMS.includes(file)) continue
    assert.not.match(text, /process\.std(out|err)\.write|console\.(log|error)\(/, file)
  }
})

test('a file opens with a sentence and stays under 400 lines', () => {
  for (const file of [...files, ...globbySync('test/**/*.ts', { cwd: repository })]) {
    const text = readFileSync(join(repository, file), 'utf8')
    assert.match(text, /^(#!.*\n)?\/\/ \S+ .{10,}/, `${file} does not open with a sentence`)
    const lines = text.split('\n').length - 1
    assert.ok(lines <= 400, `${file} has ${lines} lines`)
  }
})

test('the engine knows nothing of BPF', () => {
  for (const file of files.filter((path) => path.startsWith('tasks/engine/'))) {
    const text = readFileSync(join(repository, file), 'utf8')
    const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')
    assert.not.match(code, /clang|libbpf|vmlinux|skeleton/i, file)
  }
})

test.run()
