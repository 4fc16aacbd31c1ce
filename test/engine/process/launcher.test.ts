// Commands that small shells start: the same as if they were started directly.
import { type ChildProcess, spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Executor } from '../../../tasks/engine/process/executor.ts'
import {
  isTellable,
  LAUNCHER,
  type Launch,
  Launcher,
} from '../../../tasks/engine/process/launcher.ts'
import { Launchers } from '../../../tasks/engine/process/launchers.ts'
import { splitLines } from '../../../tasks/engine/process/lines.ts'
import { inPath, skip } from '../../support/needs.ts'
import { Tree } from '../../support/tree.ts'

const PATH = process.env['PATH'] ?? ''
const children: ChildProcess[] = []

/** A launcher in a shell, as the executor starts it. */
function launcherIn(shell: readonly string[], environment: Record<string, string>): Launcher {
  const [program = '', ...args] = shell
  const child = spawn(program, [...args, '-c', LAUNCHER], {
    // It is as its name is: bash as sh keeps to POSIX.
    argv0: program === 'bash' ? 'sh' : program,
    cwd: '/',
    env: environment,
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  })
  children.push(child)
  return new Launcher({
    pid: child.pid ?? 0,
    tell: (text) => child.stdin?.write(text),
    dismiss: () => child.stdin?.end(),
    rest: () => {},
    onLine: (heard) => splitLines(child.stdout, heard),
    onEnd: (ended) => child.on('close', ended),
  })
}

function dismiss(): void {
  for (const child of children.splice(0)) child.stdin?.end()
}

function launch(tree: Tree, words: readonly string[], more: Partial<Launch> = {}): Launch {
  const both = tree.at('both')
  tree.write('both', '')
  const files = { stdout: both, stderr: both, gate: tree.at('package.json') }
  return { words, directory: tree.root, variables: [], ...files, ...more }
}

/** Some systems have each of them as `sh`. */
const shells = [['dash'], ['bash'], ['busybox', 'sh']].filter(([name = '']) => inPath(name))
const WORDS = [
  ...['', ' ', 'a  b', "it's", '"q"', '$HOME', '$(id)', '`id`', ';', '&& c | d > e', '-n', '--'],
  ...['*', '~', '#', '\\', '\\n', '%s', 'é漢字🦀', '\u0001\u001b[31m', '\t', 'end\\', '\r'],
]

for (const shell of shells) {
  const name = shell.join(' ')

  test(`${name}: words reach the program as they are`, async () => {
    using tree = new Tree()
    const launcher = launcherIn(shell, { PATH })
    const words = ['printf', '[%s]', ...WORDS]
    assert.is(await launcher.run(launch(tree, words)), 0)
    dismiss()
    assert.is(tree.read('both'), WORDS.map((word) => `[${word}]`).join(''))
  })

  test(`${name}: one command after another, each with its folder, variables and output`, async () => {
    using tree = new Tree()
    const launcher = launcherIn(shell, { PATH, BASE: 'base' })
    fs.mkdirSync(tree.at('a b'))
    const say = 'echo "$PWD $BASE $OWN"; echo err >&2; cat'
    const variables = [['OWN', "it's = $x"]] as const
    const directory = tree.at('a b')
    const first = launch(tree, ['sh', '-c', say], { directory, variables, stderr: '/dev/null' })
    assert.is(await launcher.run(first), 0)
    assert.is(tree.read('both'), `${directory} base it's = $x\n`)
    // The next one has nothing of the one before.
    assert.is(await launcher.run(launch(tree, ['sh', '-c', say])), 0)
    assert.is(tree.read('both'), `${tree.root} base \nerr\n`)
    dismiss()
  })

  test(`${name}: its environment is that of the launcher, but for what the shell itself counts`, async () => {
    using tree = new Tree()
    const environment = { PATH, HOME: '/nowhere', LC_ALL: 'C.UTF-8' }
    const launcher = launcherIn(shell, environment)
    assert.is(await launcher.run(launch(tree, ['env'], { variables: [['MORE', '1']] })), 0)
    dismiss()
    const lines = tree.read('both').trim().split('\n').sort()
    const expected = Object.entries({ ...environment, MORE: '1' }).map((pair) => pair.join('='))
    // Bash always says which program it runs.
    const seen = lines.filter((line) => !line.startsWith('_='))
    assert.equal(seen, expected.sort())
  })

  test(`${name}: variables of any meaning are the command's own`, async () => {
    using tree = new Tree()
    const launcher = launcherIn(shell, { PATH })
    const given = [
      ['PWD', '/proc/self/cwd'],
      ['OLDPWD', '/old'],
      ['SHLVL', '7'],
      ['out', '/nowhere/out'],
      ['count', '99'],
    ] as const
    const print = ['printenv', ...given.map(([variable]) => variable)]
    assert.is(await launcher.run(launch(tree, print, { variables: given })), 0)
    assert.equal(
      tree.read('both').trim().split('\n'),
      given.map(([, value]) => value),
    )
    // They are gone with that command.
    assert.is(await launcher.run(launch(tree, print)), 1)
    assert.is(tree.read('both'), '')
    dismiss()
  })

  test(`${name}: exit status, signals, and a program that is not there`, async () => {
    using tree = new Tree()
    const launcher = launcherIn(shell, { PATH })
    const end = (script: string) => launcher.run(launch(tree, ['sh', '-c', script]))
    assert.is(await end('exit 7'), 7)
    assert.is(await end('kill -USR1 $$'), 138)
    assert.is(await end('kill -KILL $$'), 137)
    assert.is(await launcher.run(launch(tree, ['no-such-program'])), 127)
    assert.is(await end('exit 0'), 0)
    dismiss()
  })
}
for (const shell of shells) {
  test(`${shell.join(' ')}: what is told early runs after what went well, and not after what did not`, async () => {
    using tree = new Tree()
    const launcher = launcherIn(shell, { PATH })
    const say = (script: string, early = false) =>
      launcher.run(launch(tree, ['sh', '-c', script]), early)
    assert.equal(await Promise.all([say('sleep 0.05; echo 1'), say('echo 2', true)]), [0, 0])
    assert.is(tree.read('both'), '1\n2\n')
    assert.equal(await Promise.all([say('sleep 0.05; exit 3'), say('echo no', true)]), [
      3,
      'unstarted',
    ])
    assert.is(tree.read('both'), '')
    assert.not(launcher.isBusy)
    // What is told after that is not held back.
    assert.is(await say('echo yes'), 0)
    assert.is(tree.read('both'), 'yes\n')
    const ended = await Promise.all([say('sleep 0.05; kill -TERM $$'), say('echo no', true)])
    assert.equal(ended, [143, 'unstarted'])
    // Nor where the gate was shut meanwhile: it counts for what is told early alone.
    const shut = await Promise.all([
      say(': > package.json'),
      say('echo no', true),
      say('echo no', true),
    ])
    assert.equal(shut, [0, 'unstarted', 'unstarted'])
    assert.is(await say('echo yes'), 0)
    dismiss()
  })
}
for (const name of ['dash', 'bash', 'busybox']) {
  if (!inPath(name)) skip(test, `launchers in ${name}`, `no ${name} here`)
}

test('a launcher that is gone says so', async () => {
  using tree = new Tree()
  const launcher = launcherIn(['sh'], { PATH })
  const running = launcher.run(launch(tree, ['sleep', '1000']))
  const early = launcher.run(launch(tree, ['true']), true)
  process.kill(-launcher.pid, 'SIGKILL')
  assert.equal([await running, await early], [undefined, 'unstarted'])
  assert.is(launcher.isUsable, false)
})

test('a launcher that is not needed any more ends, and is gone when that is told', async () => {
  using tree = new Tree()
  const launcher = launcherIn(['sh'], { PATH })
  assert.is(await launcher.run(launch(tree, ['true'])), 0)
  await launcher.dismiss()
  assert.is(launcher.isUsable, false)
  assert.not(fs.existsSync(`/proc/${launcher.pid}`))
})

test('what a line cannot hold, or a shell cannot name, is not told', () => {
  const files = { stdout: '/o', stderr: '/e', gate: '/g' }
  const plain: Launch = { words: ['a'], directory: '/', variables: [], ...files }
  assert.ok(isTellable({ ...plain, variables: [['_A1', 'x']] }))
  assert.not(isTellable({ ...plain, words: ['a', 'b\nc'] }))
  assert.not(isTellable({ ...plain, directory: '/a\nb' }))
  assert.not(isTellable({ ...plain, variables: [['A', 'b\nc']] }))
  for (const name of ['1A', 'A-B', 'A B', '', 'IFS', 'UID', 'OPTIND', 'launch_out']) {
    assert.not(isTellable({ ...plain, variables: [[name, 'x']] }), name)
  }
  assert.not(isTellable({ ...plain, words: Array(1000).fill('a') }))
  assert.not(isTellable({ ...plain, words: ['a', 'x'.repeat(1 << 17)] }))
})

/** Which of some programs would be given to a launcher; none is started. */
function taken(
  tree: Tree,
  program: string,
  environment: Record<string, string> = { PATH },
): boolean {
  let started = false
  const launchers = new Launchers(() => {
    started = true
    return undefined
  })
  const words = [program]
  launchers.take({ words, directory: tree.root, environment, stdout: 1, stderr: 2 })
  return started
}

test('only what the kernel itself starts is given to a shell, which would take the rest for scripts', () => {
  using tree = new Tree()
  const put = (name: string, bytes: Buffer | string, mode = 0o755): string => {
    tree.write(name, bytes)
    fs.chmodSync(tree.at(name), mode)
    return `./${name}`
  }
  const own = fs.readFileSync('/proc/self/exe').subarray(0, 64)
  const foreign = Buffer.from(own)
  foreign[18] = 0x2a
  assert.ok(taken(tree, 'true'))
  assert.ok(taken(tree, put('script', '#!/bin/sh\n')))
  assert.ok(taken(tree, put('program', own)))
  assert.not(taken(tree, put('foreign', foreign)))
  assert.not(taken(tree, put('words', 'echo no interpreter is named\n')))
  assert.not(taken(tree, put('empty', '')))
  assert.not(taken(tree, put('data', '#!/bin/sh\n', 0o644)))
  assert.not(taken(tree, '.'))
  assert.not(taken(tree, 'no-such-program'))
  assert.not(taken(tree, 'true', { PATH: '/nowhere' }))
})

test('what the first command has of its own is told of each that has it, and of no other', async () => {
  using tree = new Tree()
  const executor = await Executor.load()
  const fd = fs.openSync(tree.at('both'), 'a')
  const say = async (environment: Record<string, string>): Promise<string> => {
    fs.ftruncateSync(fd)
    const words = ['printenv', 'PWD', 'SHLVL', 'MORE']
    const stdio = ['ignore', fd, fd] as const
    await executor.run({ words, directory: tree.root, environment, stdio, group: true })
    return tree.read('both')
  }
  const own = { PATH, PWD: '/proc/self/cwd', SHLVL: '3', MORE: 'more' }
  assert.is(await say(own), '/proc/self/cwd\n3\nmore\n')
  assert.is(await say(own), '/proc/self/cwd\n3\nmore\n')
  assert.is(await say({ PATH }), '')
  fs.closeSync(fd)
})

test('the executor gives commands with open files to launchers, and their ends are told alike', async () => {
  using tree = new Tree()
  const executor = await Executor.load()
  const fd = fs.openSync(tree.at('both'), 'a')
  const environment = { PATH }
  const run = (words: readonly string[]) =>
    executor.run({
      words,
      directory: tree.root,
      environment,
      stdio: ['ignore', fd, fd],
      group: true,
    })
  const parent = ['sh', '-c', 'tr "\\0" " " < /proc/$PPID/cmdline; exit 3']
  const [launched, direct] = [await run(parent), await run([...parent, 'a\nb'])]
  const signalled = await run(['sh', '-c', 'kill -TERM $$'])
  const missing = await run(['./no-such-program'])
  fs.closeSync(fd)
  const said = tree.read('both')
  assert.ok(said.includes('while read -r launch_variables'), said)
  assert.ok(said.includes('onefile') || said.includes('launcher.test'), said)
  assert.equal([launched.status, launched.signal], [3, null])
  assert.equal([direct.status, direct.signal], [3, null])
  assert.equal([signalled.status, signalled.signal], [null, 'SIGTERM'])
  assert.match(missing.failure?.what ?? '', 'there is no such program')
})

test('an end that is asked for ends what a launcher runs, and the launcher', async () => {
  using tree = new Tree()
  const executor = await Executor.load()
  const fd = fs.openSync(tree.at('both'), 'a')
  const running = executor.run({
    words: ['sh', '-c', "trap '' TERM; echo $PPID $$; while :; do sleep 0.01; done"],
    directory: tree.root,
    environment: { PATH },
    stdio: ['ignore', fd, fd],
    group: true,
  })
  while (!tree.read('both').includes('\n')) await new Promise((resolve) => setImmediate(resolve))
  const pids = tree.read('both').trim().split(' ').map(Number)
  executor.end('SIGTERM')
  // It is deaf to what it is asked, so it is killed after a while.
  assert.is((await running).signal, 'SIGKILL')
  fs.closeSync(fd)
  const isThere = (pid: number) =>
    fs.existsSync(`/proc/${pid}`) &&
    !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))
  while (pids.some(isThere)) await new Promise((resolve) => setImmediate(resolve))
})

test.run()
