// Where output goes to: who reads it may be slow, end early, or have no room.
import { spawn, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { noStack } from '../support/buildverdicts.ts'
import { inOwnMounts } from '../support/mounts.ts'
import { testWith } from '../support/needs.ts'
import { tsxCommand } from '../support/runtimes.ts'
import { Tree } from '../support/tree.ts'

const MANY = 5000

/** A tree whose list of tasks is longer than a pipe holds. */
function long(): Tree {
  const tree = new Tree()
  tree.tasks(`
const copy = edge({ rule: 'COPY', outputs: ['build/b'], inputs: ['a'], command: ['cp', 'a', 'build/b'] })
const many = Array.from({ length: ${MANY} }, (_, at) => ['task' + at, task('It does nothing much ' + at, [])])
await main({ build: task('Copy', [copy]), ...Object.fromEntries(many) })
`)
  tree.write('a', 'a')
  return tree
}

function isWhole(text: string): void {
  const lines = text.split('\n')
  assert.is(lines.length, MANY + 2)
  for (let at = 0; at < MANY; at++) assert.match(lines[at + 1] ?? '', `nothing much ${at}`)
}

test('a pipe that does not block gets everything, in order, however slowly it is read', async () => {
  using tree = long()
  const path = tree.at('fifo')
  assert.is(spawnSync('mkfifo', [path]).status, 0)
  const { O_RDONLY, O_WRONLY, O_NONBLOCK } = fs.constants
  const from = fs.openSync(path, O_RDONLY | O_NONBLOCK)
  const to = fs.openSync(path, O_WRONLY | O_NONBLOCK)
  const [program = '', ...words] = tsxCommand('--list')
  const child = spawn(program, words, { cwd: tree.root, stdio: ['ignore', to, 'inherit'] })
  fs.closeSync(to)
  let text = ''
  let ended = false
  child.on('close', () => {
    ended = true
  })
  const bytes = Buffer.alloc(1 << 10)
  for (let isOver = false; !isOver; ) {
    await new Promise((resolve) => setImmediate(resolve))
    isOver = ended
    try {
      for (let read = 1; read > 0; ) {
        read = fs.readSync(from, bytes)
        text += bytes.toString('latin1', 0, read)
      }
    } catch (error) {
      assert.is((error as NodeJS.ErrnoException).code, 'EAGAIN')
    }
  }
  fs.closeSync(from)
  assert.is(child.exitCode, 0)
  isWhole(text)
})

test('a file gets everything', () => {
  using tree = long()
  const fd = fs.openSync(tree.at('list'), 'w')
  const [program = '', ...words] = tsxCommand('--list')
  assert.is(
    spawnSync(program, words, { cwd: tree.root, stdio: ['ignore', fd, 'inherit'] }).status,
    0,
  )
  fs.closeSync(fd)
  isWhole(tree.read('list'))
})

test('who reads may end first: a list is of no use then, and a build is ended', () => {
  using tree = long()
  const into = (args: readonly string[]) =>
    spawnSync('bash', ['-c', '"$@" | true; echo $PIPESTATUS', 'sh', ...tsxCommand(...args)], {
      cwd: tree.root,
      encoding: 'utf8',
    })
  for (const [args, status] of [
    [['--list'], '0\n'],
    [['build'], '141\n'],
  ] as const) {
    const { stdout, stderr } = into(args)
    assert.equal([stdout, stderr], [status, ''])
  }
})

test('a build whose output cannot be written ends with 1, with something to do or not', () => {
  using tree = new Tree()
  tree.tasks(
    `await main({ build: task('Build', [edge({ rule: 'T', outputs: ['build/x'], command: ['touch', 'build/x'] })]) })`,
  )
  for (const _ of ['something', 'nothing']) {
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', '"$@" >/dev/full', 'sh', ...tsxCommand('build')],
      {
        cwd: tree.root,
        encoding: 'utf8',
      },
    )
    assert.is(status, 1)
    assert.match(stderr, /^error: cannot write to standard output: ENOSPC[^\n]*\n$/)
  }
})

testWith(test, ['root', 'mounts'], 'a disk without room for it is told, once', () => {
  using tree = long()
  const command = ['sh', '-c', '"$@" > small/list', 'sh', ...tsxCommand('--list')]
  fs.mkdirSync(tree.at('small'))
  const [program = '', ...words] = inOwnMounts('mount -t tmpfs -o size=8k none small', command)
  const { status, stderr } = spawnSync(program, words, { cwd: tree.root, encoding: 'utf8' })
  assert.is(status, 1, stderr)
  assert.match(stderr, /^error: cannot write to standard output: ENOSPC[^\n]*\n$/)
  noStack({ stdout: '', stderr })
})

test.run()
