// What the options of the command line do: how much runs at once, what is only asked, what is shown.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { build, noStack, settled, snapshot } from '../support/buildverdicts.ts'
import { Gate } from '../support/heldcommand.ts'
import { livingIn, Started, until } from '../support/startedrun.ts'
import { Tree } from '../support/tree.ts'

const COPY = `
const copy = edge({ rule: 'COPY', outputs: ['build/b'], inputs: ['a'],
  command: ['sh', '-c', 'echo a word from it; cp a build/b'] })
await main({ build: task('Copy', [copy]), silent: task('Nothing', []) })
`

/** `good` and its user, `bad` that fails and its user, all independent of each other. */
const HALF_BAD = `
const copy = (name, input, script = 'cp $0 $1') => edge({ rule: 'COPY', outputs: ['build/' + name],
  inputs: [input], command: ['sh', '-c', script, input, 'build/' + name] })
const bad = copy('bad', 'a', 'echo it went wrong; exit 7')
const badUser = copy('bad-user', bad.output)
const good = copy('good', 'a')
const goodUser = copy('good-user', good.output)
await main({ build: task('Build', [badUser, goodUser]) })
`

test('after a failure nothing new is started, and with -k what does not need it', () => {
  using tree = new Tree()
  tree.tasks(HALF_BAD)
  tree.write('a', 'a')
  const stopped = build(tree, ['build', '-j', '1'])
  assert.is(stopped.status, 1)
  assert.equal(stopped.ran, ['build/bad'])
  assert.equal(stopped.failed['build/bad']?.path, ['build/bad-user', 'build/bad'])
  assert.is(stopped.summary?.skipped, 3)
  const wentOn = tree.run(['build', '-k', '-j1'])
  assert.is(wentOn.status, 1)
  assert.match(wentOn.stdout, '3 ran, 0 up to date, 1 failed, 1 not tried')
  assert.match(wentOn.stderr, 'it went wrong')
  assert.match(wentOn.stderr, /command +sh -c 'echo it went wrong; exit 7'/)
  assert.match(wentOn.stderr, /needed by +build\/bad-user → build\/bad/)
  // Once where it happened, and once more at the end.
  assert.match(wentOn.stderr, /\nfailed: COPY {2}build\/bad \(ended with status 7\)\n$/)
  assert.is(tree.read('build/good-user'), 'a')
  tree.tasks(HALF_BAD.replace('exit 7', 'cp $0 $1'))
  const mended = build(tree)
  assert.equal(mended.ran, ['build/bad', 'build/bad-user'])
  settled(tree)
})

test('-j bounds how many run at once, and a pool bounds it further', async () => {
  using tree = new Tree()
  using gate = new Gate(tree)
  tree.tasks(`
    const few = pool('few', 1)
    const wait = (name, pool) => edge({ rule: 'WAIT', outputs: ['build/' + name], pool,
      command: ['sh', '-c', 'echo + $0 >> order; ${gate.pass}; echo - $0 >> order; echo > build/$0', name] })
    await main({
      build: task('Wait', ['1', '2', '3'].map((name) => wait(name))),
      pooled: task('Wait', ['4', '5', '6'].map((name) => wait(name, few))),
    })`)
  using three = Started.of(tree, ['build', '-j3'])
  await gate.arrived(three.ended, 3)
  gate.open(3)
  assert.is((await three.ended).status, 0)
  tree.remove('order')
  const runs: readonly (readonly string[])[] = [
    ['build', '-B', '-j', '1'],
    ['pooled', '--jobs=8'],
  ]
  for (const args of runs) {
    gate.open(3)
    assert.is(tree.run(args).status, 0)
    assert.match(tree.read('order'), /^(\+ (\d)\n- \2\n){3}$/, args.join(' '))
    tree.remove('order')
  }
  settled(tree, ['build', 'pooled'])
})

test('-B runs everything, up to date or not', () => {
  using tree = new Tree()
  tree.tasks(HALF_BAD.replace('exit 7', 'cp $0 $1'))
  tree.write('a', 'a')
  build(tree)
  const forced = build(tree, ['build', '-B'])
  assert.is(forced.ran.length, 4)
  assert.equal(forced.why['build/good'], ['forced'])
  settled(tree)
})

test('-n and --check run and write nothing', () => {
  using tree = new Tree()
  tree.tasks(HALF_BAD.replace('exit 7', 'cp $0 $1'))
  tree.write('a', 'one')
  const asked = (stale: number): void => {
    const before = snapshot(tree)
    const dry = tree.run(['build', '-n'])
    assert.is(dry.status, 0)
    assert.match(dry.stdout, `${stale} would run, ${4 - stale} up to date`)
    assert.equal(tree.run(['build', '--check']), {
      status: stale === 0 ? 0 : 1,
      stdout: '',
      stderr: '',
    })
    const { events } = build(tree, ['build', '--dry-run'])
    assert.is(events.filter(({ type }) => type === 'start').length, stale)
    assert.is(events.filter(({ type }) => type === 'finish').length, 0)
    assert.equal(snapshot(tree), before)
  }
  asked(4)
  assert.match(tree.run(['build', '-nv']).stdout, "sh -c 'cp $0 $1' a build/good\n")
  assert.not.ok(tree.exists('build'))
  build(tree)
  asked(0)
  tree.write('a', 'two')
  asked(4)
  tree.write('build/good', 'by hand')
  tree.touch('a', 1e9)
  assert.is(tree.run(['build', '--check', '--digest']).status, 1)
  build(tree)
  settled(tree)
})

test('-n and --check do not run the body of a task', () => {
  using tree = new Tree()
  tree.tasks(`
    const copy = edge({ rule: 'COPY', outputs: ['build/b'], inputs: ['a'], command: ['cp', 'a', 'build/b'] })
    await main({ run: task('Run', [copy], async ({ run, $ }) => {
      await run(['touch', 'by-run'])
      await $\`touch by-zx\`
    }) })`)
  tree.write('a', 'a')
  const before = snapshot(tree)
  assert.is(tree.run(['run', '--check']).status, 1)
  const { status, stdout } = tree.run(['run', '-n'])
  assert.is(status, 0)
  assert.match(stdout, 'COPY  build/b')
  assert.equal(snapshot(tree), before)
  assert.is(tree.run(['run']).status, 0)
  assert.ok(tree.exists('by-run') && tree.exists('by-zx'))
  settled(tree, ['run'])
})

test('-q shows what commands say and errors only, -v commands, and what a command says is shown with it', () => {
  using tree = new Tree()
  tree.tasks(COPY)
  tree.write('a', 'a')
  assert.equal(tree.run(['build', '-q']), {
    status: 0,
    stdout: '',
    stderr: 'a word from it\n',
  })
  const loud = tree.run(['build', '-B', '-v'])
  assert.match(loud.stdout, "sh -c 'echo a word from it; cp a build/b'\n")
  const plain = tree.run(['build', '-B'])
  assert.match(plain.stdout, /^COPY {2}build\/b\n1 ran, 0 up to date, 0 failed in \d/)
  assert.is(plain.stderr, 'a word from it\n')
  tree.remove('a')
  assert.match(tree.run(['build', '-q']).stderr, 'error: a is missing')
  tree.write('a', 'a')
  build(tree)
  assert.is(tree.run(['build']).stdout, 'nothing to do (1 up to date)\n')
  settled(tree)
})

test('-C works in another folder, whose files are then named as from there', () => {
  using tree = new Tree()
  tree.tasks(COPY)
  tree.write('other/a', 'other')
  tree.write('a', 'here')
  assert.is(tree.run(['-C', 'other', 'build']).status, 0)
  assert.is(tree.read('other/build/b'), 'other')
  assert.not.ok(tree.exists('build'))
  const named = tree.run(['-C', 'other', 'build/b'])
  assert.is(named.status, 0, named.stderr)
  assert.match(named.stdout, 'nothing to do')
  assert.is(tree.run(['./build/../build/b', tree.at('build/b')]).status, 0)
  assert.is(tree.read('build/b'), 'here')
  settled(tree)
  settled(tree, ['-C', 'other', 'build'])
})

test('colours come when asked for, and never else where there is no terminal', () => {
  using tree = new Tree()
  tree.tasks(COPY.replace('echo a word', 'printf "\\\\033[32ma word\\\\033[0m"; echo'))
  tree.write('a', 'a')
  const colour = '\u001b['
  const seen = (args: readonly string[], environment = {}): string => {
    const { status, stdout, stderr } = tree.run(['build', '-B', ...args], environment)
    assert.is(status, 0)
    return stdout + stderr
  }
  assert.match(seen(['--color=always'], { NO_COLOR: '1' }), colour)
  for (const environment of [{ FORCE_COLOR: '1' }, { CLICOLOR_FORCE: '1' }])
    assert.match(seen([], environment), colour)
  for (const [args, environment] of [
    [[], {}],
    [[], { FORCE_COLOR: '0' }],
    [[], { FORCE_COLOR: '1', NO_COLOR: '0' }],
    [['--color=never'], { FORCE_COLOR: '1' }],
    [[], { NO_COLOR: '1' }],
  ] as const)
    assert.not.match(seen(args, environment), colour)
  settled(tree)
})

test('whoever reads the output may end first', async () => {
  using tree = new Tree()
  using gate = new Gate(tree)
  tree.tasks(`
    const [first, ...more] = ['1', '2', '3'].map((name) => edge({ rule: 'SAY',
      outputs: ['build/' + name], captureStdout: true,
      command: ['sh', '-c', 'if [ $0 != 1 ] && [ -e wait ]; then ${gate.pass}; fi; echo $0', name] }))
    await main({ build: task('Say', [first, ...more]) })`)
  tree.write('wait', '')
  using running = Started.of(tree, ['build', '-j', '2'])
  await running.wrote('SAY   build/1\n')
  running.child.stdout?.destroy()
  await gate.arrived(running.ended)
  gate.open()
  const { status, stderr } = await running.ended
  noStack({ stdout: '', stderr })
  const complete = ['1', '2', '3'].every((name) => tree.exists(`build/${name}`))
  assert.ok(status !== 0 || complete, 'it said 0 and was not done')
  assert.ok(await until(() => livingIn(tree.root).length === 0), livingIn(tree.root).join('\n'))
  tree.remove('wait')
  assert.is(build(tree).status, 0)
  for (const name of ['1', '2', '3']) assert.is(tree.read(`build/${name}`), `${name}\n`)
  assert.not.ok(fs.existsSync(tree.at('build/.tasks/lock')))
  settled(tree)
})

test('--list, --help and --version say it and do nothing', () => {
  using tree = new Tree()
  tree.tasks(COPY)
  const before = snapshot(tree)
  const list = tree.run()
  assert.equal(tree.run(['--list']), list)
  assert.match(list.stdout, /^ +build +Copy\n +silent +Nothing\n$/)
  assert.match(tree.run(['build', '--help']).stdout, '--keep-going')
  assert.match(tree.run(['--version']).stdout, /^bpf-tasks \d+\.\d+\.\d+\n$/)
  assert.equal(build(tree, ['-l']).events, [
    {
      type: 'tasks',
      tasks: [
        { name: 'build', about: 'Copy' },
        { name: 'silent', about: 'Nothing' },
      ],
    },
  ])
  settled(tree, ['silent'])
  tree.remove('build')
  assert.equal(Object.keys(snapshot(tree)).sort(), Object.keys(before).sort())
})

test.run()
