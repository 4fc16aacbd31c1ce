// Work whose every run waits until the test lets it end: what runs is seen, nothing is timed.

import type { Event, Reason } from '../../tasks/engine/base/events.ts'
import { Graph, type Node } from '../../tasks/engine/decide/graph.ts'
import { plan } from '../../tasks/engine/decide/plan.ts'
import type { Edge } from '../../tasks/engine/declare/edge.ts'
import type { Outcome, Unstarted } from '../../tasks/engine/run/perform.ts'
import { type ScheduleOptions, schedule, type Totals } from '../../tasks/engine/run/scheduler.ts'
import { fakeAnswers } from './fakeworld.ts'

export interface WorkSpec extends Partial<ScheduleOptions> {
  /** Outputs that are stale by themselves; all of them where it is left out. */
  readonly stale?: readonly string[]
  /** How long an edge took last time, by output. */
  readonly lastMs?: Readonly<Record<string, number>>
  /** Outputs that cannot be made, which is seen before anything is started. */
  readonly refused?: readonly string[]
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
  readonly #waiting = new Map<string, (outcome: Outcome | Error | 'unstarted') => void>()
  readonly #ended = new Map<string, () => void>()
  readonly #recording = new Map<string, (outcome: Outcome | Error | 'unstarted') => void>()
  /** By place: the output that is made in it, and not ended yet. */
  readonly #inPlace = new Map<number, string>()
  /** By output: what was given its place besides, and what lets that start or not. */
  readonly #early = new Map<
    string,
    { readonly path: string; readonly go: (isOk: boolean) => void }
  >()
  #isShut = false
  readonly #ran = new Set<Node>()
  totals: Totals | undefined

  constructor(targets: readonly Edge[], spec: WorkSpec = {}) {
    const { stale, lastMs = {}, sizes = {}, refused = [] } = spec
    const { jobs = 100, keepGoing = false, slots = [], shortMs = 0 } = spec
    const graph = new Graph(fakeAnswers())
    const wanted = graph.add(targets).nodes
    const reasons = (node: Node, open?: (producer: Node) => boolean): readonly Reason[] => {
      const [path = ''] = node.outputs
      const found: Reason[] = []
      if (stale === undefined || stale.includes(path)) found.push({ kind: 'never-built' })
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
      command: (node: Node) => ['make', ...node.outputs],
      note: ({ edge: { note } }: Node) => (typeof note === 'string' ? note : ''),
      lastMs: (node: Node) => lastMs[node.outputs[0] ?? ''],
      size: (node: Node) => sizes[node.outputs[0] ?? ''],
      emit: (event: Event) => void this.events.push(event),
      withhold: () => {
        this.#isShut = true
      },
      run: (node: Node, place: number, ended: () => void) => {
        const [path = ''] = node.outputs
        return new Promise<Outcome | Unstarted>((resolve, reject) => {
          const start = (): void => {
            this.started.push(path)
            this.#inPlace.set(place, path)
            this.#ended.set(path, ended)
            this.#waiting.set(path, (outcome) => {
              this.#ran.add(node)
              if (outcome === 'unstarted') resolve({ status: outcome })
              else if (outcome instanceof Error) reject(outcome)
              else resolve(outcome)
            })
          }
          const before = this.#inPlace.get(place)
          if (before === undefined || !this.#waiting.has(before)) start()
          else if (this.#early.has(before)) reject(new Error(`two wait for ${before}`))
          else if (refused.includes(path)) resolve({ status: 'failed', ms: 0, output: '' })
          else {
            const go = (isOk: boolean): void => (isOk ? start() : resolve({ status: 'unstarted' }))
            this.#early.set(before, { path, go })
          }
        })
      },
    }
    const { signal = new AbortController().signal } = spec
    const options = { jobs, keepGoing, slots, shortMs, signal }
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

  /** Outputs whose commands have ended and that are still to be recorded, sorted. */
  get recording(): string[] {
    return [...this.#recording.keys()].sort()
  }

  /** Outputs that were given a place in which something runs, sorted. */
  get early(): string[] {
    return [...this.#early.values()].map(({ path }) => path).sort()
  }

  /** What waits for it is started, or is not. */
  #release(path: string, isOk: boolean): void {
    const next = this.#early.get(path)
    this.#early.delete(path)
    next?.go(isOk && !this.#isShut)
  }

  /** Lets one command end, but not be recorded. */
  async leave(path: string): Promise<void> {
    const end = this.#waiting.get(path)
    if (end === undefined) throw new Error(`${path} is not running, but: ${this.running}`)
    this.#waiting.delete(path)
    this.#recording.set(path, end)
    this.#release(path, true)
    this.#ended.get(path)?.()
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** Lets one run end, and everything that follows from it happen. */
  async end(path: string, outcome: Partial<Outcome> | Error = {}): Promise<void> {
    const end = this.#waiting.get(path) ?? this.#recording.get(path)
    if (end === undefined) throw new Error(`${path} is not running, but: ${this.running}`)
    this.#waiting.delete(path)
    this.#recording.delete(path)
    const whole: Outcome = { status: 'ok', ms: 1, output: '', ...outcome }
    const isOk = !(outcome instanceof Error) && whole.status === 'ok'
    if (isOk) {
      this.#release(path, true)
      this.#ended.get(path)?.()
    }
    end(outcome instanceof Error ? outcome : whole)
    this.#release(path, false)
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** A command that was told as started turns out not to have been. */
  async withhold(path: string): Promise<void> {
    this.#waiting.get(path)?.('unstarted')
    this.#waiting.delete(path)
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
