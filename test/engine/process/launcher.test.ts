// Commands that small shells start: the same as if they were started directly.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Executor, splitLines } from '../../../tasks/engine/process/executor.ts'
import {
  isPassable,
  LAUNCHER,
  type Launch,
  Launcher,
  saysUnstarted,
} from '../../../tasks/engine/process/launcher.ts'
import { Launchers } from '../../../tasks/engine/process/launchers.ts'
import { inPath, skip } from '../../support/needs.ts'
import { Tree } from '../../support/tree.ts'

const PATH = process.env['PATH'] ?? ''
const NAME = 'launcher-1'
const children: ChildProcess[] = []

/** A launcher in a shell, as the executor starts it. */
function launcherIn(shell: readonly string[], environment: Record<string, string>): Launcher {
  const [program = '', ...args] = shell
  const child = spawn(program, [...args, '-c', LAUNCHER, NAME], {
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
    write: (text) => child.stdin?.write(text),
    end: () => child.stdin?.end(),
    unref: () => {},
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
  const files = { stdout: both, stderr: both }
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

  test(`${name}: exit status and signals`, async () => {
    using tree = new Tree()
    const launcher = launcherIn(shell, { PATH })
    const end = (script: string) => launcher.run(launch(tree, ['sh', '-c', script]))
    assert.is(await end('exit 7'), 7)
    assert.is(await end('kill -USR1 $$'), 138)
    assert.is(await end('kill -KILL $$'), 137)
    assert.is(await end('exit 126'), 126)
    assert.is(await end('exit 127'), 127)
    assert.is(await end('exit 0'), 0)
    dismiss()
  })
}
for (const shell of shells) {
  test(`${shell.join(' ')}: what was not started is reported under its own name`, async () => {
    using tree = new Tree()
    const launcher = launcherIn(shell, { PATH })
    tree.write('script', '#!/no/such/interpreter\n')
    fs.chmodSync(tree.at('script'), 0o755)
    const isUnstarted = async (words: readonly string[], directory = tree.root) => {
      const status = await launcher.run(launch(tree, words, { directory }))
      return status !== 0 && saysUnstarted(tree.read('both'), NAME)
    }
    assert.ok(await isUnstarted(['no-such-program']))
    assert.ok(await isUnstarted(['./script']))
    assert.ok(await isUnstarted(['true'], tree.at('no-such-directory')))
    assert.not(await isUnstarted(['sh', '-c', 'exit 127']))
    assert.not(await isUnstarted(['sh', '-c', 'no-such-program']))
    dismiss()
  })
}
for (const name of ['dash', 'bash', 'busybox']) {
  if (!inPath(name)) skip(test, `launchers in ${name}`, `no ${name} here`)
}

test('a launcher that is killed loses its command', async () => {
  using tree = new Tree()
  const launcher = launcherIn(['sh'], { PATH })
  const running = launcher.run(launch(tree, ['sleep', '1000']))
  process.kill(-launcher.pid, 'SIGKILL')
  assert.is(await running, 'lost')
  assert.ok(launcher.hasEnded)
})

test('a launcher that exits by itself could not start its command: the system refused a process', async () => {
  using tree = new Tree()
  let end = (_status: number | null): void => assert.unreachable()
  const nothing = (): void => {}
  const launcher = new Launcher({
    pid: 1,
    write: nothing,
    end: nothing,
    unref: nothing,
    onLine: nothing,
    onEnd: (ended) => {
      end = ended
    },
  })
  const running = launcher.run(launch(tree, ['true']))
  end(2)
  assert.is(await running, 'unstarted')
  assert.ok(launcher.hasEnded)
})

test('a launcher that is closed ends, and is gone when that resolves', async () => {
  using tree = new Tree()
  const launcher = launcherIn(['sh'], { PATH })
  assert.is(await launcher.run(launch(tree, ['true'])), 0)
  await launcher.close()
  assert.ok(launcher.hasEnded)
  assert.not(fs.existsSync(`/proc/${launcher.pid}`))
})

test('what a line cannot hold, or a shell cannot name, is not passed on', () => {
  const files = { stdout: '/o', stderr: '/e' }
  const plain: Launch = { words: ['a'], directory: '/', variables: [], ...files }
  assert.ok(isPassable({ ...plain, variables: [['_A1', 'x']] }))
  assert.not(isPassable({ ...plain, words: ['a', 'b\nc'] }))
  assert.not(isPassable({ ...plain, directory: '/a\nb' }))
  assert.not(isPassable({ ...plain, variables: [['A', 'b\nc']] }))
  for (const name of ['1A', 'A-B', 'A B', '', 'IFS', 'UID', 'OPTIND', 'launch_out']) {
    assert.not(isPassable({ ...plain, variables: [[name, 'x']] }), name)
  }
  assert.not(isPassable({ ...plain, words: Array(1000).fill('a') }))
  assert.not(isPassable({ ...plain, words: ['a', 'x'.repeat(1 << 17)] }))
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
  launchers.acquire({ words, directory: tree.root, environment, stdout: 1, stderr: 2 })
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
  const fd = fs.openSync(tree.at('both'), 'a+')
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
  const fd = fs.openSync(tree.at('both'), 'a+')
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
  assert.ok(said.includes('support/uvu.ts') || said.includes('launcher.test'), said)
  assert.equal([launched.status, launched.signal], [3, null])
  assert.equal([direct.status, direct.signal], [3, null])
  assert.equal([signalled.status, signalled.signal], [null, 'SIGTERM'])
  assert.match(missing.failure?.what ?? '', 'there is no such program')
})

test('why a program could not be started is not lost behind a launcher', async () => {
  using tree = new Tree()
  const executor = await Executor.load()
  const fd = fs.openSync(tree.at('both'), 'a+')
  const put = (name: string, text: string): void => {
    tree.write(name, text)
    fs.chmodSync(tree.at(name), 0o755)
  }
  const run = (words: readonly string[], environment: Record<string, string> = { PATH }) =>
    executor.run({
      words,
      directory: tree.root,
      environment,
      stdio: ['ignore', fd, fd],
      group: true,
    })
  put('tool', '#!/bin/sh\necho ran\n')
  put('script', '#!/no/such/interpreter\n')
  assert.is((await run(['./tool'])).status, 0)
  tree.remove('tool')
  // It is known as a program by now, so a launcher tries to start it.
  const gone = await run(['./tool'])
  assert.equal([gone.status, gone.signal], [null, null])
  assert.is(gone.failure?.what, './tool could not be started: there is no such program')
  const script = await run(['./script'])
  assert.match(script.failure?.what ?? '', 'the interpreter that it names does not exist')
  // Nothing of what the shell said about it is taken for output.
  assert.is(tree.read('both'), 'ran\n')
  // A status of the command's own is its own.
  const own = await run(['sh', '-c', 'exit 126'])
  assert.equal([own.status, own.failure], [126, undefined])
  fs.closeSync(fd)
  await executor.close()
})

test('an environment that leaves no room for the arguments is said, behind a launcher too', async () => {
  using tree = new Tree()
  const executor = await Executor.load()
  const fd = fs.openSync(tree.at('both'), 'a+')
  const words = (count: number) => [
    'true',
    ...Array.from({ length: count }, () => 'x'.repeat(1000)),
  ]
  const environment: Record<string, string> = { PATH }
  const run = (count: number) =>
    executor.run({
      words: words(count),
      directory: tree.root,
      environment,
      stdio: ['ignore', fd, fd],
      group: true,
    })
  // As large as the launcher itself can still be started with.
  const { stdout } = spawnSync('getconf', ['ARG_MAX'], { encoding: 'utf8' })
  const room = Number(stdout) - 20_000
  for (let at = 0; at * 100_000 < room - 100_000; at++) environment[`V${at}`] = 'v'.repeat(99_980)
  environment['REST'] = 'v'.repeat(room % 100_000)
  const small = await run(0)
  const large = await run(30)
  fs.closeSync(fd)
  await executor.close()
  assert.equal([small.status, small.failure], [0, undefined])
  assert.match(large.failure?.what ?? '', 'its arguments and environment are too long')
  assert.is(tree.read('both'), '')
})

test('an end that is asked for ends what a launcher runs, and the launcher', async () => {
  using tree = new Tree()
  const executor = await Executor.load()
  const fd = fs.openSync(tree.at('both'), 'a+')
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
