// What a null build does, counted by strace: each file looked at once, the log read once, no process.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compiledTree } from '../support/compiledtree.ts'
import { inPath, skip } from '../support/needs.ts'
import { repository, Tree } from '../support/tree.ts'

const ONE_TASK = `import { bpfRules } from './tasks/bpf/index.ts'
import { edge, main, task } from './tasks/engine/index.ts'
const copy = edge({ rule: 'COPY', outputs: ['build/b'], inputs: ['package.json'], command: ['cp', 'package.json', 'build/b'] })
await main({ build: task('Copy it', [copy]) }, bpfRules().mainOptions)
`

const EDGES = 40
const HEADERS = 30

/** Edges that each read a source and some of the headers, as their depfiles say. */
function project(): Tree {
  const tree = new Tree()
  tree.tasks(`
    const edges = Array.from({ length: ${EDGES} }, (_, at) => edge({ rule: 'CC', outputs: ['build/' + at + '.o'],
      inputs: ['source/' + at + '.c'], depfile: 'build/' + at + '.d',
      command: ['sh', 'compile', '' + at] }))
    await main({ build: task('Build it', edges) })`)
  tree.write(
    'compile',
    `cp source/$1.c build/$1.o
    echo "build/$1.o: source/$1.c include/$(($1 % ${HEADERS})).h include/$((($1 * 7 + 3) % ${HEADERS})).h" > build/$1.d`,
  )
  for (let at = 0; at < EDGES; at++) tree.write(`source/${at}.c`, `int f${at};\n`)
  for (let at = 0; at < HEADERS; at++) tree.write(`include/${at}.h`, `#define H${at}\n`)
  return tree
}

interface Call {
  readonly name: string
  readonly path: string
}

/** The calls of a run that name a path in the tree, as the tree names it, and all that it executed. */
function traced(
  tree: Tree,
  args: readonly string[],
): { calls: Call[]; executed: number; threads: number; lines: string[] } {
  const loader = `file://${repository}/node_modules/tsx/dist/loader.mjs`
  const { status, stderr } = spawnSync(
    'strace',
    [
      ...['-f', '-q', '-o', tree.at('trace'), '-s', '4096'],
      ...['-e', 'trace=file,process', process.execPath, '--import', loader, 'tasks.ts', ...args],
    ],
    {
      cwd: tree.root,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '' },
    },
  )
  assert.is(status, 0, stderr)
  const lines = tree.read('trace').split('\n')
  tree.remove('trace')
  const calls = lines.flatMap((line): Call[] => {
    const found = /^\d+\s+(\w+)\((?:AT_FDCWD, )?"([^"]*)"/.exec(line)
    if (found === null) return []
    const [, name = '', path = ''] = found
    return [
      { name, path: path.startsWith(`${tree.root}/`) ? path.slice(tree.root.length + 1) : path },
    ]
  })
  // How many have looked at files of the tree.
  const lookers = lines.flatMap(
    (line) =>
      /^(\d+)\s+(?:statx|stat|newfstatat)\(.*"(?:source|include|build)\//.exec(line)?.[1] ?? [],
  )
  const threads = new Set(lookers).size
  // The first one starts the runtime itself.
  return {
    calls,
    lines,
    threads,
    executed: calls.filter(({ name }) => name === 'execve').length - 1,
  }
}

const looks = new Set(['stat', 'lstat', 'statx', 'newfstatat', 'access', 'faccessat', 'faccessat2'])
const opens = new Set(['open', 'openat', 'openat2', 'creat'])

/** How often each path was named by calls of these names. */
function counts(calls: readonly Call[], names: ReadonlySet<string>): Map<string, number> {
  const found = new Map<string, number>()
  for (const { name, path } of calls) {
    if (names.has(name)) found.set(path, (found.get(path) ?? 0) + 1)
  }
  return found
}

/** Those that were looked at twice, but for one whose time is a whole millisecond: that is asked exactly. */
function again(tree: Tree, looked: readonly (readonly [path: string, count: number])[]): string[] {
  return looked.flatMap(([path, count]) =>
    count > 1 && !Number.isInteger(fs.statSync(tree.at(path)).mtimeMs) ? [path] : [],
  )
}

/** What was changed in the tree. */
function written(calls: readonly Call[]): string[] {
  return calls
    .filter(({ name }) => /^(?:unlink|rename|mkdir|rmdir|link|symlink|truncate)/.test(name))
    .map(({ path }) => path)
    .filter(isOfTree)
}

const isOfTree = (path: string): boolean => /^(?:source|include|build)\//.test(path)

if (!inPath('strace')) {
  skip(test, 'what a null build does, by strace', 'no strace here')
} else {
  test('each file is looked at once, whoever reads it', () => {
    using tree = project()
    assert.is(tree.run(['build']).status, 0)
    const { calls } = traced(tree, ['--no-memo', 'build'])
    const looked = [...counts(calls, looks)].filter(([path]) => isOfTree(path))
    const files = looked.filter(([path]) => !path.startsWith('build/.tasks'))
    assert.equal(again(tree, files), [])
    // Sources, outputs, and those headers that anyone reads; nothing else.
    const expected = new Set<string>()
    for (let at = 0; at < EDGES; at++) {
      expected.add(`source/${at}.c`).add(`build/${at}.o`)
      expected.add(`include/${at % HEADERS}.h`).add(`include/${(at * 7 + 3) % HEADERS}.h`)
    }
    assert.equal(files.map(([path]) => path).sort(), [...expected].sort())
  })

  test('the log is opened once, and no source, header, output or depfile at all', () => {
    using tree = project()
    tree.run(['build'])
    const { calls } = traced(tree, ['build'])
    const opened = counts(calls, opens)
    assert.is(opened.get('build/.tasks/log'), 1)
    const others = [...opened.keys()].filter(
      (path) => isOfTree(path) && !path.startsWith('build/.tasks'),
    )
    assert.equal(others, [])
    // By the runtime, and to see whether what it declares can follow from anything else.
    assert.is(opened.get('tasks.ts'), 2)
  })

  test('once nothing was found to do, the log is not opened either, but the memo', () => {
    using tree = project()
    tree.run(['build'])
    traced(tree, ['build'])
    const { calls, executed } = traced(tree, ['build'])
    const opened = counts(calls, opens)
    assert.is(opened.get('build/.tasks/log'), undefined)
    assert.ok([...opened.keys()].some((path) => path.startsWith('build/.tasks/memo')))
    const others = [...opened.keys()].filter(
      (path) => isOfTree(path) && !path.startsWith('build/.tasks'),
    )
    assert.equal(others, [])
    assert.is(executed, 0)
    // Still each file is looked at, once.
    const looked = [...counts(calls, looks)].filter(
      ([path]) => isOfTree(path) && !path.startsWith('build/.tasks'),
    )
    assert.equal(again(tree, looked), [])
    assert.is(looked.filter(([path]) => path.startsWith('source/')).length, EDGES)
  })

  test('where nothing but modules can decide, only what tells a null build is loaded, and nothing written', () => {
    using tree = project()
    tree.run(['build'])
    // The first that finds nothing to do keeps what it saw; by another runtime it is another run.
    traced(tree, ['build'])
    const { calls, executed } = traced(tree, ['build'])
    assert.is(executed, 0)
    assert.equal(written(calls), [])
    const loaded = [...counts(calls, opens).keys()].filter((path) =>
      path.startsWith(`${repository}/dist/`),
    )
    const scripts = loaded.filter((path) => path.endsWith('.js'))
    assert.is(scripts.length, 2, scripts.join(' '))
    assert.ok(scripts.some((path) => path.endsWith('dist/early.js')))
    const total = scripts.reduce((sum, path) => sum + fs.statSync(path).size, 0)
    assert.ok(total < 20_000, `${total} bytes of dist`)
    const looked = [...counts(calls, looks)].filter(([path]) => isOfTree(path))
    const files = looked.filter(([path]) => !path.startsWith('build/.tasks'))
    assert.equal(again(tree, files), [])
    assert.is(files.filter(([path]) => path.startsWith('source/')).length, EDGES)
  })

  test('no process is started, and nothing written but the lock and what reports read', () => {
    using tree = project()
    tree.write('tasks.ts', `${tree.read('tasks.ts')}\nvoid process.version\n`)
    tree.run(['build'])
    // The first one makes what tsx keeps of tasks.ts.
    traced(tree, ['build'])
    const { calls, executed } = traced(tree, ['build'])
    assert.is(executed, 0)
    assert.equal(
      written(calls).filter((path) => !/^build\/\.tasks(?:$|\/(?:lock|last))/.test(path)),
      [],
    )
  })

  test('the runner waits for the end of what has started its commands', () => {
    using tree = project()
    const { lines } = traced(tree, ['build', '-j2'])
    const shells = new Set(
      lines.flatMap((line) => /^(\d+) +execve\(.*launch_variables/.exec(line)?.[1] ?? []),
    )
    assert.ok(shells.size > 0)
    // By wait4(2): what is only left behind is nobody's to wait for.
    const ended = lines.flatMap((line) => /wait4(?:\(| resumed).* = (\d+)$/.exec(line)?.[1] ?? [])
    for (const shell of shells) assert.ok(ended.includes(shell), shell)
  })

  test('no module is loaded that a null build does not use', () => {
    using tree = project()
    tree.run(['build'])
    const { calls } = traced(tree, ['build'])
    const loaded = [...counts(calls, opens).keys()]
      .filter((path) => path.startsWith(`${repository}/`) && /\.(?:ts|m?js|cjs)$/.test(path))
      .map((path) => path.slice(repository.length + 1))
    for (const library of ['zx', 'globby', '@viz-js', 'fast-glob']) {
      assert.not.ok(
        loaded.some((path) => path.startsWith(`node_modules/${library}/`)),
        library,
      )
    }
    const rooms = loaded.filter((path) => path.startsWith('tasks/engine/'))
    for (const room of ['watch/', 'inspect/', 'run/limits', 'run/jobserver', 'run/memory']) {
      assert.not.ok(
        rooms.some((path) => path.startsWith(`tasks/engine/${room}`)),
        room,
      )
    }
  })

  test('of the compiled rooms, listing the tasks loads few files, and none that only some tasks need', () => {
    using tree = compiledTree()
    // The names of families are asked for by what a build asks with.
    tree.write('tasks.ts', ONE_TASK)
    const opened = (args: readonly string[]): string[] =>
      [...counts(traced(tree, args).calls, opens).keys()].filter((path) =>
        /^dist\/.*\.js$/.test(path),
      )
    const listing = opened(['--list'])
    assert.ok(listing.includes('dist/engine.js'))
    assert.ok(listing.length <= 11, listing.join(' '))
    assert.not.ok(listing.some((path) => path.startsWith('dist/chunks/inspect-')))
    // tsx makes such a file anew in each run: what is small may be.
    const rewritten = listing.filter((path) => /\bimport\(/.test(tree.read(path)))
    assert.equal(rewritten, ['dist/chunks/demand.js'])
    assert.ok(opened(['build']).some((path) => path.startsWith('dist/chunks/inspect-')))
  })

  test('listing the tasks looks at no file of the tree', () => {
    using tree = project()
    tree.run(['build'])
    // The first one makes what tsx keeps of tasks.ts.
    traced(tree, ['--list'])
    const { calls, executed } = traced(tree, ['--list'])
    assert.is(executed, 0)
    const named = [...counts(calls, new Set([...looks, ...opens])).keys()]
    assert.equal(
      named.filter((path) => isOfTree(path) && !path.startsWith('build/.tasks')),
      [],
    )
  })
}

test.run()
