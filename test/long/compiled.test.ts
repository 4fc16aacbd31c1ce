// A checkout with compiled rooms: quick while they are right, and as if they were not there otherwise.

import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compiledTree, makeDist } from '../support/compiledtree.ts'
import type { Demos } from '../support/demos.ts'
import { runInOwnMounts } from '../support/mounts.ts'
import { skip } from '../support/needs.ts'
import { deno, nodeAlone, nodeWithTsx } from '../support/runtimes.ts'
import { type Ran, repository } from '../support/tree.ts'

const MAIN = 'tasks/engine/command/commandline.ts'
const { version } = JSON.parse(fs.readFileSync(`${repository}/package.json`, 'utf8'))
const own = `bpf-tasks ${version}\n`
const edited = `BPF-tasks ${version}\n`

/** Edits what `--version` says, to the same length. */
function edit(tree: Demos): void {
  tree.write(MAIN, tree.read(MAIN).replace('`bpf-tasks ${', '`BPF-tasks ${'))
}

/** The same, unseen: with the time that it had. */
function editUnseen(tree: Demos): void {
  const { mtimeMs } = fs.statSync(tree.at(MAIN))
  edit(tree)
  // Half a millisecond more: what a number of seconds loses must not make it the one before.
  tree.touch(MAIN, (Math.trunc(mtimeMs) + 0.5) / 1000)
}

for (const sought of [nodeWithTsx(), nodeAlone(), deno()]) {
  if ('lacks' in sought) {
    skip(test, 'the compiled rooms are used by another runtime', sought.lacks)
    continue
  }
  const { name, command, environment } = sought.runtime
  test(`${name} uses them while they are right, and honours an edit at once`, () => {
    using tree = compiledTree()
    const says = (): Ran => {
      const [program = '', ...words] = [...command, '--version']
      const { PATH = '', HOME = '' } = process.env
      const env = { PATH, HOME, ...environment }
      return spawnSync(program, words, { cwd: tree.root, encoding: 'utf8', env })
    }
    editUnseen(tree)
    assert.is(says().stdout, own)
    tree.touch(MAIN)
    const { stdout, stderr } = says()
    assert.is(stdout, edited)
    assert.is(stderr, '')
    makeDist(tree)
    assert.is(says().stdout, edited)
  })
}

const plain = nodeAlone()
if ('lacks' in plain) skip(test, 'what Node compiled of the sources is kept', plain.lacks)
else {
  const { command } = plain.runtime
  test('what Node compiled of the sources is kept for the next run', () => {
    using tree = compiledTree()
    tree.remove('dist')
    tree.write('cache/x', '')
    const [program = '', ...words] = [...command, '--check', 'build:helloworld']
    const env = { PATH: process.env['PATH'] ?? '', TMPDIR: tree.at('cache') }
    spawnSync(program, words, { cwd: tree.root, env })
    const kept = fs.readdirSync(tree.at('cache'), { recursive: true, encoding: 'utf8' }).length
    assert.ok(kept > 60, `${kept} files are kept`)
  })
}

/** Files of what V8 compiled, by the part that they are of. */
function codeIn(tree: Demos): Record<string, string> {
  const files = fs.readdirSync(tree.at('dist')).filter((name) => name.endsWith('.code'))
  return Object.fromEntries(files.map((name) => [name.split('.')[0], `dist/${name}`]))
}

test('what V8 compiled of a part is kept beside it, anew when a run needs more parts', () => {
  using tree = compiledTree()
  assert.is(tree.run(['--version']).stdout, own)
  const first = codeIn(tree)
  assert.equal(Object.keys(first), ['core', 'demos', 'null'])
  const { ino } = fs.statSync(tree.at(first['core'] ?? ''))
  assert.is(tree.run(['--version']).stdout, own)
  assert.is(fs.statSync(tree.at(first['core'] ?? '')).ino, ino, 'what is there is not made again')
  tree.run(['--check', 'build:helloworld'])
  const second = codeIn(tree)
  assert.equal(Object.keys(second).slice(0, 2), ['build', 'core'])
  assert.is(second['core'], first['core'])
  assert.is.not(fs.statSync(tree.at(second['core'] ?? '')).ino, ino)
  assert.is(tree.run(['--version']).stdout, own)
})

test('code that is cut off, foreign or of another text is not used, without a word', () => {
  using tree = compiledTree()
  const says = (what: string): void => {
    const { status, stdout, stderr } = tree.run(['--version'])
    assert.equal({ status, stdout, stderr }, { status: 0, stdout: own, stderr: '' }, what)
  }
  says('first')
  const code = tree.at(codeIn(tree)['core'] ?? '')
  const whole = fs.readFileSync(code)
  for (const bytes of [
    Buffer.alloc(0),
    whole.subarray(0, 1000),
    whole.subarray(0, -1),
    Buffer.alloc(whole.length),
    Buffer.from('no code at all, but whole'),
  ]) {
    fs.writeFileSync(code, bytes)
    says(`${bytes.length} bytes`)
  }
  // Of another file of the same length, which V8 itself would not notice.
  fs.writeFileSync(code, whole)
  edit(tree)
  const text = tree.read('dist/core.js')
  makeDist(tree)
  assert.is(tree.read('dist/core.js').length, text.length)
  fs.writeFileSync(tree.at(`dist/${code.split('/').at(-1)}`), whole)
  assert.is(tree.run(['--version']).stdout, edited)
})

const unwritable = 'a dist that cannot be written is used all the same'
if (process.getuid?.() !== 0) skip(test, unwritable, 'only root mounts')
else {
  test(unwritable, () => {
    using tree = compiledTree()
    const readOnly = 'mount --bind dist dist; mount -o remount,bind,ro dist'
    const { status, stdout, stderr } = runInOwnMounts(tree, readOnly, ['--version'])
    assert.equal({ status, stdout, stderr }, { status: 0, stdout: own, stderr: '' })
    assert.equal(codeIn(tree), {})
  })
}

test('where a file is missing, cut off or foreign, the sources are used, without a word', () => {
  for (const path of ['made.json', 'load.js', 'null.js', 'core.js', 'build.js', 'rest.js']) {
    for (const damage of [
      (file: string) => fs.rmSync(file),
      (file: string) => fs.truncateSync(file, 100),
      (file: string) => fs.writeFileSync(file, 'throw new Error("foreign")'),
    ]) {
      using tree = compiledTree()
      editUnseen(tree)
      damage(tree.at(`dist/${path}`))
      const { status, stdout, stderr } = tree.run(['--version'])
      assert.is(stdout, edited, `${path} ${damage}`)
      assert.is(stderr, '')
      assert.is(status, 0)
    }
  }
})

test('a core that does not load, though it looks right, is not used', () => {
  using tree = compiledTree()
  const core = tree.at('dist/core.js')
  const { size, mtimeMs } = fs.statSync(core)
  const start = 'throw new Error("damaged");//'
  fs.writeFileSync(core, start.padEnd(size, '/'))
  tree.touch('dist/core.js', (Math.trunc(mtimeMs) + 0.5) / 1000)
  editUnseen(tree)
  const { stdout, stderr } = tree.run(['--version'])
  assert.is(stdout, edited)
  assert.is(stderr, '')
})

test('where only a demo was edited, that is honoured, and the rest of dist is used', () => {
  using tree = compiledTree()
  editUnseen(tree)
  const demos = 'tasks/demos/demotasks.ts'
  tree.write(demos, tree.read(demos).replace('Remove what only', 'REMOVE what only'))
  assert.match(tree.run(['--list']).stdout, 'REMOVE what only helloworld needs')
  assert.is(tree.run(['--version']).stdout, own)
  makeDist(tree)
  assert.match(tree.run(['--list']).stdout, 'REMOVE what only helloworld needs')
  const { size, mtimeMs } = fs.statSync(tree.at('dist/demos.js'))
  // One that does not load, though it looks right.
  fs.writeFileSync(tree.at('dist/demos.js'), 'throw new Error("damaged");//'.padEnd(size, '/'))
  tree.touch('dist/demos.js', (Math.trunc(mtimeMs) + 0.5) / 1000)
  assert.is(tree.run(['--list']).status, 0)
})

test('a copy without dist works, and one whose times are not kept uses its sources', () => {
  using tree = compiledTree()
  editUnseen(tree)
  fs.renameSync(tree.at('dist'), tree.at('kept'))
  assert.is(tree.run(['--version']).stdout, edited)
  fs.cpSync(tree.at('kept'), tree.at('dist'), { recursive: true })
  assert.is(tree.run(['--version']).stdout, edited)
})

test('what is below test/ and bench/ gets the sources', () => {
  using tree = compiledTree()
  const script = `import { UserError } from '../tasks/engine/index.ts'
import { UserError as Inner } from '../tasks/engine/base/failure.ts'
process.stdout.write(String(UserError === Inner))\n`
  for (const [folder, same] of [
    ['test', 'true'],
    ['bench', 'true'],
    ['other', 'false'],
  ] as const) {
    tree.write(`${folder}/script.ts`, script)
    const tsx = `file://${repository}/node_modules/tsx/dist/loader.mjs`
    const words = ['--import', tsx, `${folder}/script.ts`]
    const { stdout } = spawnSync(process.execPath, words, { cwd: tree.root, encoding: 'utf8' })
    assert.is(stdout, same, folder)
  }
})

test('making it twice makes it once, and a failure to make it is told, not thrown', () => {
  using tree = compiledTree()
  const { ino } = fs.statSync(tree.at('dist/core.js'))
  assert.is(makeDist(tree), '')
  assert.is(fs.statSync(tree.at('dist/core.js')).ino, ino)
  tree.write(MAIN, 'this is no TypeScript')
  assert.match(makeDist(tree), /^dist is not made, so that the runner starts slowly: /)
  assert.equal(
    fs.readdirSync(tree.root).filter((name) => name.startsWith('dist')),
    ['dist'],
  )
})

test.run()
