// What runs, and what is told of it, while a command that has ended is recorded.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Edge, edge } from '../../../tasks/engine/declare/edge.ts'
import { FakeWork } from '../../support/fakework.ts'

function make(output: string, inputs: readonly Edge[] = []): Edge {
  return edge({ rule: 'MAKE', outputs: [output], inputs, command: [] })
}

test('while one is recorded the next one runs already', async () => {
  const work = new FakeWork([make('a'), make('b'), make('c')], { jobs: 1 })
  await work.leave('a')
  assert.equal([work.running, work.recording], [['b'], ['a']])
  await work.end('b')
  assert.equal([work.running, work.recording], [['c'], ['a']])
  await work.end('c')
  assert.is(work.totals, undefined, 'a is not recorded yet')
  await work.end('a')
  assert.equal(work.totals, { ran: 3, upToDate: 0, failed: 0, skipped: 0 })
})

test('what was started while one was recorded is told after that has finished', async () => {
  const told = (work: FakeWork): string =>
    work.events
      .flatMap((event) =>
        event.type === 'start' || event.type === 'finish'
          ? [`${event.type} ${event.outputs[0]}`]
          : [],
      )
      .join(', ')
  const work = new FakeWork([make('a'), make('b'), make('c')], { jobs: 1 })
  await work.leave('a')
  assert.is(told(work), 'start a')
  await work.end('a')
  assert.is(told(work), 'start a, finish a, start b')
  // One that is over before the other one is recorded was started before, all the same.
  await work.leave('b')
  await work.end('c')
  assert.is(told(work), 'start a, finish a, start b, start c, finish c')
  await work.end('b')
  assert.is(told(work), 'start a, finish a, start b, start c, finish c, finish b')
})

test('the next one waits where one that is longer will be ready with the record', async () => {
  const low = make('low')
  const targets = [make('top', [low]), make('other')]
  const work = new FakeWork(targets, { jobs: 1, lastMs: { low: 1, top: 100, other: 50 } })
  await work.leave('low')
  assert.equal(work.running, [])
  await work.end('low')
  assert.equal(work.running, ['top'])
  const short = new FakeWork(targets, { jobs: 1, lastMs: { low: 60, top: 10, other: 50 } })
  await short.leave('low')
  assert.equal(short.running, ['other'])
})

test('one that cannot be recorded failed: what runs may end, nothing new starts', async () => {
  const work = new FakeWork([make('a'), make('b'), make('c')], { jobs: 1 })
  await work.leave('a')
  await work.end('a', { status: 'failed' })
  assert.equal(work.running, ['b'])
  await work.end('b')
  assert.equal(work.totals, { ran: 2, upToDate: 0, failed: 1, skipped: 1 })
})

test('a place is given back when its command ends, once', async () => {
  let free = 1
  const slot = {
    take: () => free > 0 && free-- > 0,
    give: () => void free++,
    whenFree: () => {},
    close: () => {},
  }
  const work = new FakeWork(
    ['a', 'b', 'c', 'd'].map((path) => make(path)),
    { slots: [slot] },
  )
  assert.equal([work.running, free], [['a', 'b'], 0])
  await work.leave('a')
  assert.equal([work.running, free], [['b', 'c'], 0])
  await work.end('a')
  assert.equal([work.running, free], [['b', 'c'], 0])
  await work.leave('b')
  await work.leave('c')
  assert.equal([work.running, free], [['d'], 1])
  for (const path of ['b', 'c', 'd']) await work.end(path)
  assert.equal([work.totals?.ran, free], [4, 1])
})

test.run()
