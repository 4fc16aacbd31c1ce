// Planned to done: in which order stale edges run. All effects are handed in.

import type { Event, Reason } from '../base/events.ts'
import type { Graph, Node } from '../decide/graph.ts'
import type { Plan, Reasons } from '../decide/plan.ts'
import { Estimate } from './estimate.ts'
import type { Outcome, Unstarted } from './perform.ts'
import { ReadyQueue } from './readyqueue.ts'
import { Places, type Slots } from './slots.ts'

/** What the scheduler has done for it. */
export interface Work {
  readonly reasons: Reasons
  /**
   * What is given a place in which a command runs is started when that one has succeeded; where it
   * fails, or {@link withhold} was called, what was given is `unstarted`.
   * @param ended is called when the command has succeeded and what it left is still to be recorded
   */
  readonly run: (node: Node, place: number, ended: () => void) => Promise<Outcome | Unstarted>
  /** Nothing that was given a place is to start any more. */
  readonly withhold?: () => void
  readonly command: (node: Node) => readonly string[]
  /** What the user should know when it runs; '': nothing. */
  readonly note: (node: Node) => string
  /** How long it took last time, in milliseconds; undefined where it never ran. */
  readonly lastMs: (node: Node) => number | undefined
  /** Bytes of the source that it is made from; undefined where there is none. */
  readonly size?: (node: Node) => number | undefined
  readonly emit: (event: Event) => void
}

export interface ScheduleOptions {
  /** How many run at once. */
  readonly jobs: number
  readonly keepGoing: boolean
  readonly slots?: readonly Slots[]
  /** A place may be given its next command early where both take less, in milliseconds. */
  readonly shortMs?: number
  readonly signal: AbortSignal
}

/** A node with what it is started with. */
interface Start {
  readonly node: Node
  readonly place: number
  readonly reasons: readonly Reason[]
  readonly command: readonly string[]
  readonly note: string
}

/** How often each thing happened; the numbers of the summary. */
export interface Totals {
  readonly ran: number
  readonly upToDate: number
  readonly failed: number
  readonly skipped: number
  /** Under `--dry-run`: how many would run. */
  readonly wouldRun?: number
}

/** It was told as started, and withheld in that very moment. */
const WITHHELD: Outcome = { status: 'interrupted', ms: 0, output: '' }

type State = 'waiting' | 'ready' | 'running' | 'done' | 'failed' | 'skipped'

/**
 * Runs what is stale, as soon as what it needs is done, the longest remaining path first. A node
 * whose inputs turn out to be as they were is not run.
 */
export function schedule(
  graph: Graph,
  wanted: readonly Node[],
  plan: Plan,
  work: Work,
  options: ScheduleOptions,
): Promise<Totals> {
  return new Schedule(graph, wanted, plan, work, options).done
}

class Schedule {
  readonly done: Promise<Totals>
  readonly #graph: Graph
  readonly #wanted: readonly Node[]
  readonly #work: Work
  readonly #options: ScheduleOptions
  readonly #states = new Map<Node, State>()
  /** How many of the nodes that it needs are not done yet. */
  readonly #blockers = new Map<Node, number>()
  readonly #users = new Map<Node, Node[]>()
  readonly #ready: ReadyQueue
  readonly #estimate: Estimate
  readonly #inPool = new Map<string, number>()
  readonly #held = new Map<string, Node[]>()
  readonly #noted = new Set<string>()
  readonly #places: Places
  /** Those whose command has not ended. */
  readonly #running = new Set<Start>()
  /** By what runs in a place: what was given that place besides. */
  readonly #next = new Map<Start, Start>()
  /** How many were started, or given a place, and are not settled yet. */
  #unsettled = 0
  /** Of what was started while a node was to be recorded: told when that is told as finished. */
  readonly #late: Event[] = []
  #lateAfter: Node | undefined
  #ran = 0
  #upToDate: number
  #failed = 0
  #stopped = false
  #broken: { readonly error: unknown } | undefined
  #resolve: (totals: Totals) => void = () => {}
  #reject: (error: unknown) => void = () => {}

  constructor(
    graph: Graph,
    wanted: readonly Node[],
    plan: Plan,
    work: Work,
    options: ScheduleOptions,
  ) {
    this.#graph = graph
    this.#wanted = wanted
    this.#work = work
    this.#options = options
    const awaited = (node: Node): boolean => plan.open.has(node) || plan.waiting.has(node)
    const open = plan.nodes.filter(awaited)
    this.#upToDate = plan.nodes.length - open.length
    for (const node of open) {
      this.#states.set(node, 'waiting')
      const blockers = node.needs.filter(awaited)
      this.#blockers.set(node, blockers.length)
      for (const need of blockers) {
        const users = this.#users.get(need)
        if (users === undefined) this.#users.set(need, [node])
        else users.push(node)
      }
    }
    const lastMs = (node: Node) => (plan.waiting.has(node) ? 0 : work.lastMs(node))
    this.#estimate = new Estimate(open, this.#users, lastMs, options.jobs, work.size)
    this.#ready = new ReadyQueue(this.#estimate.paths)
    this.#places = new Places(options.jobs, options.slots ?? [], () => this.#pump())
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    for (const node of open) if (this.#blockers.get(node) === 0) this.#makeReady(node)
    if (options.signal.aborted) this.#stop()
    options.signal.addEventListener('abort', this.#stop)
    this.#pump()
  }

  #makeReady(node: Node): void {
    this.#states.set(node, 'ready')
    this.#ready.push(node)
  }

  #pump(): void {
    try {
      while (!this.#stopped && this.#ready.size > 0 && this.#places.reserve()) {
        const start = this.#take(() => this.#places.occupy())
        if (start === undefined) continue
        this.#begin(start)
        void this.#run(start)
      }
      this.#places.release()
      for (const running of this.#running) this.#giveNext(running)
    } catch (error) {
      this.#break(error)
    }
    if (this.#unsettled === 0) this.#finish()
  }

  /**
   * Gives the place of a command the next one before it has ended, so that it need not wait for us
   * in between. Where either takes long that time is nothing, and another place may be free before;
   * and for each place one stays ready, that none is idle while a command waits for another one.
   */
  #giveNext(running: Start): void {
    while (
      !this.#stopped &&
      !this.#next.has(running) &&
      this.#ready.size > this.#running.size &&
      this.#isShort(running.node) &&
      this.#isShort(this.#ready.first)
    ) {
      const start = this.#take(() => running.place)
      if (start === undefined) continue
      this.#next.set(running, start)
      void this.#run(start, running)
    }
  }

  /** What is to be emptied first is not given early: it might then not be started. */
  #isShort(node: Node | undefined): boolean {
    const { shortMs = 0 } = this.#options
    return node !== undefined && !node.edge.fresh && this.#estimate.expectedMs(node) < shortMs
  }

  /** The first of those that are ready, where it is to run and its pool has room. */
  #take(place: () => number): Start | undefined {
    const node = this.#ready.pop()
    if (node === undefined) return undefined
    const { pool } = node.edge
    if (pool !== undefined) {
      const used = this.#inPool.get(pool.name) ?? 0
      if (used >= pool.depth) {
        const held = this.#held.get(pool.name)
        if (held === undefined) this.#held.set(pool.name, [node])
        else held.push(node)
        return undefined
      }
    }
    const reasons = this.#work.reasons(node)
    if (reasons.length === 0) {
      this.#upToDate++
      this.#estimate.end(node)
      this.#settle(node, 'done')
      return undefined
    }
    const note = this.#work.note(node)
    const command = this.#work.command(node)
    this.#states.set(node, 'running')
    this.#unsettled++
    if (pool !== undefined) this.#inPool.set(pool.name, (this.#inPool.get(pool.name) ?? 0) + 1)
    return { node, place: place(), reasons, command, note }
  }

  /** It is started now. */
  #begin(start: Start): void {
    const { node, reasons, command, note } = start
    const { rule } = node.edge
    const { outputs } = node
    if (note !== '' && !this.#noted.has(note)) {
      this.#noted.add(note)
      this.#tell({ type: 'note', text: note })
    }
    this.#tell({ type: 'stale', outputs, rule, reasons })
    this.#estimate.begin(node)
    this.#tell({ type: 'start', rule, outputs, command, ...this.#left() })
    this.#running.add(start)
    this.#ran++
  }

  /** @param before what runs in the place that it was given */
  async #run(start: Start, before?: Start): Promise<void> {
    const { node } = start
    try {
      const outcome = await this.#work.run(node, start.place, () => this.#succeeded(start))
      this.#leavePool(node)
      if (this.#lateAfter !== node) this.#tellLate()
      const isNext = before !== undefined && this.#next.get(before) === start
      if (isNext) this.#next.delete(before)
      if (outcome.status === 'unstarted' && isNext) {
        this.#makeReady(node)
      } else {
        if (isNext) this.#begin(start)
        const done = outcome.status === 'unstarted' ? WITHHELD : outcome
        this.#report(start, done)
        this.#settle(node, done.status === 'ok' ? 'done' : 'failed')
      }
      // Not where it has succeeded; nor where the place is another's: of what runs, or is next.
      const isLast = this.#running.delete(start) && !this.#next.has(start)
      if (isNext ? !this.#running.has(before) : isLast) this.#places.leave(start.place)
    } catch (error) {
      this.#running.delete(start)
      this.#break(error)
    }
    this.#tellLate()
    this.#unsettled--
    this.#pump()
  }

  /** Its command has ended well: what was given its place besides begins, or the place is free. */
  #succeeded(start: Start): void {
    const { node } = start
    if (!this.#running.delete(start)) return
    const next = this.#next.get(start)
    // Whether that was started before nothing was to start any more, its own end will tell.
    if (next !== undefined && this.#stopped) return
    this.#next.delete(start)
    if (next === undefined) this.#places.leave(start.place)
    const mayWait = this.#leadsToBetter(node)
    if (next === undefined && mayWait) return
    this.#tellLate()
    this.#lateAfter = node
    if (next !== undefined) this.#begin(next)
    if (!mayWait) this.#pump()
  }

  #tell(event: Event): void {
    if (this.#lateAfter === undefined) this.#work.emit(event)
    else this.#late.push(event)
  }

  #tellLate(): void {
    this.#lateAfter = undefined
    for (const event of this.#late.splice(0)) this.#work.emit(event)
  }

  /** Will a node be ready when this one is done that is to run before all that are ready now? */
  #leadsToBetter(node: Node): boolean {
    const { paths } = this.#estimate
    const { first } = this.#ready
    const best = first === undefined ? 0 : (paths.get(first) ?? 0)
    const users = this.#users.get(node) ?? []
    return users.some((user) => this.#blockers.get(user) === 1 && (paths.get(user) ?? 0) > best)
  }

  /** Nothing more is started; the error is told when what runs has ended, and not before. */
  #break(error: unknown): void {
    this.#broken ??= { error }
    this.#stop()
  }

  readonly #stop = (): void => {
    this.#stopped = true
    this.#work.withhold?.()
  }

  #left(): { readonly leftMs?: number } {
    const leftMs = this.#estimate.leftMs()
    return leftMs === undefined ? {} : { leftMs: Math.round(leftMs) }
  }

  #leavePool(node: Node): void {
    const { pool } = node.edge
    if (pool === undefined) return
    this.#inPool.set(pool.name, (this.#inPool.get(pool.name) ?? 1) - 1)
    for (const held of this.#held.get(pool.name) ?? []) this.#ready.push(held)
    this.#held.delete(pool.name)
  }

  #report({ node, command }: Start, outcome: Outcome): void {
    const failed = outcome.status !== 'ok'
    this.#estimate.end(node, outcome.ms)
    if (outcome.status === 'failed') this.#failed++
    if (outcome.status === 'failed' && !this.#options.keepGoing) this.#stop()
    this.#work.emit({
      type: 'finish',
      rule: node.edge.rule,
      outputs: node.outputs,
      command,
      status: outcome.status,
      ms: outcome.ms,
      output: outcome.output,
      ...this.#left(),
      ...(outcome.failure === undefined ? {} : { failure: outcome.failure }),
      ...(failed ? { path: this.#graph.pathTo(this.#wanted, node) } : {}),
    })
  }

  #settle(node: Node, state: 'done' | 'failed'): void {
    this.#states.set(node, state)
    if (state === 'failed') return
    for (const user of this.#users.get(node) ?? []) {
      const blockers = (this.#blockers.get(user) ?? 1) - 1
      this.#blockers.set(user, blockers)
      if (blockers === 0) this.#makeReady(user)
    }
  }

  #finish(): void {
    this.#options.signal.removeEventListener('abort', this.#stop)
    if (this.#broken !== undefined) {
      this.#reject(this.#broken.error)
      return
    }
    let skipped = 0
    for (const state of this.#states.values())
      if (state === 'waiting' || state === 'ready') skipped++
    this.#resolve({ ran: this.#ran, upToDate: this.#upToDate, failed: this.#failed, skipped })
  }
}
