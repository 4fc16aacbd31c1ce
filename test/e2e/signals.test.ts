// A signal ends the run with all that it started, and the next build makes good what was cut short.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { build, noStack, settled } from '../support/buildverdicts.ts'
import { Gate } from '../support/heldcommand.ts'
import { livingIn, Started, until, withEach } from '../support/startedrun.ts'
import { Tree } from '../support/tree.ts'

/** `first` is done when `busy`, of a script, begins; where there is no file `wait` that is `cp`. */
function busyTree(script: string): Tree {
  const tree = new Tree()
  tree.tasks(`
    const copy = (name, inputs, command) => edge({ rule: 'COPY', outputs: ['build/' + name],
      inputs, command })
    const first = copy('first', ['a'], ['cp', 'a', 'build/first'])
    const busy = copy('busy', [first], ['sh', 'busy.sh'])
    const other = copy('other', [first], ['sh', 'busy.sh', 'other'])
    await main({ build: task('Copy', [busy, other]) })`)
  tree.write('a', 'a')
  tree.write('wait', '')
  tree.write(
    'busy.sh',
    `out=build/\${1-busy}\nif [ -e wait ]; then printf half > $out; ${script}; fi\ncp build/first $out\n`,
  )
  return tree
}

function shellsIn(tree: Tree): string[] {
  return livingIn(tree.root).filter((command) => command.startsWith('sh '))
}

/** Nothing of the run is left, and the next build does the rest of it. */
async function mends(tree: Tree): Promise<void> {
  const within = 2000
  const gone = await until(() => livingIn(tree.root).length === 0, within)
  assert.ok(gone, `still there after ${within} ms: ${livingIn(tree.root).join('\n')}`)
  tree.remove('wait')
  const { ran, status } = build(tree)
  assert.is(status, 0)
  assert.equal(ran, ['build/busy', 'build/other'])
  assert.is(tree.read('build/busy') + tree.read('build/other'), 'aa')
  assert.not.ok(fs.existsSync(tree.at('build/.tasks/lock')))
  settled(tree)
}

const ENDINGS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGQUIT', 131],
] as const

test('a signal ends the commands and their children, and half-made files are gone', async () => {
  await withEach(ENDINGS, async ([signal, expected]) => {
    using tree = busyTree('sh grandchild.sh; true')
    using gate = new Gate(tree)
    tree.write('grandchild.sh', gate.pass)
    using running = Started.of(tree, ['build', '-k', '-j2'])
    await gate.arrived(running.ended, 2)
    assert.is(shellsIn(tree).length, 4, 'two commands and their children')
    running.signal(signal)
    const ended = await running.ended
    assert.is(ended.status, expected, signal)
    assert.match(ended.stdout, 'interrupted: 1 ran, 0 up to date, 0 failed, 2 not done in ')
    noStack(ended)
    assert.not.ok(tree.exists('build/busy') || tree.exists('build/other'))
    await mends(tree)
  })
})

test('^Z stops the commands too, and a continued run ends well', async () => {
  using tree = busyTree('sh grandchild.sh')
  using gate = new Gate(tree)
  tree.write('grandchild.sh', gate.pass)
  using running = Started.of(tree, ['build', '-j2'])
  await gate.arrived(running.ended, 2)
  running.signal('SIGTSTP')
  const isStopped = (pid: number): boolean =>
    /^State:\s+T/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))
  // The runner itself, two commands and their children; not what tsx has started for itself.
  const ours = (): number[] => [
    running.child.pid ?? 0,
    ...fs.readdirSync('/proc').flatMap((entry) => {
      try {
        const isHere = fs.readlinkSync(`/proc/${entry}/cwd`) === tree.root
        const isShell = fs.readFileSync(`/proc/${entry}/comm`, 'utf8') === 'sh\n'
        return isHere && isShell ? [Number(entry)] : []
      } catch {
        return []
      }
    }),
  ]
  assert.ok(await until(() => ours().every(isStopped)))
  assert.is(ours().length, 5)
  running.signal('SIGCONT')
  gate.open(2)
  assert.is((await running.ended).status, 0)
  settled(tree)
})

test('what a body has started ends with the runner, grandchildren too', async () => {
  for (const command of ["run(['sh', 'body.sh'])", '$`sh body.sh`']) {
    using tree = new Tree()
    tree.tasks(
      `await main({ serve: task('Serve', [], async ({ run, $ }) => { await ${command} }) })`,
    )
    using gate = new Gate(tree)
    tree.write('body.sh', 'sh grandchild.sh & sh grandchild.sh; true')
    tree.write('grandchild.sh', gate.pass)
    using running = Started.of(tree, ['serve'])
    await gate.arrived(running.ended, 2)
    running.signal('SIGTERM')
    assert.is((await running.ended).status, 143)
    assert.equal(livingIn(tree.root), [], command)
  }
})

test('a child in the background, which a shell lets ignore SIGINT, is ended as well', async () => {
  using tree = busyTree('sh grandchild.sh & wait')
  using gate = new Gate(tree)
  tree.write('grandchild.sh', gate.pass)
  using running = Started.of(tree, ['build', '-j2'])
  await gate.arrived(running.ended, 2)
  running.signal('SIGINT')
  assert.is((await running.ended).status, 130)
  await mends(tree)
})

test('what ignores the first signal is killed by the second', async () => {
  using tree = busyTree(`trap '' INT TERM; sh grandchild.sh; true`)
  using gate = new Gate(tree)
  tree.write('grandchild.sh', gate.pass)
  using running = Started.of(tree, ['build', '-j2'])
  await gate.arrived(running.ended, 2)
  const started = performance.now()
  let [ended, signals] = [false, 0]
  const end = (): void => {
    ended = true
  }
  running.ended.then(end, end)
  // The first ones may count as one press; without a second one the end would come after 1000 ms.
  await until(() => {
    if (!ended) running.signal('SIGINT')
    signals++
    return ended
  })
  const ms = performance.now() - started
  const { status, signal } = await running.ended
  // One more that comes when all is done and the runner about to exit ends it by itself.
  assert.ok(status === 130 || signal === 'SIGINT', String(status ?? signal))
  assert.ok(ms < 950, `${signals} signals, ${ms} ms`)
  await mends(tree)
})

test('after kill -9 of the runner the next build ends what it left, and is right', async () => {
  // When it is let go on, it would write over what the next build has made.
  using tree = busyTree('sh grandchild.sh; printf "late" > $out; exit 1')
  using gate = new Gate(tree)
  tree.write('grandchild.sh', gate.pass)
  using running = Started.of(tree, ['build', '-j2'])
  await gate.arrived(running.ended, 2)
  running.kill()
  assert.is((await running.ended).signal, 'SIGKILL')
  assert.is(shellsIn(tree).length, 4, 'its commands go on')
  assert.is(tree.read('build/busy'), 'half')
  tree.remove('wait')
  assert.equal(build(tree).ran, ['build/busy', 'build/other'])
  assert.equal(shellsIn(tree), [])
  gate.open(2)
  assert.is(tree.read('build/busy') + tree.read('build/other'), 'aa')
  settled(tree)
})

test('after kill -9 while a tool is asked for its version the next build ends that too', async () => {
  using tree = new Tree()
  tree.tasks(`
    const asked = tool({ name: 'asked', names: ['asked'], folders: ['.'],
      version: { args: ['--version'], pattern: /asked (\\S+)/ }, hint: 'none' })
    const out = edge({ rule: 'ASK', outputs: ['build/out'], inputs: [], command: [asked, 'build/out'] })
    await main({ build: task('Ask', [out]) })`)
  using gate = new Gate(tree)
  tree.write('wait', '')
  tree.write(
    'asked',
    `#!/bin/sh\nif [ -e wait ]; then ${gate.pass}; fi\necho asked 1\n[ "$1" = --version ] || echo > $1\n`,
  )
  fs.chmodSync(tree.at('asked'), 0o755)
  using running = Started.of(tree, ['build'])
  await gate.arrived(running.ended)
  running.kill()
  assert.is((await running.ended).signal, 'SIGKILL')
  assert.is(livingIn(tree.root).length, 1, 'it is still being asked')
  tree.remove('wait')
  assert.equal(build(tree).ran, ['build/out'])
  assert.equal(livingIn(tree.root), [])
  settled(tree)
})

test('a signal while another build is waited for ends only the one that waits', async () => {
  using tree = busyTree('sh grandchild.sh')
  using gate = new Gate(tree)
  tree.write('grandchild.sh', gate.pass)
  using first = Started.of(tree, ['build', '-j2'])
  await gate.arrived(first.ended, 2)
  using second = Started.of(tree)
  await second.wrote('waiting for')
  second.signal('SIGINT')
  const { status, stderr } = await second.ended
  assert.is(status, 130)
  assert.match(stderr, `waiting for process ${first.child.pid} (tasks.ts build -j2)`)
  gate.open(2)
  assert.is((await first.ended).status, 0)
  settled(tree)
})

test.run()
