// Under a real `make -j`: together no more commands than it allows, and no token is lost.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inPath, skip } from '../support/needs.ts'
import { repository, Tree } from '../support/tree.ts'

const EDGES = 8

/**
 * A Makefile that runs two builds at once. Each command says when it begins and when it ends, and
 * waits in between until as many run as may, or until all have begun. It is started by a launcher,
 * whose parent is the build.
 */
function project(body: string): Tree {
  const tree = new Tree()
  tree.write(
    'run',
    `#!/bin/sh\nexec 9>>log\necho "start $(cut -d' ' -f4 /proc/$PPID/stat)" >&9\n${body}\necho end >&9\n: > "$1"\n`,
  )
  fs.chmodSync(tree.at('run'), 0o755)
  for (const half of ['one', 'two']) {
    tree.write(
      `${half}.ts`,
      `import { edge, main, task } from '${repository}/tasks/engine/index.ts'
      const edges = Array.from({ length: ${EDGES} }, (_, at) => edge({ rule: 'RUN',
        outputs: ['${half}/' + at], command: ['./run', '${half}/' + at] }))
      await main({ build: task('Build it', edges) }, { out: '${half}' })`,
    )
  }
  const run = `${process.execPath} --import ${import.meta.resolve('tsx')}`
  tree.write('Makefile', `all: one two\none two:\n\t+@${run} $@.ts build -v\n.PHONY: all one two\n`)
  return tree
}

/** How many commands ran at once at most, by what they said in order. */
function most(log: string): number {
  let [running, high] = [0, 0]
  for (const line of log.split('\n')) {
    if (line.startsWith('start')) running++
    if (line === 'end') running--
    high = Math.max(high, running)
  }
  return high
}

const environment = { PATH: process.env['PATH'] ?? '' }

if (!inPath('make')) {
  skip(test, 'builds under make', 'no make here')
} else {
  test('two builds share what make -j allows, and give it back', () => {
    const places = 4
    using tree = project(`until [ "$(grep -c start log)" -ge ${places} ]; do sleep 0.01; done`)
    const { status, stderr } = spawnSync('make', [`-j${places}`], {
      cwd: tree.root,
      encoding: 'utf8',
      env: environment,
      timeout: 120_000,
    })
    assert.is(status, 0, stderr)
    assert.match(stderr, `at most ${places} commands at once`)
    assert.not.match(stderr, /INTERNAL|jobserver tokens/)
    const log = tree.read('log')
    assert.is(log.match(/^end$/gm)?.length, EDGES * 2)
    // Four that wait for each other have begun, so it is not fewer than make allows either.
    assert.is(most(log), places)
  })

  test('a build that fails gives its tokens back', () => {
    using tree = project('case $1 in one/*) exit 1;; esac')
    const { status, stderr } = spawnSync('make', ['-k', '-j3'], {
      cwd: tree.root,
      encoding: 'utf8',
      env: environment,
      timeout: 120_000,
    })
    assert.is(status, 2)
    assert.not.match(stderr, /INTERNAL|jobserver tokens/)
    assert.ok(tree.exists(`two/${EDGES - 1}`))
  })

  test('a build that is ended by a signal gives its tokens back', async () => {
    using tree = project('case $1 in one/*) exec tail -f /dev/null;; esac')
    const make = spawn('make', ['-k', '-j3'], { cwd: tree.root, env: environment })
    let said = ''
    make.stderr.on('data', (text: Buffer) => {
      said += text.toString()
    })
    // Two of the first build hang, so all tokens are held by it when the second one is done.
    const ended = once(make, 'close')
    const started = (): string[] =>
      tree.exists('log') ? (tree.read('log').match(/^start \d+$/gm) ?? []) : []
    const hanging = (): Map<string, number> => {
      const counts = new Map<string, number>()
      for (const line of started()) counts.set(line, (counts.get(line) ?? 0) + 1)
      return counts
    }
    while (![...hanging().values()].includes(EDGES) || hanging().size < 2) {
      assert.is(make.exitCode, null, said)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const [first] = [...hanging()].filter(([, count]) => count < EDGES)
    process.kill(Number(first?.[0].split(' ')[1]), 'SIGTERM')
    await ended
    assert.not.match(said, /INTERNAL|jobserver tokens/)
    assert.match(said, /\[Makefile:3: one\]/)
  })

  test('make -n, -t and -q run nothing; -q says that something is stale', () => {
    using tree = project('')
    const make = (...args: readonly string[]) =>
      spawnSync('make', [...args, 'one'], { cwd: tree.root, encoding: 'utf8', env: environment })
    for (const option of ['-n', '-t', '-q']) {
      const { status, stderr } = make(option)
      assert.is(tree.exists('log'), false, option)
      assert.is(status, option === '-q' ? 1 : 0, stderr)
    }
    assert.is(make().status, 0)
    assert.ok(tree.exists('log'))
    assert.is(make('-q').status, 0)
  })

  test('without a + make gives no jobserver, and that is said', () => {
    using tree = project('')
    tree.write('Makefile', tree.read('Makefile').replace('\t+@', '\t@'))
    const { status, stderr } = spawnSync('make', ['-j2', 'one'], {
      cwd: tree.root,
      encoding: 'utf8',
      env: environment,
      timeout: 120_000,
    })
    assert.is(status, 0)
    assert.match(stderr, /put a \+ before the command/)
  })
}

test.run()
