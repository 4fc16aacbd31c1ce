// A checkout with compiled rooms: quick while they are right, and as if they were not there otherwise.

import { execFileSync, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compiledTree, makeDist } from '../support/compiledtree.ts'
import type { Demos } from '../support/demos.ts'
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
    // Node gives this time as one millisecond more, Deno does not.
    execFileSync('touch', [
      '-d',
      '2026-01-01T00:00:00.123999950Z',
      tree.at('tasks/engine/index.ts'),
    ])
    makeDist(tree)
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

test('where a file is missing, cut off or foreign, the sources are used, without a word', () => {
  using made = compiledTree()
  const chunk = `chunks/${fs.readdirSync(made.at('dist/chunks')).find((name) => name.endsWith('.js'))}`
  for (const path of ['stamps', 'engine.js', 'bpf.js', 'demos.js', chunk]) {
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

test('an edit of a demo is honoured at once, and dist made of it', () => {
  using tree = compiledTree()
  const demos = 'tasks/demos/helloworld_check.ts'
  tree.write(demos, `${tree.read(demos)}process.stdout.write('EDITED ')\n`)
  assert.match(tree.run(['--list']).stdout, /^EDITED /)
  makeDist(tree)
  editUnseen(tree)
  assert.match(tree.run(['--list']).stdout, /^EDITED /)
  assert.is(tree.run(['--version']).stdout, `EDITED ${own}`)
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

test('everybody may read it, whatever the umask of who made it', () => {
  using tree = compiledTree()
  tree.remove('dist')
  const old = process.umask(0o077)
  try {
    makeDist(tree)
  } finally {
    process.umask(old)
  }
  const entries = fs.readdirSync(tree.at('dist'), { recursive: true, withFileTypes: true })
  assert.ok(entries.some(({ name }) => name === 'stamps'))
  for (const entry of entries) {
    const path = `${entry.parentPath}/${entry.name}`
    const isRun = entry.isDirectory() || entry.name === 'command.js'
    assert.is(fs.statSync(path).mode & 0o777, isRun ? 0o755 : 0o644, path)
  }
})

test('making it twice makes it once, and a failure to make it is told, not thrown', () => {
  using tree = compiledTree()
  const { ino } = fs.statSync(tree.at('dist/engine.js'))
  assert.is(makeDist(tree), '')
  assert.is(fs.statSync(tree.at('dist/engine.js')).ino, ino)
  tree.write(MAIN, 'this is no TypeScript')
  assert.match(makeDist(tree), /^dist was not made, so the runner starts slowly: /)
  assert.equal(
    fs.readdirSync(tree.root).filter((name) => name.startsWith('dist')),
    ['dist'],
  )
})

test.run()
