// Commands that take next to nothing: a place is told the next one early, and all is as if it were not.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { build, settled } from '../support/built.ts'
import { Gate } from '../support/gate.ts'
import { Started } from '../support/started.ts'
import { Tree } from '../support/tree.ts'

const COUNT = 60

/** Each says that it begins and that it ends; what is in `broken` fails. */
function tasks(broken: readonly number[], wait = ':'): string {
  return `
const broken = ${JSON.stringify(broken)}
const number = (at) => String(at).padStart(2, '0')
const copy = (at) => edge({ rule: 'COPY', outputs: ['build/' + number(at)], inputs: ['a'],
  command: ['sh', '-c', 'echo "+ $0" >> order; ' + (at === 0 ? ${JSON.stringify(wait)} : ':') +
    '; cp a build/$0; ' + (broken.includes(at) ? 'exit 1' : 'echo "- $0" >> order'), number(at)] })
await main({ build: task('Copy', Array.from({ length: ${COUNT} }, (_, at) => copy(at))) })
`
}

function order(tree: Tree): string[] {
  return tree.read('order').trim().split('\n')
}

/** A tree of which every command is known to be short. */
function known(): Tree {
  const tree = new Tree()
  tree.tasks(tasks([]))
  tree.write('a', 'one')
  assert.is(build(tree).ran.length, COUNT)
  settled(tree)
  tree.remove('order')
  tree.write('a', 'another')
  return tree
}

test('no two run at once with -j1, and no more than there are places with -j3', () => {
  for (const jobs of [1, 3]) {
    using tree = known()
    const { events, ran } = build(tree, ['build', '-j', `${jobs}`])
    assert.is(ran.length, COUNT)
    let [running, most] = [0, 0]
    for (const line of order(tree)) {
      running += line.startsWith('+') ? 1 : -1
      most = Math.max(most, running)
    }
    assert.ok(most <= jobs, `${most}`)
    // What is told is in the same order: never more at once, and each start before its end.
    let told = 0
    for (const { type } of events) {
      if (type === 'start') told++
      if (type === 'finish') told--
      assert.ok(told >= 0 && told <= jobs, `${told}`)
    }
    for (let at = 0; at < COUNT; at++) {
      assert.is(tree.read(`build/${String(at).padStart(2, '0')}`), 'another')
    }
    settled(tree)
  }
})

test('with -j1 nothing runs after a failure, and what was to be next is as it was', () => {
  using tree = known()
  tree.tasks(tasks([20]))
  const { status, ran, summary } = build(tree, ['build', '-j1'])
  assert.is(status, 1)
  const begun = order(tree).filter((line) => line.startsWith('+'))
  assert.equal(begun.map((line) => `build/${line.slice(2)}`).sort(), ran)
  assert.equal(
    [summary?.ran, summary?.failed, summary?.skipped],
    [ran.length, 1, COUNT - ran.length],
  )
  assert.is(begun.at(-1), '+ 20')
  // Only what failed is gone.
  const left = fs.readdirSync(tree.at('build')).filter((name) => /^\d/.test(name))
  assert.is(left.length, COUNT - 1)
  for (const name of left) {
    assert.is(tree.read(`build/${name}`), ran.includes(`build/${name}`) ? 'another' : 'one')
  }
  tree.tasks(tasks([]))
  assert.is(build(tree).ran.length, COUNT - ran.length + 1)
  settled(tree)
})

test('with -k all else runs, each once', () => {
  using tree = known()
  const broken = [3, 4, 5, 20, 40, 59]
  tree.tasks(tasks(broken))
  const { summary, failed } = build(tree, ['build', '-k', '-j2'])
  assert.equal([summary?.ran, summary?.failed, summary?.skipped], [COUNT, broken.length, 0])
  assert.is(Object.keys(failed).length, broken.length)
  const begun = order(tree).filter((line) => line.startsWith('+'))
  assert.equal([begun.length, new Set(begun).size], [COUNT, COUNT])
  tree.tasks(tasks([]))
  const again = build(tree)
  assert.is(again.ran.length, broken.length, JSON.stringify(again.why))
  settled(tree)
})

test('an end that is asked for starts nothing of what was told early', async () => {
  using tree = known()
  using gate = new Gate(tree)
  // Known to be short, it waits this time.
  tree.tasks(tasks([], gate.pass))
  using running = Started.of(tree, ['build', '-j1'])
  await gate.arrived(running.ended)
  running.signal('SIGINT')
  const { status } = await running.ended
  assert.is(status, 130)
  assert.is(order(tree).at(-1), '+ 00')
  tree.tasks(tasks([]))
  const before = order(tree).filter((line) => line.startsWith('- ')).length
  assert.is(build(tree).ran.length, COUNT - before)
  settled(tree)
})

test.run()
