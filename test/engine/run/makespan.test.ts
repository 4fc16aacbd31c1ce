// How long builds take: graphs by a seed, run in a time that the test lets pass.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Graph, type Node } from '../../../tasks/engine/decide/graph.ts'
import { plan } from '../../../tasks/engine/decide/plan.ts'
import { type Edge, edge } from '../../../tasks/engine/declare/edge.ts'
import { schedule, type Work } from '../../../tasks/engine/run/scheduler.ts'
import { fakeAnswers, randomNumbers } from '../../support/fakeworld.ts'

interface Timed {
  readonly targets: readonly Edge[]
  /** Milliseconds of each edge, by output. */
  readonly ms: ReadonlyMap<string, number>
}

/** What may not be undercut: the longest chain, and all work divided by the places. */
function bound({ targets, ms }: Timed, places: number): number {
  let sum = 0
  const paths = new Map<Node, number>()
  for (const node of nodesOf(targets).nodes) {
    const own = ms.get(node.edge.output.path) ?? 0
    sum += own
    paths.set(node, own + Math.max(0, ...node.needs.map((need) => paths.get(need) ?? 0)))
  }
  return Math.max(sum / places, ...paths.values())
}

function nodesOf(targets: readonly Edge[]) {
  const graph = new Graph(fakeAnswers())
  return { graph, wanted: graph.add(targets).nodes, nodes: graph.nodes }
}

/** Runs it all; nothing waits, the clock jumps to the next end. @returns the wall time */
async function wallTime({ targets, ms }: Timed, places: number, known: (path: string) => boolean) {
  const { graph, wanted } = nodesOf(targets)
  const stale = [{ kind: 'never-built' }] as const
  const running: { readonly end: number; readonly resolve: () => void }[] = []
  let now = 0
  const work: Work = {
    reasons: () => stale,
    invocation: () => ({ command: [] }),
    notes: () => [],
    emit: () => {},
    lastMs: ({ edge: { output } }) => (known(output.path) ? ms.get(output.path) : undefined),
    run: ({ edge: { output } }) => {
      const end = now + (ms.get(output.path) ?? 0)
      return new Promise((resolve) => {
        running.push({
          end,
          resolve: () => resolve({ status: 'ok', ms: ms.get(output.path) ?? 0, output: '' }),
        })
      })
    },
  }
  const signal = new AbortController().signal
  let over = false
  const options = { jobs: places, keepGoing: false, signal }
  const done = schedule(graph, wanted, plan(wanted, work.reasons), work, options).then((totals) => {
    over = true
    return totals
  })
  while (!over) {
    assert.ok(running.length <= places)
    running.sort((a, b) => b.end - a.end)
    const next = running.pop()
    if (next !== undefined) {
      now = next.end
      next.resolve()
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.is((await done).failed, 0)
  return now
}

/** Programs of some objects each, of which a few take long; some sources are generated first. */
function programs(seed: number, count: number): Timed {
  const random = randomNumbers(seed)
  const ms = new Map<string, number>()
  const make = (rule: string, path: string, time: number, inputs: readonly Edge[]): Edge => {
    ms.set(path, time)
    return edge({ rule, outputs: [path], inputs, command: [] })
  }
  // Most take little and a few much, as compiles do.
  const time = (): number => 20 + random(60) + (random(40) === 0 ? random(900) : 0)
  const header = make('BTF', 'vmlinux.h', 150, [])
  const shared = Array.from({ length: 8 }, (_, at) => make('CC', `shared${at}.o`, time(), []))
  const targets = Array.from({ length: count }, (_, at) => {
    const object = make('BPF', `${at}.bpf.o`, time(), [header])
    const skeleton = make('SKEL', `${at}.skel.h`, 4 + random(4), [object])
    const own = Array.from({ length: 1 + random(4) }, (_, part) =>
      make('CC', `${at}.${part}.o`, time(), part === 0 ? [skeleton] : []),
    )
    return make('LINK', `${at}`, 10 + random(90), [...own, ...shared])
  })
  return { targets, ms }
}

/** Any graph: each edge needs some of the last ones, so that there are chains of every length. */
function anything(seed: number, count: number): Timed {
  const random = randomNumbers(seed)
  const ms = new Map<string, number>()
  const all: Edge[] = []
  for (let at = 0; at < count; at++) {
    const path = `${at}`
    ms.set(path, 1 + random(200))
    const near = all.slice(-(20 + random(200)))
    const inputs = Array.from({ length: random(3) }, () => near[random(near.length)]).filter(
      (need) => need !== undefined,
    )
    all.push(edge({ rule: `R${random(4)}`, outputs: [path], inputs, command: [] }))
  }
  return { targets: all, ms }
}

for (const [name, shape] of [
  ['programs', programs],
  ['any graph', anything],
] as const) {
  test(`${name}: with known times the wall time is near what is possible at all`, async () => {
    for (const places of [1, 2, 3, 8, 32]) {
      for (let seed = 1; seed <= 6; seed++) {
        const timed = shape(seed, 150)
        const least = bound(timed, places)
        const took = await wallTime(timed, places, () => true)
        const where = `seed ${seed}, ${places} places: ${took} ms where ${least} is possible`
        assert.ok(took <= least * 1.05, where)
        assert.ok(took >= least - 1e-6, where)
      }
    }
  })
}

test('a tree of which a part never ran: rules tell what it takes on average', async () => {
  for (const places of [2, 8]) {
    for (let seed = 1; seed <= 6; seed++) {
      const timed = programs(seed, 200)
      const random = randomNumbers(seed)
      const known = new Set([...timed.ms.keys()].filter(() => random(2) === 0))
      const took = await wallTime(timed, places, (path) => known.has(path))
      assert.ok(took <= bound(timed, places) * 1.05, `seed ${seed}, ${places} places: ${took}`)
    }
  }
})

test.run()
