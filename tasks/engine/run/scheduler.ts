// In which order stale edges run. Knows neither commands nor files: all effects are passed in.
//
// A node is `waiting` (something that it needs is not done) → `ready` → `running` → `done`, `failed` or
// `interrupted`. A node whose inputs turn out unchanged goes from `ready` to `done` without running.

import type { Event, Invocation, Reason, Totals } from '../base/index.ts'
import type { Graph, Node, Plan } from '../decide/index.ts'
import type { Pool } from '../declare/index.ts'
import { Estimate } from './estimate.ts'
import type { Outcome } from './perform.ts'
import { ReadyQueue } from './readyqueue.ts'
import { type Bound, Slots } from './slots.ts'

/** What the scheduler needs done. */
export interface Work {
  readonly reasons: (node: Node) => readonly Reason[]
  /** Runs the command of a node to its end and records what came of it. Rejects only for a bug. */
  readonly run: (node: Node) => Promise<Outcome>
  readonly invocation: (node: Node) => Invocation
  /** What the user should know when a node runs; each text is said once a build. */
  readonly notes: (node: Node) => readonly string[]
  /** How long it took last time, in milliseconds; undefined where it never ran. */
  readonly lastMs: (node: Node) => number | undefined
  /** Bytes of the source that it is made from; undefined where there is none. */
  readonly size?: (node: Node) => number | undefined
  /** Does its command write to the terminal itself? */
  readonly takesTerminal?: (node: Node) => boolean
  readonly emit: (event: Event) => void
}

export interface ScheduleOptions {
  /** How many commands may run at once. */
  readonly jobs: number
  readonly keepGoing: boolean
  readonly bounds?: readonly Bound[]
  /** How many of a pool may run at once, where that is less than the pool says. */
  readonly depthOf?: (pool: Pool) => number
  readonly signal: AbortSignal
}

type State = 'waiting' | 'ready' | 'running' | 'done' | 'failed' | 'interrupted'

/** A node that is to run, and why. */
interface Start {
  readonly node: Node
  readonly reasons: readonly Reason[]
}

/**
 * Runs what is stale, as soon as what it needs is done, the longest remaining path first. A node
 * whose inputs turn out to be as they were is not run. Rejects with what a run rejected with, after
 * everything that was running has ended.
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
  /** Who needs a node. */
  readonly #users = new Map<Node, Node[]>()
  readonly #ready: ReadyQueue
  readonly #estimate: Estimate
  readonly #slots: Slots
  readonly #pools: Pools
  readonly #saidNotes = new Set<string>()
  #running = 0
  #ran = 0
  #fromCache = 0
  #cacheBytes = 0
  #upToDate: number
  /** Nothing more is started. */
  #stopped = false
  #bug: { readonly error: unknown } | undefined
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
    this.#pools = new Pools(options.depthOf ?? (({ depth }) => depth))
    const isOpen = (node: Node): boolean => plan.open.has(node) || plan.waiting.has(node)
    const open = plan.nodes.filter(isOpen)
    this.#upToDate = plan.nodes.length - open.length
    for (const node of open) {
      this.#states.set(node, 'waiting')
      const blockers = node.needs.filter(isOpen)
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
    this.#slots = new Slots(options.jobs, options.bounds ?? [], () => this.#startReady())
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    for (const node of open) if (this.#blockers.get(node) === 0) this.#makeReady(node)
    if (options.signal.aborted) this.#stop()
    options.signal.addEventListener('abort', this.#stop)
    this.#startReady()
  }

  #makeReady(node: Node): void {
    this.#states.set(node, 'ready')
    this.#ready.push(node)
  }

  /** Starts as many ready nodes as there are slots. Ends the schedule where nothing runs and nothing can. */
  #startReady(): void {
    try {
      while (!this.#stopped && this.#slots.isBelowJobs) {
        const start = this.#nextToRun()
        if (start === undefined) break
        if (!this.#slots.acquire()) {
          this.#ready.push(start.node)
          break
        }
        void this.#run(start)
      }
    } catch (error) {
      this.#stopForBug(error)
    }
    if (this.#running === 0) this.#finish()
  }

  /** The first ready node that has to run and whose pool has room. Those that need not run are done. */
  #nextToRun(): Start | undefined {
    for (let node = this.#ready.pop(); node !== undefined; node = this.#ready.pop()) {
      if (this.#pools.holdBack(node)) continue
      const reasons = this.#work.reasons(node)
      if (reasons.length > 0) return { node, reasons }
      this.#upToDate++
      this.#estimate.end(node)
      this.#settle(node, 'done')
    }
    return undefined
  }

  /** From the start of a node to its end. It holds a slot. */
  async #run({ node, reasons }: Start): Promise<void> {
    this.#states.set(node, 'running')
    this.#running++
    this.#pools.enter(node)
    try {
      const invocation = this.#work.invocation(node)
      this.#sayStart(node, reasons, invocation)
      const outcome = await this.#work.run(node)
      this.#sayEnd(node, invocation, outcome)
      const wasOnlyAsked = reasons.every(({ kind }) => kind === 'asked-each-build')
      if (wasOnlyAsked && outcome.isUnchanged === true) this.#upToDate++
      else this.#count(outcome)
      if (outcome.status === 'failed' && !this.#options.keepGoing) this.#stop()
      this.#settle(node, outcome.status === 'ok' ? 'done' : outcome.status)
    } catch (error) {
      this.#stopForBug(error)
    }
    for (const held of this.#pools.leave(node)) this.#ready.push(held)
    this.#running--
    this.#slots.release()
    this.#startReady()
  }

  #count({ status, isStarted, placed }: Outcome): void {
    if (placed !== undefined && 'from' in placed) {
      this.#fromCache++
      this.#cacheBytes += placed.bytes
    } else if (status !== 'interrupted' && isStarted !== false) this.#ran++
  }

  /** Its users become ready when it was the last that they waited for. */
  #settle(node: Node, state: 'done' | 'failed' | 'interrupted'): void {
    this.#states.set(node, state)
    if (state !== 'done') return
    for (const user of this.#users.get(node) ?? []) {
      const blockers = (this.#blockers.get(user) ?? 1) - 1
      this.#blockers.set(user, blockers)
      if (blockers === 0) this.#makeReady(user)
    }
  }

  readonly #stop = (): void => {
    this.#stopped = true
  }

  /** The error is thrown when what runs has ended, and not before. */
  #stopForBug(error: unknown): void {
    this.#bug ??= { error }
    this.#stop()
  }

  #finish(): void {
    const { signal } = this.#options
    signal.removeEventListener('abort', this.#stop)
    if (this.#bug !== undefined) {
      this.#reject(this.#bug.error)
      return
    }
    let failed = 0
    let skipped = 0
    for (const state of this.#states.values()) {
      if (state === 'failed') failed++
      else if (state !== 'done') skipped++
    }
    const interrupted = signal.aborted && skipped > 0
    this.#resolve({
      ran: this.#ran,
      upToDate: this.#upToDate,
      failed,
      skipped,
      ...(this.#fromCache === 0
        ? {}
        : { fromCache: this.#fromCache, cacheBytes: this.#cacheBytes }),
      ...(interrupted ? { interrupted } : {}),
    })
  }

  #sayStart(node: Node, reasons: readonly Reason[], invocation: Invocation): void {
    const { emit, notes } = this.#work
    const { outputs } = node
    const { rule } = node.edge
    this.#say(notes(node))
    emit({ type: 'stale', outputs, rule, reasons })
    this.#estimate.begin(node)
    emit({ type: 'start', rule, outputs, ...invocation, ...this.#left(), ...this.#terminal(node) })
  }

  #sayEnd(node: Node, invocation: Invocation, outcome: Outcome): void {
    const { status, ms, output, failure, notes = [], placed } = outcome
    this.#estimate.end(node, ms)
    this.#work.emit({
      type: 'finish',
      rule: node.edge.rule,
      outputs: node.outputs,
      ...invocation,
      status,
      ms,
      output,
      ...originOf(placed),
      ...this.#left(),
      ...this.#terminal(node),
      ...(failure === undefined ? {} : { failure }),
      ...(status === 'ok' ? {} : { path: this.#graph.pathTo(this.#wanted, node) }),
    })
    this.#say(notes)
  }

  #terminal(node: Node): { readonly takesTerminal?: true } {
    return this.#work.takesTerminal?.(node) === true ? { takesTerminal: true } : {}
  }

  /** Each note once a build. */
  #say(notes: readonly string[]): void {
    for (const text of notes) {
      if (this.#saidNotes.has(text)) continue
      this.#saidNotes.add(text)
      this.#work.emit({ type: 'note', text })
    }
  }

  #left(): { readonly leftMs?: number } {
    const leftMs = this.#estimate.leftMs()
    return leftMs === undefined ? {} : { leftMs: Math.round(leftMs) }
  }
}

/** Where the result came from, or why there was none. */
function originOf(placed: Outcome['placed']): { from?: 'folder' | 'server'; notFrom?: string } {
  if (placed === undefined) return {}
  if ('from' in placed) return { from: placed.from }
  return placed.why === undefined ? {} : { notFrom: placed.why }
}

/** How many nodes of each pool run, and which ready ones wait for that. */
class Pools {
  readonly #used = new Map<string, number>()
  readonly #held = new Map<string, Node[]>()
  readonly #depthOf: (pool: Pool) => number

  constructor(depthOf: (pool: Pool) => number) {
    this.#depthOf = depthOf
  }

  /** True where the pool of the node is full: {@link leave} returns the node when there is room again. */
  holdBack(node: Node): boolean {
    const { pool } = node.edge
    if (pool === undefined || (this.#used.get(pool.name) ?? 0) < this.#depthOf(pool)) return false
    const held = this.#held.get(pool.name)
    if (held === undefined) this.#held.set(pool.name, [node])
    else held.push(node)
    return true
  }

  enter({ edge: { pool } }: Node): void {
    if (pool !== undefined) this.#used.set(pool.name, (this.#used.get(pool.name) ?? 0) + 1)
  }

  /** Returns those that were held back for the pool of the node. */
  leave({ edge: { pool } }: Node): readonly Node[] {
    if (pool === undefined) return []
    this.#used.set(pool.name, (this.#used.get(pool.name) ?? 1) - 1)
    const held = this.#held.get(pool.name) ?? []
    this.#held.delete(pool.name)
    return held
  }
}
