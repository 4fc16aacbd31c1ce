// What runs when: order, bounds, failures, ends; with runs that the test holds and lets go.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Edge, edge } from '../../../tasks/engine/declare/edge.ts'
import { type Pool, pool } from '../../../tasks/engine/declare/pool.ts'
import { randomNumbers } from '../../support/fakeworld.ts'
import { FakeWork } from '../../support/heldwork.ts'

interface More {
  readonly rule?: string
  readonly orderOnly?: readonly Edge[]
  readonly pool?: Pool
}

function make(output: string, inputs: readonly Edge[] = [], { rule = 'MAKE', ...more }: More = {}) {
  return edge({ rule, outputs: [output], inputs, command: [], ...more })
}

test('everything up to date: nothing runs', async () => {
  const work = new FakeWork([make('b', [make('a')])], { stale: [] })
  assert.equal(await work.done, { ran: 0, upToDate: 2, failed: 0, skipped: 0 })
  assert.equal(work.events, [])
})

test('an edge runs after all that it needs, and as soon as that is done', async () => {
  const [a, b] = [make('a'), make('b')]
  const work = new FakeWork([make('c', [a, b]), make('d', [b], { orderOnly: [a] }), make('e', [b])])
  assert.equal(work.running, ['a', 'b'])
  await work.end('b')
  assert.equal(work.running, ['a', 'e'])
  await work.end('a')
  assert.equal(work.running, ['c', 'd', 'e'])
  for (const path of ['c', 'd', 'e']) await work.end(path)
  assert.equal(work.totals, { ran: 5, upToDate: 0, failed: 0, skipped: 0 })
})

test('no more run at once than -j allows', async () => {
  const work = new FakeWork(
    ['a', 'b', 'c', 'd'].map((path) => make(path)),
    { jobs: 2 },
  )
  assert.equal(work.running, ['a', 'b'])
  await work.end('a')
  assert.equal(work.running, ['b', 'c'])
  await work.end('c')
  await work.end('b')
  await work.end('d')
  assert.is(work.totals?.ran, 4)
})

test('the longest remaining path goes first, among equals the one declared first', async () => {
  const short = make('short')
  const long = make('long')
  const targets = [make('x'), make('top', [short]), make('other', [long]), make('y')]
  const lastMs = { x: 5, y: 5, short: 1, top: 2, long: 1, other: 100 }
  const work = new FakeWork(targets, { jobs: 1, lastMs })
  for (const path of ['long', 'other', 'x', 'y', 'short', 'top']) {
    assert.equal(work.running, [path])
    await work.end(path)
  }
  assert.is(work.totals?.ran, 6)
})

test('an edge that never ran takes what its rule takes on average', async () => {
  const more = (rule: string) => ({ rule })
  const targets = [
    make('cheap', [], more('CP')),
    make('cheap2', [], more('CP')),
    make('new', [], more('CC')),
    make('old1', [], more('CC')),
    make('old2', [], more('CC')),
  ]
  const lastMs = { cheap: 30, old1: 10, old2: 90 }
  const work = new FakeWork(targets, { jobs: 1, lastMs })
  for (const path of ['old2', 'new', 'cheap', 'cheap2', 'old1']) {
    assert.equal(work.running, [path])
    await work.end(path)
  }
})

test('where no edge of a rule ever ran, the largest source goes first', async () => {
  const targets = [make('small'), make('large'), make('middle'), make('none')]
  const sizes = { small: 1000, large: 350_000, middle: 40_000 }
  const work = new FakeWork(targets, { jobs: 1, sizes })
  for (const path of ['large', 'middle', 'small', 'none']) {
    assert.equal(work.running, [path])
    await work.end(path)
  }
})

test('what many edges have to note is said once a build', async () => {
  const noted = (path: string, note: string) =>
    edge({ rule: 'MAKE', outputs: [path], command: [], note })
  const work = new FakeWork([noted('a', 'slow'), noted('b', 'slow'), noted('c', 'other')])
  for (const path of ['a', 'b', 'c']) await work.end(path)
  const notes = work.events.flatMap((event) => (event.type === 'note' ? [event.text] : []))
  assert.equal(notes, ['slow', 'other'])
})

test('a random heap of edges starts in the order of their length', async () => {
  const random = randomNumbers(5)
  const lastMs: Record<string, number> = {}
  const targets = Array.from({ length: 60 }, (_, at) => {
    lastMs[`${at}`] = random(20)
    return make(`${at}`)
  })
  const work = new FakeWork(targets, { jobs: 1, lastMs })
  while (work.totals === undefined) await work.end(work.running[0] ?? '')
  const expected = targets
    .map(({ output }) => output.path)
    .sort((a, b) => (lastMs[b] ?? 0) - (lastMs[a] ?? 0) || Number(a) - Number(b))
  assert.equal(work.started, expected)
})

test('a pool holds back its own, not the others, whatever -j says', async () => {
  const [links, other] = [pool('link', 1), pool('other', 2)]
  const targets = [
    make('l1', [], { pool: links }),
    make('l2', [], { pool: links }),
    make('l3', [], { pool: links }),
    make('o1', [], { pool: other }),
    make('o2', [], { pool: other }),
    make('o3', [], { pool: other }),
    make('free'),
  ]
  const work = new FakeWork(targets)
  assert.equal(work.running, ['free', 'l1', 'o1', 'o2'])
  await work.end('free')
  assert.equal(work.running, ['l1', 'o1', 'o2'])
  await work.end('l1')
  assert.equal(work.running, ['l2', 'o1', 'o2'])
  await work.end('o2')
  assert.equal(work.running, ['l2', 'o1', 'o3'])
  for (const path of ['l2', 'l3', 'o1', 'o3']) await work.end(path)
  assert.equal(work.totals, { ran: 7, upToDate: 0, failed: 0, skipped: 0 })
})

test('what waits for its pool does not take a place from -j', async () => {
  const links = pool('link', 1)
  const targets = [make('l1', [], { pool: links }), make('l2', [], { pool: links }), make('a')]
  const work = new FakeWork(targets, { jobs: 2 })
  assert.equal(work.running, ['a', 'l1'])
})

test('a failure: the running end, nothing new starts, the rest counts as skipped', async () => {
  const [a, b] = [make('a'), make('b')]
  const work = new FakeWork([make('c', [a]), make('d', [b]), make('e')], { jobs: 2 })
  await work.end('a', { status: 'failed' })
  assert.equal(work.running, ['b'])
  assert.is(work.totals, undefined)
  await work.end('b')
  assert.equal(work.running, [])
  assert.equal(work.totals, { ran: 2, upToDate: 0, failed: 1, skipped: 3 })
})

test('with keep-going everything runs that does not need what failed', async () => {
  const [a, b] = [make('a'), make('b')]
  const top = make('top', [make('c', [a]), make('d', [b])])
  const work = new FakeWork([top], { keepGoing: true, jobs: 1 })
  await work.end('a', { status: 'failed' })
  await work.end('b')
  await work.end('d')
  assert.equal(work.totals, { ran: 3, upToDate: 0, failed: 1, skipped: 2 })
  assert.equal(work.started, ['a', 'b', 'd'])
})

test('what failed is told with the way from the target to it, what went well without', async () => {
  const a = make('a')
  const failure = { what: 'ended with status 1' }
  const work = new FakeWork([make('top', [make('middle', [a])]), make('b')])
  await work.end('b', { output: 'warning' })
  await work.end('a', { status: 'failed', ms: 7, output: 'error', failure })
  const finished = work.events.filter(({ type }) => type === 'finish')
  const common = { type: 'finish', rule: 'MAKE' }
  const path = ['top', 'middle', 'a']
  assert.equal(finished, [
    {
      ...common,
      outputs: ['b'],
      command: ['make', 'b'],
      status: 'ok',
      ms: 1,
      output: 'warning',
    },
    {
      ...common,
      outputs: ['a'],
      command: ['make', 'a'],
      status: 'failed',
      ms: 7,
      output: 'error',
      failure,
      path,
    },
  ])
})

test('when it is aborted nothing new starts, also under keep-going', async () => {
  for (const keepGoing of [false, true]) {
    const abort = new AbortController()
    const targets = [make('b', [make('a')]), make('c'), make('d')]
    const work = new FakeWork(targets, { jobs: 2, keepGoing, signal: abort.signal })
    assert.equal(work.running, ['a', 'c'])
    abort.abort()
    await work.end('a', { status: 'interrupted' })
    assert.is(work.totals, undefined)
    await work.end('c', { status: 'interrupted' })
    assert.equal(work.started, ['a', 'c'])
    const totals = { ran: 0, upToDate: 0, failed: 0, skipped: 4, interrupted: true }
    assert.equal(work.totals, totals)
  }
})

test('what was interrupted does not count as run, what ended well or badly meanwhile does', async () => {
  const abort = new AbortController()
  const work = new FakeWork([make('a'), make('b'), make('c')], { signal: abort.signal })
  abort.abort()
  await work.end('a')
  await work.end('b', { status: 'interrupted' })
  await work.end('c', { status: 'failed' })
  const totals = { ran: 2, upToDate: 0, failed: 1, skipped: 1, interrupted: true }
  assert.equal(work.totals, totals)
})

test('an interrupt when all is done is none', async () => {
  const abort = new AbortController()
  const work = new FakeWork([make('a')], { signal: abort.signal })
  abort.abort()
  await work.end('a')
  assert.equal(work.totals, { ran: 1, upToDate: 0, failed: 0, skipped: 0 })
})

test('aborted before it began, it runs nothing', async () => {
  const work = new FakeWork([make('a')], { signal: AbortSignal.abort() })
  assert.equal(await work.done, { ran: 0, upToDate: 0, failed: 0, skipped: 1, interrupted: true })
})

test('early cutoff: a user of what came out the same is not run', async () => {
  const a = make('a')
  const top = make('top', [make('b', [a])])
  const work = new FakeWork([top], { stale: ['a'] })
  assert.equal(work.planned, ['a', 'b', 'top'])
  await work.end('a')
  assert.equal(await work.done, { ran: 1, upToDate: 2, failed: 0, skipped: 0 })
})

test('early cutoff stops where it stops, and says why the others run', async () => {
  const a = make('a')
  const b = make('b', [a])
  const work = new FakeWork([make('c', [b]), make('d', [a])], { stale: ['a'] })
  work.changing.add('a')
  await work.end('a')
  assert.equal(work.running, ['b', 'd'])
  await work.end('b')
  await work.end('d')
  assert.equal(work.totals, { ran: 3, upToDate: 1, failed: 0, skipped: 0 })
  assert.equal(work.reasons(), {
    a: ['never-built'],
    b: ['content-changed'],
    d: ['content-changed'],
  })
})

test('an order-only need that runs does not make its user run', async () => {
  const work = new FakeWork([make('b', [], { orderOnly: [make('a')] })], { stale: ['a'] })
  assert.equal(work.planned, ['a'])
  work.changing.add('a')
  await work.end('a')
  assert.equal(work.totals, { ran: 1, upToDate: 1, failed: 0, skipped: 0 })
})

test('only what the wanted ones reach is planned', async () => {
  const a = make('a')
  make('unasked', [a])
  const work = new FakeWork([a])
  assert.equal(work.planned, ['a'])
  await work.end('a')
  assert.is(work.totals?.ran, 1)
})

test('each edge is told as stale, then as started, then as finished', async () => {
  const work = new FakeWork([make('b', [make('a')])])
  await work.end('a')
  await work.end('b')
  const told = work.events.map((event) =>
    'outputs' in event ? `${event.type} ${event.outputs}` : event.type,
  )
  const expected = ['a', 'b'].flatMap((path) => [
    `stale ${path}`,
    `start ${path}`,
    `finish ${path}`,
  ])
  assert.equal(told, expected)
})

test('a bug in a run is thrown, not counted', async () => {
  const work = new FakeWork([make('a')])
  await work.end('a', new TypeError('a bug'))
  let thrown: unknown
  await work.done.catch((error: unknown) => {
    thrown = error
  })
  assert.instance(thrown, TypeError)
})

/** Random edges, run to their end in random order, some of which fail. */
async function play(seed: number): Promise<void> {
  const random = randomNumbers(seed)
  const edges: Edge[] = []
  const needs = new Map<string, string[]>()
  const size = 3 + random(12)
  for (let at = 0; at < size; at++) {
    const inputs = edges.filter(() => random(4) === 0)
    needs.set(
      `${at}`,
      inputs.map(({ output }) => output.path),
    )
    edges.push(make(`${at}`, inputs))
  }
  const jobs = 1 + random(4)
  const stale = edges.map(({ output }) => output.path).filter(() => random(2) === 0)
  const work = new FakeWork(edges, { jobs, keepGoing: random(2) === 0, stale })
  for (const path of stale) if (random(2) === 0) work.changing.add(path)
  const ended = new Set<string>()
  let failed = 0
  await new Promise((resolve) => setImmediate(resolve))
  while (work.totals === undefined) {
    const open = work.running
    assert.ok(open.length > 0 && work.running.length <= jobs, `seed ${seed}`)
    for (const path of open) {
      for (const need of needs.get(path) ?? []) assert.is(open.includes(need), false)
    }
    const path = open[random(open.length)] ?? ''
    const fails = random(6) === 0
    if (fails) failed++
    else ended.add(path)
    await work.end(path, { status: fails ? 'failed' : 'ok' })
  }
  const { ran, upToDate, skipped } = work.totals
  assert.is(ran + upToDate + skipped, size, `seed ${seed}: they add up`)
  assert.is(work.totals.failed, failed)
  assert.is(ran, work.started.length)
  assert.is(new Set(work.started).size, ran, `seed ${seed}: each ran once`)
  for (const path of work.started) {
    for (const need of needs.get(path) ?? []) {
      assert.ok(!work.started.includes(need) || ended.has(need), `seed ${seed}`)
    }
  }
  if (failed === 0) for (const path of stale) assert.ok(ended.has(path), `seed ${seed}: ${path}`)
}

test('on random graphs: bounds hold, nothing runs twice or too early, totals add up', async () => {
  for (let seed = 0; seed < 200; seed++) await play(seed)
})

test('what was only asked, and left as it was, counts as up to date; what uses it does not run', async () => {
  const made = make('made')
  const other = make('other')
  const targets = [make('user', [made]), make('second', [other])]
  const work = new FakeWork(targets, { stale: [], asked: ['made', 'other'] })
  work.changing.add('other')
  await work.end('made', { isUnchanged: true })
  await work.end('other', { isUnchanged: false })
  assert.equal(work.running, ['second'])
  await work.end('second', { isUnchanged: true })
  assert.equal([work.totals?.ran, work.totals?.upToDate], [2, 2])
})

test('one that had another reason has run, whatever it left', async () => {
  const work = new FakeWork([make('made')], { stale: ['made'] })
  await work.end('made', { isUnchanged: true })
  assert.equal([work.totals?.ran, work.totals?.upToDate], [1, 0])
})

test.run()
