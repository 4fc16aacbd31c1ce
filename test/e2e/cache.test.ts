// Results of commands that are kept for other trees: a second one runs nothing, and has the same bytes.
import { execFileSync, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../tasks/engine/index.ts'
import { inPath, skip, testWith } from '../support/needs.ts'
import { Tree } from '../support/tree.ts'

/** A command that reads headers as a compiler does, says something, and makes a program too. */
const COMPILE = String.raw`set -e
found=; for folder in first last; do
  if [ -z "$found" ] && [ -e $folder/a.h ]; then found=$folder/a.h; fi
done
cat a.c $found > build/a.o
printf '#!/bin/sh\necho run\n' > build/a
chmod +x build/a
echo "build/a.o: a.c $PWD/$found" > build/a.d
echo "$PWD/a.c: warning: it is old" >&2`

const TASKS = `
  const compile = edge({ rule: 'CC', outputs: ['build/a.o', 'build/a'], inputs: ['a.c'], depfile: 'build/a.d',
    searchPath: ['first', 'last'], command: ['sh', 'compile'] })
  const captured = edge({ rule: 'GEN', outputs: ['build/x'], inputs: [compile], cache: true,
    captureStdout: true, command: ['cat', 'build/a.o'] })
  const uncached = edge({ rule: 'DATE', outputs: ['build/date'], inputs: ['a.c'], captureStdout: true,
    command: ['cat', 'a.c'] })
  await main({ build: task('Build', [captured]), all: task('All', [captured, uncached]) })`

class Cache {
  readonly home = new Tree()
  readonly environment = { ACTION_CACHE_DIR: this.home.at('cache') }

  tree(tasks = TASKS): Tree {
    const tree = new Tree()
    tree.tasks(tasks)
    tree.write('compile', COMPILE)
    tree.write('a.c', 'source\n')
    tree.write('last/a.h', 'header\n')
    return tree
  }

  /** How each edge was made: by its command, or from where. */
  how(tree: Tree, args = ['build'], more: Record<string, string> = {}): Record<string, string> {
    const events = tree.events(args, { ...this.environment, ...more })
    return Object.fromEntries(events.flatMap(made))
  }

  [Symbol.dispose](): void {
    this.home[Symbol.dispose]()
  }
}

const made = (event: Event): [string, string][] =>
  event.type === 'finish' ? [[event.rule, event.from ?? event.status]] : []

test('a second tree runs nothing, has the same files, and hears what was said', () => {
  using cache = new Cache()
  using one = cache.tree()
  using two = cache.tree()
  assert.equal(cache.how(one), { CC: 'ok', GEN: 'ok' })
  const { stdout, stderr } = two.run(['build'], cache.environment)
  assert.match(stdout + stderr, `${two.root}/a.c: warning: it is old`)
  assert.match(stdout, /^GEN {3}build\/x from the cache$/m)
  assert.match(stdout, /^0 ran, 2 from the cache \(1 kB\), 0 up to date, 0 failed in/m)
  for (const path of ['build/a.o', 'build/a', 'build/x']) {
    assert.is(two.read(path), one.read(path))
    assert.is(fs.statSync(two.at(path)).mode, fs.statSync(one.at(path)).mode, path)
  }
  assert.match(two.run(['build'], cache.environment).stdout, 'nothing to do')
  // What it has read is known as if it had run.
  two.write('last/a.h', 'other header\n')
  assert.equal(cache.how(two), { CC: 'ok', GEN: 'ok' })
  two.write('last/a.h', 'header\n')
  assert.equal(cache.how(two), { CC: 'folder', GEN: 'folder' })
  assert.equal(cache.how(one), {})
})

test('a header that appears earlier in the search path gives another result', () => {
  using cache = new Cache()
  using one = cache.tree()
  using two = cache.tree()
  cache.how(one)
  two.write('first/a.h', 'first header\n')
  assert.equal(cache.how(two), { CC: 'ok', GEN: 'ok' })
  assert.is(two.read('build/x'), 'source\nfirst header\n')
  assert.equal(cache.how(one), {})
})

test('only edges with a depfile, and those that say so, are kept', () => {
  using cache = new Cache()
  using one = cache.tree()
  using two = cache.tree()
  cache.how(one, ['all'])
  assert.equal(cache.how(two, ['all']), { CC: 'folder', GEN: 'folder', DATE: 'ok' })
})

test('an output that names its tree is of use in that place alone', () => {
  using cache = new Cache()
  const tasks = TASKS.replace("['cat', 'build/a.o']", "['sh', '-c', 'pwd']")
  using one = cache.tree(tasks)
  using two = cache.tree(tasks)
  assert.equal(cache.how(one), { CC: 'ok', GEN: 'ok' })
  assert.equal(cache.how(two), { CC: 'folder', GEN: 'ok' })
  assert.is(two.read('build/x'), `${two.root}\n`)
  one.remove('build')
  assert.equal(cache.how(one), { CC: 'folder', GEN: 'folder' })
})

test('what names the home, or what has failed, is not kept', () => {
  using cache = new Cache()
  const { HOME = '/root' } = process.env
  const tasks = TASKS.replace(
    "['cat', 'build/a.o']",
    `['sh', '-c', 'echo $0; test -e ok', '${HOME}/x']`,
  )
  using one = cache.tree(tasks)
  using two = cache.tree(tasks)
  assert.is(cache.how(one)['GEN'], 'failed')
  for (const tree of [one, two]) {
    tree.write('ok', '')
    assert.is(cache.how(tree)['GEN'], 'ok')
  }
})

/** What `--explain` says of commands that have no result. */
function whyNone(tree: Tree, cache: Cache, args: string[] = ['all']): Record<string, string> {
  const { stdout } = tree.run(['--explain', ...args], cache.environment)
  return Object.fromEntries(
    [...stdout.matchAll(/^cache (\S+): (.*)$/gm)].map(([, ...pair]) => pair),
  )
}

test('--explain says why a command has no result', () => {
  using cache = new Cache()
  using one = cache.tree()
  const nothing = 'no result is kept of this command with these tools and declared inputs'
  const never = 'never kept: it has no depfile, and is not declared with cache: true'
  const all = { 'build/a.o': nothing, 'build/x': nothing, 'build/date': never }
  assert.equal(whyNone(one, cache), all)
  one.write('last/a.h', 'another header\n')
  assert.equal(whyNone(one, cache, ['build']), {
    'build/a.o': 'last/a.h differs from the version known there',
    'build/x': nothing,
  })
  one.write('last/a.h', 'a third header\n')
  assert.match(`${whyNone(one, cache)['build/a.o']}`, 'last/a.h differs from the 2 versions known')
  one.write('first/a.h', 'header\n')
  assert.match(
    `${whyNone(one, cache)['build/a.o']}`,
    'first/a.h is there, and was not when what is kept was made',
  )
  one.write('a.c', 'another source\n')
  assert.is(whyNone(one, cache)['build/a.o'], nothing)
  assert.is(
    whyNone(one, cache, ['-B', 'build'])['build/x'],
    'nothing is looked for: all is made anew',
  )
  using two = cache.tree()
  assert.equal(whyNone(two, cache), { 'build/date': never })
  two.remove('build')
  const compared = two.run(['--explain', 'build', 'ACTION_CACHE_CHECK=1'], cache.environment)
  assert.is(compared.stdout.match(/to be compared/g)?.length, 2, compared.stdout + compared.stderr)
  two.write('a.c', 'source 2\n')
  assert.not.match(two.run(['build'], cache.environment).stdout, 'cache build')
})

test('-B makes all anew, and off keeps nothing', () => {
  using cache = new Cache()
  using one = cache.tree()
  using two = cache.tree()
  cache.how(one, ['build'], { ACTION_CACHE_DIR: 'off' })
  assert.not(cache.home.exists('cache'))
  assert.equal(cache.how(one, ['-B', 'build']), { CC: 'ok', GEN: 'ok' })
  assert.equal(cache.how(one, ['-B', 'build']), { CC: 'ok', GEN: 'ok' })
  assert.equal(cache.how(two, ['build', 'ACTION_CACHE_DIR=off']), { CC: 'ok', GEN: 'ok' })
  two.remove('build')
  assert.equal(cache.how(two), { CC: 'folder', GEN: 'folder' })
})

test('what is damaged, foreign or cut off costs a command, never a build', () => {
  using cache = new Cache()
  using one = cache.tree()
  cache.how(one)
  const files = fs
    .readdirSync(cache.home.at('cache'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /^(?:ac|cas)\/..\//.test(path))
  assert.ok(files.length > 6)
  for (const path of files) {
    const right = cache.home.read(`cache/${path}`)
    for (const text of [
      '',
      right.slice(0, -3),
      '<html>',
      '{"outputFiles":[{"path":"/etc/x"}]}',
      null,
    ]) {
      if (text === null) cache.home.remove(`cache/${path}`)
      else cache.home.write(`cache/${path}`, text)
      using two = cache.tree()
      const { status, stderr } = two.run(['build'], cache.environment)
      assert.is(status, 0, stderr)
      assert.is(two.read('build/x'), one.read('build/x'), `${path} ${text}`)
      assert.not.match(stderr, /note|rror/)
    }
  }
  using last = cache.tree()
  assert.equal(cache.how(last), { CC: 'folder', GEN: 'folder' })
})

test('ACTION_CACHE_CHECK=1 runs what is known, and names what is not made the same', () => {
  using cache = new Cache()
  const tasks = TASKS.replace("['cat', 'build/a.o']", () => "['sh', '-c', 'echo $$']")
  using one = cache.tree(tasks)
  using two = cache.tree(tasks)
  cache.how(one)
  const { stderr } = two.run(['build'], { ...cache.environment, ACTION_CACHE_CHECK: '1' })
  assert.match(stderr, /note: build\/x has other bytes than the result that was kept/)
  assert.not.match(stderr, /build\/a(?:\.o)? has other bytes/)
})

test('cache says what is kept and how often it was found, cache:clear removes it', () => {
  using cache = new Cache()
  const tasks = TASKS.replace('await main({ ', 'await main({ ...cacheTasks, ')
  using one = cache.tree(`${tasks}`)
  using two = cache.tree(tasks)
  const say = (words: string[]) => one.run(words, cache.environment).stdout
  const folder = cache.home.at('cache')
  assert.match(say(['cache']), `folder: ${folder}, empty`)
  cache.how(one)
  cache.how(two)
  assert.match(say(['cache']), /, 0\.0 of 2147 MB; 2 commands found their result, 2 did not$/m)
  assert.match(say(['cache']), 'server: none')
  assert.match(say(['cache', 'ACTION_CACHE_DIR=off']), 'folder: none')
  assert.match(
    say(['cache', 'ACTION_CACHE=http://127.0.0.1:9']),
    'server: http://127.0.0.1:9/ could not be asked',
  )
  cache.home.write('cache/mine', '')
  assert.match(say(['-n', 'cache:clear']), `would remove all results in ${folder}`)
  assert.match(say(['cache:clear']), `removed all results in ${folder}`)
  assert.equal(fs.readdirSync(folder), ['mine'])
  two.remove('build')
  assert.equal(cache.how(two), { CC: 'ok', GEN: 'ok' })
})

test('a folder that cannot be used is said, and nothing else', () => {
  using cache = new Cache()
  using one = cache.tree()
  cache.home.write('cache', 'a file')
  const { status, stderr } = one.run(['build'], cache.environment)
  assert.is(status, 0)
  assert.match(
    stderr,
    /note: results are not kept: .* cannot be used: EEXIST; another folder: ACTION_CACHE_DIR=DIR/,
  )
})

testWith(
  test,
  ['clang', 'btf'],
  'objects of two trees have the same bytes, and another clang is another key',
  () => {
    using cache = new Cache()
    const tasks = `const bpf = bpfRules({ vmlinux: 'none' })
    await main({ build: task('Build', [bpf.object('x.bpf.c')]) }, bpf.mainOptions)`
    const source =
      '#include "x.h"\nint number = NUMBER;\n__attribute__((section("socket"))) int f(void *c) { return number; }\n'
    const trees = [1, 2, 3].map(() => {
      const tree = new Tree()
      tree.tasks(tasks)
      tree.write('x.bpf.c', source)
      tree.write('x.h', '#define NUMBER 3\n')
      return tree
    })
    const [one, two, three] = trees as [Tree, Tree, Tree]
    try {
      assert.is(cache.how(one)['BPF'], 'ok')
      assert.is(cache.how(two)['BPF'], 'folder')
      const bytes = (tree: Tree) => fs.readFileSync(tree.at('build/x.bpf.o'))
      assert.equal(bytes(two), bytes(one))
      assert.is(cache.how(two, ['-B', 'build'])['BPF'], 'ok')
      assert.equal(bytes(two), bytes(one), 'compiled in another folder')
      const clang = fs.realpathSync(
        execFileSync('sh', ['-c', 'command -v clang'], { encoding: 'utf8' }).trim(),
      )
      fs.mkdirSync(three.at('bin'))
      fs.copyFileSync(clang, three.at('bin/clang'))
      fs.appendFileSync(three.at('bin/clang'), '\0')
      const path = { PATH: `${three.at('bin')}:${process.env['PATH']}` }
      assert.is(cache.how(three, ['build'], path)['BPF'], 'ok')
    } finally {
      for (const tree of trees) tree[Symbol.dispose]()
    }
  },
)

testWith(test, ['clang'], 'distcc must not compile BPF programs', () => {
  using tree = new Tree()
  tree.tasks(`const bpf = bpfRules({ vmlinux: 'none' })
    await main({ build: task('Build', [bpf.object('x.bpf.c')]) }, bpf.mainOptions)`)
  tree.write('x.bpf.c', 'int x;\n')
  tree.write('bin/distcc', '#!/bin/sh\nexec "$@"\n')
  fs.chmodSync(tree.at('bin/distcc'), 0o755)
  const path = { PATH: `${tree.at('bin')}:${process.env['PATH']}` }
  const { status, stderr } = tree.run(['build', 'CLANG=distcc clang'], path)
  assert.is(status, 1)
  assert.match(stderr, 'distcc drops the source lines of BTF')
  assert.is(tree.run(['build'], path).status, 0)
})

if (!inPath('gdb')) skip(test, 'gdb finds the sources of a program', 'no gdb here')
else
  testWith(test, ['clang'], 'gdb finds the sources of a program', () => {
    using tree = new Tree()
    tree.tasks(`const bpf = bpfRules({ vmlinux: 'none' })
      await main({ build: task('Build', [bpf.loader('src/m.c')]) }, bpf.mainOptions)`)
    tree.write('src/m.c', 'int main(void)\n{\n\treturn 7; /* here */\n}\n')
    assert.is(tree.run(['build']).status, 0)
    const words = ['-nx', '-batch', '-ex', 'list main', 'build/m']
    const { stdout } = spawnSync('gdb', words, { cwd: tree.root, encoding: 'utf8' })
    assert.match(stdout, 'return 7; /* here */')
  })

test.run()
