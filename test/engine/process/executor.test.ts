// Commands as processes: what they get, how they end, what ends with them.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Command, Executor, signalStatus } from '../../../tasks/engine/process/executor.ts'
import { Tree } from '../../support/tree.ts'

const ECHO = ['-e', 'process.stdout.write(JSON.stringify(process.argv.slice(1)))', '--']
const node = process.execPath

function command(words: readonly string[], more: Partial<Command> = {}): Command {
  return {
    words,
    directory: '/',
    environment: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
    group: true,
    ...more,
  }
}

/** An end that does not come fails the test instead of stopping all of them. */
async function soon<T>(what: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it does not end')), 20_000)
  })
  try {
    return await Promise.race([what, late])
  } finally {
    clearTimeout(timer)
  }
}

/** True when the process is there and no zombie. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Waits until it holds, turn by turn of the event loop; false after a long time. */
async function eventually(holds: () => boolean): Promise<boolean> {
  const deadline = performance.now() + 5000
  while (!holds()) {
    if (performance.now() > deadline) return false
    await new Promise((resolve) => setImmediate(resolve))
  }
  return true
}

test('arguments reach the program as they are: no shell sees them', async () => {
  const executor = await Executor.load()
  const words = [
    '',
    ' ',
    'a b',
    "it's",
    '"quoted"',
    '$HOME',
    '\u0024{x}',
    '$(id)',
    '`id`',
    ';',
    'a;b && c | d > e < f &',
    'line\nbreak\r\ttab',
    '-n',
    '--',
    '--flag=x y',
    '*',
    '~',
    '#',
    '\\',
    '\\n',
    '%s %%',
    'é漢字🦀',
    '[object Object]',
    'undefined',
    '\u0001\u001b[31m',
  ]
  const { status, stdout } = await executor.run(command([node, ...ECHO, ...words]))
  assert.is(status, 0)
  assert.equal(JSON.parse(stdout), words)
})

test('a program with an odd name is that program', async () => {
  using tree = new Tree()
  const executor = await Executor.load()
  for (const name of ['a b', "it's $x;", '-n', 'é']) {
    tree.write(`bin/${name}`, '#!/bin/sh\nprintf %s "$0 $#"\n')
    fs.chmodSync(tree.at(`bin/${name}`), 0o755)
    const { stdout } = await executor.run(command([tree.at(`bin/${name}`), 'x y']))
    assert.is(stdout, `${tree.at(`bin/${name}`)} 1`)
  }
})

test('it gets its environment and folder, and nothing of ours', async () => {
  using tree = new Tree()
  const executor = await Executor.load()
  const script = 'process.stdout.write(JSON.stringify([process.env, process.cwd()]))'
  const environment = { A: 'a b', EMPTY: '', UNSET: undefined }
  const directory = tree.root
  const ran = await executor.run(command([node, '-e', script], { environment, directory }))
  assert.equal(JSON.parse(ran.stdout), [{ A: 'a b', EMPTY: '' }, tree.root])
})

test('exit status and both streams, whole', async () => {
  const executor = await Executor.load()
  const script =
    "process.stdout.write('x'.repeat(1e6)); process.stderr.write('y'); process.exitCode = 7"
  const ran = await executor.run(command([node, '-e', script]))
  assert.equal([ran.status, ran.signal, ran.stdout.length, ran.stderr], [7, null, 1_000_000, 'y'])
  assert.is(ran.failure, undefined)
  assert.ok(ran.ms > 0)
})

test('standard input is empty, not ours', async () => {
  const executor = await Executor.load()
  const { stdout, status } = await executor.run(command(['cat']))
  assert.equal([stdout, status], ['', 0])
})

test('output goes to an open file', async () => {
  using tree = new Tree()
  const executor = await Executor.load()
  const fd = fs.openSync(tree.at('both'), 'a+')
  const words = ['sh', '-c', 'echo one; echo two >&2; echo three']
  await executor.run(command(words, { stdio: ['ignore', fd, fd] }))
  fs.closeSync(fd)
  assert.is(tree.read('both'), 'one\ntwo\nthree\n')
})

test('lines come whole, one by one, the last one also without a line end', async () => {
  const executor = await Executor.load()
  const lines: string[] = []
  const script = `const pause = () => new Promise(setImmediate)
    const [first, second] = Buffer.from('é')
    const parts = ['a', 'b\\nc\\n\\nd', Buffer.of(first), Buffer.of(second), '!\\nlast']
    for (const part of parts) {
      process.stdout.write(part)
      await pause()
    }`
  const words = [node, '--input-type=module', '-e', script]
  await executor.run(command(words, { onLine: (line) => lines.push(line) }))
  assert.equal(lines, ['ab', 'c', '', 'dé!', 'last'])
})

test('a program that cannot be started: what and where', async () => {
  using tree = new Tree()
  const executor = await Executor.load()
  tree.write('plain', '')
  for (const [program, why] of [
    ['no-such-program', 'there is no such program'],
    [tree.at('no-such-program'), 'there is no such program'],
    [tree.at('plain'), 'it is not executable'],
  ] as const) {
    const ran = await executor.run(command([program], { directory: tree.root }))
    assert.is(ran.status, null)
    assert.is(ran.signal, null)
    assert.equal(ran.failure, {
      what: `${program} could not be started: ${why}`,
      facts: [['in', tree.root]],
    })
  }
})

test('a folder that is not there is not taken for a missing program', async () => {
  const executor = await Executor.load()
  const ran = await executor.run(command(['true'], { directory: '/no/such/folder' }))
  assert.is(ran.status, null)
  assert.not.match(ran.failure?.what ?? '', 'no such program')
  assert.match(JSON.stringify(ran.failure), '/no/such/folder')
})

test('arguments that are too long are a failure, not a bug', async () => {
  const executor = await Executor.load()
  const ran = await executor.run(command(['true', 'x'.repeat(1 << 22)]))
  assert.match(ran.failure?.what ?? '', 'too long')
})

test('a signal that ended it is told', async () => {
  const executor = await Executor.load()
  const { status, signal } = await executor.run(command(['sh', '-c', 'kill -USR1 $$']))
  assert.equal([status, signal], [null, 'SIGUSR1'])
  assert.is(signalStatus('SIGINT'), 130)
  assert.is(signalStatus('SIGTERM'), 143)
})

/** Runs a script that starts a process of its own; ends it when both run; gives that one's pid. */
async function endedWith(signal: NodeJS.Signals | 'kill', script: string): Promise<number> {
  const executor = await Executor.load()
  let pid = 0
  const onLine = (line: string) => {
    pid = Number(line)
    if (signal === 'kill') executor.kill()
    else executor.end(signal)
  }
  await soon(executor.run(command(['sh', '-c', script], { onLine })))
  return pid
}

test('what a command has started ends with it', async () => {
  for (const signal of ['SIGTERM', 'SIGHUP', 'kill'] as const) {
    const pid = await endedWith(signal, 'sleep 1000 & echo $!; wait')
    assert.ok(pid > 0)
    assert.ok(await eventually(() => !isAlive(pid)), signal)
  }
})

test('one that does not end when asked is killed, with what it started', async () => {
  const pid = await endedWith('SIGTERM', "trap '' TERM; sleep 1000 & echo $!; wait; wait")
  assert.ok(await eventually(() => !isAlive(pid)))
})

test('what a command has started ends also where only the command heeds the signal', async () => {
  using tree = new Tree()
  const executor = await Executor.load()
  // A shell lets what it starts with & ignore SIGINT.
  const words = ['sh', '-c', 'sleep 1000 & echo $! >pid.new; mv pid.new pid; wait']
  const stdio = ['ignore', 'ignore', 'ignore'] as const
  const running = executor.run(command(words, { directory: tree.root, stdio }))
  assert.ok(await eventually(() => tree.exists('pid')))
  const pid = Number(tree.read('pid'))
  // From here on it is sleep itself, which ignores SIGINT as the shell has set it.
  assert.ok(await eventually(() => fs.readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n'))
  executor.end('SIGINT')
  const { signal } = await soon(running)
  const ended = await eventually(() => !isAlive(pid))
  if (!ended) process.kill(pid, 'SIGKILL')
  assert.is(signal, 'SIGINT')
  assert.ok(ended, `sleep (${pid}) still runs`)
})

test('what is started after the end was asked for ends too', async () => {
  const executor = await Executor.load()
  executor.end('SIGTERM')
  const { signal } = await soon(executor.run(command(['sleep', '1000'])))
  assert.is(signal, 'SIGTERM')
})

test('outside of a group the command is asked, and no process of ours', async () => {
  const executor = await Executor.load()
  const lines: string[] = []
  const onLine = (line: string) => {
    lines.push(line)
    executor.end('SIGTERM')
  }
  const running = executor.run(command([node, '-e', WAITS], { group: false, onLine }))
  const { signal } = await soon(running)
  assert.equal([signal, lines], ['SIGTERM', ['up']])
})

const WAITS = "console.log('up'); setInterval(() => {}, 1000)"

test('asking for an end when nothing runs keeps nothing alive', async () => {
  const executor = await Executor.load()
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  executor.end('SIGTERM')
  assert.is(timers(), before)
})

test('closing leaves no child of ours', async () => {
  using tree = new Tree()
  const children = (): string[] =>
    fs.readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1').trim().split(' ')
  const others = children()
  const executor = await Executor.load()
  const fd = fs.openSync(tree.at('both'), 'a+')
  const stdio = ['ignore', fd, fd] as const
  await Promise.all(['1', '2'].map((word) => executor.run(command(['echo', word], { stdio }))))
  fs.closeSync(fd)
  assert.is(children().filter((pid) => !others.includes(pid)).length, 2, 'a launcher each')
  await executor.close()
  assert.equal(
    children().filter((pid) => !others.includes(pid)),
    [],
  )
})

test('groups stop and go on, those that launchers lead too', async () => {
  using tree = new Tree()
  const executor = await Executor.load()
  const fd = fs.openSync(tree.at('both'), 'a+')
  const words = ['sh', '-c', 'echo $$; sleep 1000; true']
  const runs = (['pipe', fd] as const).map((stream) =>
    executor.run(command(words, { stdio: ['ignore', fd, stream] })),
  )
  const pids = (): number[] => tree.read('both').trim().split('\n').map(Number)
  assert.ok(await eventually(() => pids().length === 2))
  // A shell waits in the kernel (D) for a child that was stopped before it became another program.
  const isStopped = (pid: number) =>
    /^State:\s+[TD]/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))
  // A command may have written before its launcher has told of it, so it is stopped until all are.
  const areStopped = (): boolean => {
    executor.signalGroups('SIGSTOP')
    return pids().every(isStopped)
  }
  assert.ok(await eventually(areStopped))
  executor.signalGroups('SIGCONT')
  assert.ok(await eventually(() => !pids().some(isStopped)))
  executor.kill()
  for (const run of runs) assert.is((await soon(run)).signal, 'SIGKILL')
  fs.closeSync(fd)
})

test('what a failed command left running has ended when it counts as failed', async () => {
  using tree = new Tree()
  const executor = await Executor.load()
  const fd = fs.openSync(tree.at('both'), 'a+')
  for (const stream of ['pipe', fd] as const) {
    tree.write('pid', '')
    const words = ['sh', '-c', 'sleep 1000 >&- 2>&- & echo $! >pid; kill -9 $$']
    const stdio = ['ignore', fd, stream] as const
    const exit = await executor.run(command(words, { directory: tree.root, stdio }))
    assert.is(exit.signal, 'SIGKILL')
    assert.not(isAlive(Number(tree.read('pid'))))
    // A launcher that had to be ended with it does not get the next command.
    assert.is((await executor.run(command(['true'], { stdio }))).status, 0)
  }
  fs.closeSync(fd)
  await executor.close()
})

test('what a body has started ends with the run: children, and what they left in the background', async () => {
  using tree = new Tree()
  const script = `trap '' TERM
    sh -c 'sleep 1001 & echo $! >>pids'
    sleep 1002 & echo $! >>pids
    env -i /bin/sleep 1003 & echo $! >>pids
    echo $$ >>pids
    wait; wait; wait; sleep 1004`
  for (const way of ['run', '$'] as const) {
    tree.write('pids', '')
    const executor = await Executor.load()
    const words = ['sh', '-c', script]
    const environment = { PATH: process.env['PATH'] }
    const more = { group: false, directory: tree.root, environment }
    const running =
      way === 'run'
        ? executor.run(command(words, { ...more, stdio: ['ignore', 'ignore', 'ignore'] }))
        : executor.bodyShell({ cwd: tree.root, nothrow: true })`sh -c ${script}`
    const pids = (): number[] => tree.read('pids').trim().split('\n').map(Number)
    assert.ok(await eventually(() => pids().length === 4))
    executor.end('SIGTERM')
    await soon(Promise.all([running, executor.close()]))
    assert.equal(pids().filter(isAlive), [], way)
  }
})

test.run()
