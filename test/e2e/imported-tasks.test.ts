// Several tasks.ts in one repository: one imports what another declares, and builds all with one log.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { type Test, test } from 'uvu'
import * as assert from 'uvu/assert'
import { inPath, skip, testWith } from '../support/needs.ts'
import { eventsOf, repository, Tree } from '../support/tree.ts'

const ENGINE = `${repository}/tasks/engine/index.ts`
const BPF = `${repository}/tasks/bpf/index.ts`

/** A tree with a tasks.ts in `net`, which that of the root imports; both are built alone too. */
class TwoTrees extends Tree {
  constructor(root = 'import.meta.dirname') {
    super()
    this.write(
      'net/tasks.ts',
      `import { bpfRules } from '${BPF}'
import { edge, glob, main, pathsFrom, task } from '${ENGINE}'
const here = pathsFrom(import.meta.dirname)
const bpf = bpfRules({ ${root === '' ? '' : `root: ${root}, `}vmlinux: 'none', includes: ['include'] })
const list = edge({ rule: 'LIST', outputs: [bpf.out + '/list'], inputs: [glob(here('data/*'))],
  command: ['cat', glob(here('data/*'))], captureStdout: true })
export const objects = [list, bpf.userObject('net.c')]
await main({ build: task('Build net', objects) }, bpf.mainOptions)
`,
    )
    this.tasks(`
import { objects } from './net/tasks.ts'
const bpf = bpfRules({ root: import.meta.dirname, vmlinux: 'none' })
await main({ build: task('Build all', [bpf.userObject('top.c'), objects]) }, bpf.mainOptions)`)
    this.write('net/include/net.h', '#define SIZE 1\n')
    this.write('net/net.c', '#include "net.h"\nint net[SIZE];\n')
    this.write('net/data/a', 'a\n')
    this.write('top.c', 'int top;\n')
  }

  /** First outputs of what the tasks.ts of a folder runs, sorted. */
  ranIn(folder: string, args: readonly string[]): string[] {
    const [program = '', ...words] = this.command
    const { stdout } = spawnSync(program, [...words, ...args, '--json'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ACTION_CACHE_DIR: 'off' },
      encoding: 'utf8',
    })
    return eventsOf(stdout)
      .flatMap((event) => (event.type === 'start' ? [event.outputs[0] ?? ''] : []))
      .sort()
  }

  /** Files of a folder, but for those of the engine. */
  files(folder: string): string[] {
    return fs
      .readdirSync(this.at(folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('/.tasks'))
      .map((entry) => `${entry.parentPath}/${entry.name}`.slice(this.at(folder).length + 1))
      .sort()
  }
}

const withCc = (name: string, body: () => void): void =>
  inPath('cc') ? testWith(test, [], name, body) : skip(test as Test, name, 'no cc here')

withCc('one build makes all, with one log, and each alone makes its own', () => {
  using tree = new TwoTrees()
  const built = ['build/net/list', 'build/net/net.o', 'build/top.o']
  assert.equal(tree.ran(['build']), built)
  assert.equal(tree.files('build'), ['net/list', 'net/net.o', 'top.o'])
  assert.not.ok(tree.exists('net/build'), 'one log')
  assert.equal(tree.ran(['build']), [])
  // The memo knows the imported file.
  assert.match(tree.run(['build']).stdout, /nothing to do/)
  tree.write('net/include/net.h', '#define SIZE 2\n')
  assert.equal(tree.ran(['build']), ['build/net/net.o'])
  tree.write('net/data/b', 'b\n')
  assert.equal(tree.ran(['build']), ['build/net/list'])
  assert.is(tree.read('build/net/list'), 'a\nb\n')
  tree.write(
    'net/tasks.ts',
    tree
      .read('net/tasks.ts')
      .replace("userObject('net.c')", "userObject('net.c', { defines: { N: 1 } })"),
  )
  assert.equal(tree.ran(['build']), ['build/net/net.o'])
  assert.equal(tree.ran(['build']), [])

  assert.equal(tree.ranIn(tree.at('net'), ['build']), ['build/list', 'build/net.o'])
  assert.equal(tree.files('net/build'), ['list', 'net.o'])
  assert.equal(tree.ran(['build']), [], 'neither build touches what the other made')
})

withCc('the root by another name, and another tree', () => {
  using tree = new TwoTrees()
  const link = `${tree.root}.link`
  fs.symlinkSync(tree.root, link)
  try {
    assert.equal(tree.ranIn(link, ['build']), ['build/net/list', 'build/net/net.o', 'build/top.o'])
  } finally {
    fs.unlinkSync(link)
  }
  assert.equal(tree.ran(['build']), [])
  fs.cpSync(tree.at('net'), tree.at('copy/net'), { recursive: true })
  tree.write('copy/top.c', 'int copied;\n')
  tree.write('copy/net/data/c', 'c\n')
  assert.is(tree.ran(['build', '-C', 'copy']).length, 3)
  assert.is(tree.read('copy/build/net/list'), 'a\nc\n')
})

test('two that call main are refused, with what mends it', () => {
  using tree = new TwoTrees('')
  const { status, stderr } = tree.run(['build', '-n'])
  assert.is(status, 2)
  assert.match(stderr, 'main is called twice: by tasks.ts, and by one that it imports')
  assert.match(stderr, 'bpfRules({ root: import.meta.dirname })')
})

test('a root that is a relative path is refused', () => {
  using tree = new TwoTrees("'net'")
  const { status, stderr } = tree.run(['build'])
  assert.is(status, 2)
  assert.match(stderr, 'the root of a tasks.ts is import.meta.dirname')
})

test.run()
