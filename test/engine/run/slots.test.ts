// Places: which commands are given one before what runs there has ended, and what becomes of them.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Edge, edge } from '../../../tasks/engine/declare/edge.ts'
import { type Pool, pool } from '../../../tasks/engine/declare/pool.ts'
import { FakeWork } from '../../support/fakework.ts'

/** Edges that need nothing, known to take a millisecond each. */
function shorts(...paths: string[]) {
  return {
    targets: paths.map((path) => make(path)),
    lastMs: Object.fromEntries(paths.map((path) => [path, 1])),
  }
}

function make(output: string, more: { readonly pool?: Pool } = {}): Edge {
  return edge({ rule: 'MAKE', outputs: [output], command: [], ...more })
}

test('a place is given one short command more, which is told as started when the first has ended', async () => {
  const { targets, lastMs } = shorts('a', 'b', 'c', 'd', 'e', 'f', 'g')
  const work = new FakeWork(targets, { jobs: 2, lastMs, shortMs: 20 })
  assert.equal(
    [work.running, work.early],
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  )
  const told = () =>
    work.events.flatMap((event) => ('outputs' in event ? [`${event.type} ${event.outputs}`] : []))
  assert.equal(told(), ['stale a', 'start a', 'stale b', 'start b'])
  await work.leave('a')
  // What followed it began by itself, and has a follower; but it is told after what went before.
  assert.equal(
    [work.running, work.early],
    [
      ['b', 'c'],
      ['d', 'e'],
    ],
  )
  assert.is(told().length, 4)
  await work.end('a')
  assert.equal(told().slice(4), ['finish a', 'stale c', 'start c'])
  for (const path of ['b', 'c', 'd', 'e', 'f', 'g']) await work.end(path)
  assert.equal(work.totals, { ran: 7, upToDate: 0, failed: 0, skipped: 0 })
})

test('beside a long command, before one, or where nothing is known, no place is given early', async () => {
  const { targets } = shorts('a', 'b', 'c')
  const cases: Record<string, number>[] = [{ a: 100, b: 1, c: 1 }, { a: 100, b: 90, c: 80 }, {}]
  for (const lastMs of cases) {
    const work = new FakeWork(targets, { jobs: 1, lastMs, shortMs: 20 })
    assert.equal([work.running, work.early], [['a'], []])
  }
  // Where nothing ran before, those that have ended meanwhile tell.
  const { targets: more } = shorts('a', 'b', 'c', 'd')
  const work = new FakeWork(more, { jobs: 1, shortMs: 1e6 })
  await work.end('a')
  assert.equal([work.running, work.early], [['b'], ['c']])
})

test('one stays ready for each place: none is idle while a command waits for another one', () => {
  const { targets, lastMs } = shorts('a', 'b', 'c', 'd', 'e', 'f')
  const early = (count: number, jobs: number): string[] =>
    new FakeWork(targets.slice(0, count), { jobs, lastMs, shortMs: 20 }).early
  assert.equal(early(2, 1), [])
  assert.equal(early(3, 1), ['b'])
  assert.equal(early(4, 2), [])
  assert.equal(early(5, 2), ['c'])
  assert.equal(early(6, 2), ['c', 'd'])
})

test('an output that is removed before its command is not given a place early', () => {
  const fresh = edge({ rule: 'MAKE', outputs: ['b'], command: [], fresh: true })
  const lastMs = { a: 1, b: 1, c: 1, d: 1 }
  const work = new FakeWork([make('a'), fresh, make('c'), make('d')], {
    jobs: 1,
    lastMs,
    shortMs: 20,
  })
  assert.equal([work.running, work.early], [['a'], []])
})

test('what was given the place of a command that fails does not run, or later with keep-going', async () => {
  for (const keepGoing of [false, true]) {
    const { targets, lastMs } = shorts('a', 'b', 'c')
    const work = new FakeWork(targets, { jobs: 1, lastMs, shortMs: 20, keepGoing })
    assert.equal(work.early, ['b'])
    await work.end('a', { status: 'failed' })
    assert.equal(work.running, keepGoing ? ['b'] : [])
    if (keepGoing) for (const path of ['b', 'c']) await work.end(path)
    const totals = { ran: keepGoing ? 3 : 1, upToDate: 0, failed: 1, skipped: keepGoing ? 0 : 2 }
    assert.equal(work.totals, totals)
    const starts = work.events.filter(({ type }) => type === 'start')
    assert.is(starts.length, totals.ran)
  }
})

test('after a failure nothing starts that was given a place early elsewhere', async () => {
  const abort = new AbortController()
  const { targets, lastMs } = shorts('a', 'b', 'c', 'd', 'e', 'f')
  for (const stop of [
    (work: FakeWork) => work.end('a', { status: 'failed' }),
    () => abort.abort(),
  ]) {
    const work = new FakeWork(targets, { jobs: 2, lastMs, shortMs: 20, signal: abort.signal })
    assert.equal(
      [work.running, work.early],
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    )
    await stop(work)
    for (const path of work.running) await work.end(path)
    assert.equal(work.running, [])
    assert.is(work.totals?.skipped, 4)
    assert.equal(work.started, ['a', 'b'])
  }
})

test('what was told as started and was withheld in that moment is told as ended', async () => {
  const { targets, lastMs } = shorts('a', 'b', 'c', 'd', 'e')
  const work = new FakeWork(targets, { jobs: 2, lastMs, shortMs: 20 })
  assert.equal([work.running, work.early], [['a', 'b'], ['c']])
  await work.leave('a')
  await work.end('b', { status: 'failed' })
  await work.withhold('c')
  await work.end('a')
  assert.equal(work.totals, { ran: 3, upToDate: 0, failed: 1, skipped: 2 })
  const ends = work.events.flatMap((event) =>
    event.type === 'finish' ? [`${event.outputs} ${event.status}`] : [],
  )
  assert.equal(ends.sort(), ['a ok', 'b failed', 'c interrupted'])
})

test('what cannot be started is told at once, also where something runs in its place', async () => {
  const { targets, lastMs } = shorts('a', 'b', 'c', 'd')
  const more = { jobs: 1, lastMs, shortMs: 20, keepGoing: true }
  const work = new FakeWork(targets, { ...more, refused: ['b'] })
  assert.equal([work.running, work.early], [['a'], []])
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal([work.running, work.early], [['a'], ['c']])
  const finished = work.events.flatMap((event) => (event.type === 'finish' ? event.outputs : []))
  assert.equal(finished, ['b'])
  for (const path of ['a', 'c', 'd']) await work.end(path)
  assert.equal(work.totals, { ran: 4, upToDate: 0, failed: 1, skipped: 0 })
})

test('what is given early counts for its pool', async () => {
  const links = pool('link', 2)
  const targets = ['a', 'b', 'c', 'd', 'e'].map((path) => make(path, { pool: links }))
  const lastMs = { a: 1, b: 1, c: 1, d: 1, e: 1 }
  const work = new FakeWork(targets, { jobs: 1, lastMs, shortMs: 20 })
  assert.equal([work.running, work.early], [['a'], ['b']])
  const wide = new FakeWork(targets, { jobs: 2, lastMs, shortMs: 20 })
  assert.equal([wide.running, wide.early], [['a', 'b'], []])
  for (const path of ['a', 'b', 'c', 'd', 'e']) await wide.end(path)
  assert.is(wide.totals?.ran, 5)
})

test('a place is given back once, when the last that was given it has ended', async () => {
  let free = 1
  const take = (): boolean => {
    if (free === 0) return false
    free--
    return true
  }
  const slots = [{ take, give: () => void free++, whenFree: () => {}, close: () => {} }]
  const { targets, lastMs } = shorts('a', 'b', 'c', 'd', 'e', 'f')
  const more = { lastMs, shortMs: 20, slots, keepGoing: true }
  const work = new FakeWork(targets, more)
  assert.equal([work.running, work.early, free], [['a', 'b'], ['c', 'd'], 0])
  await work.end('a')
  // It failed: what was to follow it is started anew, in the place that is free now.
  await work.end('b', { status: 'failed' })
  assert.equal([work.running, work.early, free], [['c', 'd'], ['e'], 0])
  for (const path of ['c', 'd', 'e']) await work.end(path)
  assert.equal([work.running, free], [['f'], 1])
  await work.end('f')
  assert.equal([work.totals?.ran, free], [6, 1])
})

test.run()
