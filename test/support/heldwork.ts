// Work for the scheduler: each run waits until the test lets it end. Nothing is timed.

import type { Event, Reason } from '../../tasks/engine/base/events.ts'
import type { Totals } from '../../tasks/engine/base/index.ts'
import { Graph, type Node } from '../../tasks/engine/decide/graph.ts'
import { plan } from '../../tasks/engine/decide/plan.ts'
import type { Edge } from '../../tasks/engine/declare/edge.ts'
import type { Outcome } from '../../tasks/engine/run/perform.ts'
import { type ScheduleOptions, schedule } from '../../tasks/engine/run/scheduler.ts'
import { fakeAnswers } from './fakeworld.ts'

export interface WorkSpec extends Partial<ScheduleOptions> {
  /** Outputs that are stale by themselves; all of them where it is left out. */
  readonly stale?: readonly string[]
  /** Outputs that are only asked for in each build. */
  readonly asked?: readonly string[]
  /** How long an edge took last time, by output. */
  readonly lastMs?: Readonly<Record<string, number>>
  /** Bytes of the sources, by output. */
  readonly sizes?: Readonly<Record<string, number>>
}

export class FakeWork {
  readonly events: Event[] = []
  /** Outputs in the order in which they were started. */
  readonly started: string[] = []
  /** Outputs whose content is another after they ran. */
  readonly changing = new Set<string>()
  readonly done: Promise<Totals>
  readonly planned: readonly string[]
  readonly #waiting = new Map<string, (outcome: Outcome | Error) => void>()
  readonly #ran = new Set<Node>()
  totals: Totals | undefined

  constructor(targets: readonly Edge[], spec: WorkSpec = {}) {
    const { stale, asked = [], lastMs = {}, sizes = {} } = spec
    const { jobs = 100, keepGoing = false, bounds = [] } = spec
    const graph = new Graph(fakeAnswers())
    const wanted = graph.add(targets).nodes
    const reasons = (node: Node, open?: (producer: Node) => boolean): readonly Reason[] => {
      const [path = ''] = node.outputs
      const found: Reason[] = []
      if (asked.includes(path)) found.push({ kind: 'asked-each-build' })
      else if (stale === undefined || stale.includes(path)) found.push({ kind: 'never-built' })
      for (const { path: input, producer } of node.inputs) {
        if (producer === undefined) continue
        if (open?.(producer) === true) found.push({ kind: 'input-stale', path: input })
        else if (this.#ran.has(producer) && this.changing.has(input)) {
          found.push({ kind: 'content-changed', path: input, discovered: false })
        }
      }
      return found
    }
    const made = plan(wanted, reasons)
    this.planned = [...made.open.keys()].map((node) => node.outputs[0] ?? '')
    const work = {
      reasons,
      invocation: (node: Node) => ({ command: ['make', ...node.outputs] }),
      notes: ({ edge: { note } }: Node) => (typeof note === 'string' && note !== '' ? [note] : []),
      lastMs: (node: Node) => lastMs[node.outputs[0] ?? ''],
      size: (node: Node) => sizes[node.outputs[0] ?? ''],
      emit: (event: Event) => void this.events.push(event),
      run: (node: Node) => {
        const [path = ''] = node.outputs
        return new Promise<Outcome>((resolve, reject) => {
          this.started.push(path)
          this.#waiting.set(path, (outcome) => {
            this.#ran.add(node)
            if (outcome instanceof Error) reject(outcome)
            else resolve(outcome)
          })
        })
      },
    }
    const { signal = new AbortController().signal } = spec
    const options = { jobs, keepGoing, bounds, signal }
    this.done = schedule(graph, wanted, made, work, options)
    this.done.then(
      (totals) => {
        this.totals = totals
      },
      () => {},
    )
  }

  /** Outputs that are being made now, sorted. */
  get running(): string[] {
    return [...this.#waiting.keys()].sort()
  }

  /** Lets one run end, and everything that follows from it happen. */
  async end(path: string, outcome: Partial<Outcome> | Error = {}): Promise<void> {
    const end = this.#waiting.get(path)
    if (end === undefined) throw new Error(`${path} is not running, but: ${this.running}`)
    this.#waiting.delete(path)
    end(outcome instanceof Error ? outcome : { status: 'ok', ms: 1, output: '', ...outcome })
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** The kinds of reason for which each edge was run. */
  reasons(): Record<string, string[]> {
    const found: Record<string, string[]> = {}
    for (const event of this.events) {
      if (event.type !== 'stale') continue
      found[event.outputs[0] ?? ''] = event.reasons.map(({ kind }) => kind)
    }
    return found
  }
}
