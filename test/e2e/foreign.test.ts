// Other build systems beside ours: asked in each build, cut off early, live, within the same -j.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inPath, skip } from '../support/needs.ts'
import { Tree } from '../support/tree.ts'

const lack = inPath('make') ? undefined : 'no make here'
const testHere = (name: string, body: () => void): void =>
  lack === undefined ? test(name, body) : skip(test, name, lack)

/** A folder that a Makefile builds, and an edge that uses what it makes. */
class Foreign extends Tree {
  constructor(makefile = 'out: in\n\t@echo cooking; cat in > out\n') {
    super()
    this.tasks(`
import { foreign } from 'ENGINE'
const made = foreign({ rule: 'MAKE', outputs: ['sub/out'], command: ['make', '-s', '-C', 'sub', 'out'] })
const copy = edge({ rule: 'COPY', outputs: ['build/copy'], inputs: [made], command: ['cp', made, 'build/copy'] })
await main({ build: task('Build', [copy]) })`)
    const [, engine = ''] =
      /from '(.*\/tasks\/engine\/index\.ts)'/.exec(this.read('tasks.ts')) ?? []
    this.write('tasks.ts', this.read('tasks.ts').replace("'ENGINE'", `'${engine}'`))
    this.write('sub/in', 'one\n')
    this.write('sub/Makefile', makefile)
  }
}

testHere('it is asked in each build; what uses it runs when its content is another', () => {
  using tree = new Foreign()
  const first = tree.run(['build'])
  assert.is(first.status, 0, first.stderr)
  assert.match(first.stdout, /^MAKE {2}sub\/out\ncooking\nCOPY {2}build\/copy\n2 ran/)
  assert.is(tree.read('build/copy'), 'one\n')
  const second = tree.run(['build'])
  assert.match(second.stdout, /^MAKE {2}sub\/out\nnothing to do \(2 up to date\)\n$/)
  assert.equal(tree.ran(['build']), ['sub/out'])
  // We do not know what it reads, and need not.
  tree.write('sub/in', 'two\n')
  assert.equal(tree.ran(['build']), ['build/copy', 'sub/out'])
  assert.is(tree.read('build/copy'), 'two\n')
  tree.touch('sub/in')
  assert.equal(tree.ran(['build']), ['sub/out'])
  tree.remove('sub/out')
  assert.equal(tree.ran(['build']), ['sub/out'])
  assert.is(tree.read('sub/out'), 'two\n')
})

testHere('--check, --explain and a dry run know that it is only asked', () => {
  using tree = new Foreign()
  assert.is(tree.run(['--check', 'build']).status, 1)
  tree.run(['build'])
  assert.is(tree.run(['--check', 'build']).status, 0)
  const { stdout } = tree.run(['-n', '--explain', 'build'])
  assert.match(
    stdout,
    'stale sub/out: asked in each build: its own build system knows what changed',
  )
  tree.remove('build/copy')
  assert.is(tree.run(['--check', 'build']).status, 1)
})

testHere('a failure is shown with its command, and what uses it does not run', () => {
  using tree = new Foreign('out: in\n\t@grep -q good in\n\t@cat in > out\n')
  const { status, stdout, stderr } = tree.run(['build'])
  assert.is(status, 1)
  assert.match(stdout + stderr, /FAILED.* sub\/out/)
  assert.match(stderr, 'make -s -C sub out')
  assert.not.ok(tree.exists('build/copy'))
  tree.write('sub/in', 'good\n')
  assert.is(tree.run(['build']).status, 0)
  tree.write('sub/in', 'bad\n')
  assert.is(tree.run(['build']).status, 1)
  assert.is(tree.read('sub/out'), 'good\n', 'what it did not touch stays')
})

testHere('an output that its command does not make is named', () => {
  using tree = new Foreign('out: in\n\t@true\n')
  const { status, stderr } = tree.run(['build'])
  assert.is(status, 1)
  assert.match(stderr, 'sub/out')
})

testHere('it gets the environment of the run, and a share of -j', () => {
  // The first three wait for each other: they end only if they run at once.
  const makefile = `out: a b c d e
\t@echo "$(MAKEFLAGS) $$OWN" > out
a b c:
\t@echo + >> log; touch $@.here; $(WAIT); echo - >> log
d e:
\t@echo + >> log; echo - >> log
`
  const wait = 'until [ -e a.here -a -e b.here -a -e c.here ]; do sleep 0.01; done'
  using tree = new Foreign(makefile)
  const most = (): number => {
    let now = 0
    const lines = tree.read('sub/log').trim().split('\n')
    return Math.max(...lines.map((line) => (now += line === '+' ? 1 : -1)))
  }
  const { status } = tree.run(['build', '-j', '3'], { OWN: 'mine', WAIT: wait })
  assert.is(status, 0)
  assert.match(tree.read('sub/out'), /-j3 --jobserver-auth=3,4.* mine\n$/)
  assert.is(most(), 3)
  tree.remove('sub/log')
  tree.remove('sub/out')
  assert.is(tree.run(['build', '-j', '1'], { WAIT: 'true' }).status, 0)
  assert.is(most(), 1)
})

testHere('its jobs and ours together are no more than -j allows', () => {
  const job = 'echo + >> log; sleep 0.2; echo - >> log'
  using tree = new Foreign(`out: a b c d\n\t@touch out\na b c d:\n\t@cd ..; ${job}\n`)
  const others = `const others = [1, 2, 3, 4].map((name) => edge({
  rule: 'JOB', outputs: ['build/' + name], command: ['sh', '-c', '${job}; touch build/' + name],
}))
await main({ build: task('Build', [copy, others]) })`
  tree.write('tasks.ts', tree.read('tasks.ts').replace(/await main.*/, others))
  const { status, stderr } = tree.run(['build', '-j', '2'])
  assert.is(status, 0, stderr)
  let [now, most] = [0, 0]
  for (const line of tree.read('log').trim().split('\n')) {
    now += line === '+' ? 1 : -1
    most = Math.max(most, now)
  }
  assert.is(most, 2)
})

testHere('what it had made before we asked is its own: nothing is said of it', () => {
  using tree = new Foreign()
  tree.write('sub/out', 'one\n')
  const { stdout, stderr } = tree.run(['build'])
  assert.not.match(stdout + stderr, /no build has made it/)
  assert.match(stdout, 'ran')
})

testHere('under --json its output is in the event, and standard output has only events', () => {
  using tree = new Foreign()
  const finish = tree.events(['build']).find((event) => event.type === 'finish')
  assert.is(finish?.type === 'finish' ? finish.output : undefined, 'cooking\n')
})

test.run()
