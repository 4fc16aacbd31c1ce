// One build: targets to graph, to plan, to commands run. Wires the parts; decides nothing itself.
import { dirname } from 'node:path'
import {
  type Answers,
  Asker,
  type AskerParts,
  invocationOf,
  OPEN,
  type Open,
} from '../answer/index.ts'
import type { Event, Totals } from '../base/index.ts'
import type { ActionCache } from '../cache/index.ts'
import {
  type Digest,
  Files,
  Graph,
  isStale,
  knowsEnough,
  missingTarget,
  type Node,
  type Plan,
  plan,
  removeHalfMade,
  removeOrphans,
  Staleness,
} from '../decide/index.ts'
import {
  type AnswerOf,
  type Arg,
  type Askable,
  type Member,
  otherTargets,
  type Tasks,
  tasksNaming,
} from '../declare/index.ts'
import { Clock, LOCK_VARIABLE, Lock } from '../files/index.ts'
import { BuildLog, idsOf } from '../log/index.ts'
import { OutputFiles, removeLongOutputs } from '../process/index.ts'
import { type Limits, Performer, schedule, type Work } from '../run/index.ts'
import { type Cleanable, type Cleaning, cleanable } from './clean.ts'
import type { DecisionRecorder, Planned, Request } from './planned.ts'
import { areKnown, edgesOf, sourceNotes } from './targetsbyname.ts'

export interface BuilderParts extends Omit<AskerParts, 'environment' | 'out'> {
  /** What every command gets. */
  readonly environment: Readonly<Record<string, string>>
  /** Folder for the engine's own files, relative to the root. */
  readonly state: string
  /** May the tree have brought a log of its own? Then only one that was written here counts. */
  readonly isForeignTree?: boolean
  readonly tasks: Tasks
  /** How many run at once, asked when something is to run; without it, as many as the request says. */
  readonly limits?: ((serves: boolean) => Promise<Limits>) | undefined
  /** Where results are kept, opened when something is to run; without it they are not. */
  readonly cache?: ((reads: boolean) => Promise<ActionCache>) | undefined
  readonly emit: (event: Event) => void
  /** Told of each build, not of dry runs, when it is known what may run. */
  readonly onPlan?: (planned: Planned) => void
  /** Told of each plan, those of dry runs too, before its reasons are emitted. */
  readonly onReasons?: (planned: Planned) => void
  /** Records what a build decides by, where the next run may be spared it. */
  readonly memo?: DecisionRecorder | undefined
  /** Compare what the memo says with what this build decides. */
  readonly checksMemo?: boolean
  /** Names in the folder of the state that other rooms write there. */
  readonly stateFiles?: readonly string[]
  /** How the lock names this run to others. */
  readonly command: string
  /** {@link LOCK_VARIABLE} of this process: set when a command of a build started it. */
  readonly lockMark?: string | undefined
}

export class Builder {
  readonly #parts: BuilderParts
  readonly #asker: Asker
  /** The kernel's types are megabytes: read once, however often this run builds. */
  readonly #pseudo = new Map<string, Digest>()
  readonly #told = new Set<string>()
  /** What every command gets, while a build runs with the mark of that. */
  #environment: BuilderParts['environment']

  constructor(parts: BuilderParts) {
    this.#parts = parts
    this.#environment = parts.environment
    const out = dirname(parts.state)
    this.#asker = new Asker({ ...parts, out, environment: () => this.#environment })
  }

  /**
   * Brings targets up to date.
   * @returns the totals, or undefined when it was ended while it waited for another build
   * @throws UserError for what is wrong before anything runs
   */
  async build(request: Request): Promise<Totals | undefined> {
    return request.dryRun
      ? this.#dryRun(request)
      : this.#withLock((lock) => this.#locked(request, lock))
  }

  /** @throws UserError where a path is neither there nor made by any edge, or a family has no such name */
  async checkNames(paths: readonly string[], members: readonly Member[]): Promise<void> {
    await this.#asker.answered(this.#openLog(), (answers) =>
      areKnown(members, answers) ? edgesOf(paths, answers, this.#parts) : OPEN,
    )
  }

  /** True when something that the request reaches is stale. Writes nothing. */
  async isStale(request: Request): Promise<boolean> {
    const { plan } = await this.look(request)
    return isStale(plan)
  }

  /** What a build would find: graph, plan and log. Writes nothing. */
  look(request: Request): Promise<Planned> {
    return this.#plan(request, this.#openLog())
  }

  /** The answer of a handle, outside of a build. Nothing is written. */
  ask<A extends Askable>(what: A): Promise<AnswerOf<A>> {
    const log = this.#openLog()
    return this.#asker.answered(log, (answers) => answers.tryAsk(what))
  }

  /** The words of a command of a task's body. */
  words(command: readonly Arg[]): Promise<string[]> {
    const log = this.#openLog()
    return this.#asker.answered(log, (answers) => {
      const words: string[] = []
      return answers.addWords(command, words, undefined) ? words : OPEN
    })
  }

  /**
   * Removes what {@link cleanable} says, with its records; folders and state that are left empty go
   * too.
   */
  async clean(cleaning: Cleaning, dryRun: boolean): Promise<void> {
    const { disk, emit } = this.#parts
    const out = dirname(this.#parts.state)
    const listed = async (log: BuildLog): Promise<readonly Cleanable[]> => {
      const all = await this.#asker.answered(log, (answers) => {
        const found = cleanable(cleaning, answers, log, disk, out)
        return answers.open.size > 0 ? OPEN : found
      })
      for (const { output, isInside } of all) {
        const text = `${output} stays: a link leads out of the tree there`
        if (!isInside) emit({ type: 'note', text })
      }
      return all.filter(({ isInside }) => isInside)
    }
    if (dryRun) {
      for (const { paths } of await listed(this.#openLog())) {
        for (const path of paths) if (disk.exists(path)) emit({ type: 'removed', path })
      }
      return
    }
    await this.#withLock(async () => {
      const log = this.#openLog()
      for (const { output, paths } of await listed(log)) {
        for (const path of paths) {
          if (disk.remove(path)) emit({ type: 'removed', path })
          disk.removeEmptyFolders(dirname(path))
        }
        log.forget(output)
      }
      for (const [output, record] of log.edges()) {
        if (!idsOf(record, 'outputs').some((stamp) => disk.exists(log.stampPath(stamp))))
          log.forget(output)
      }
      log.close()
      if (log.isEmpty) {
        const { state } = this.#parts
        for (const name of ['log', 'memo', ...(this.#parts.stateFiles ?? [])])
          disk.removeAll(`${state}/${name}`)
        removeLongOutputs(disk, this.#longOutputs)
      }
    })
  }

  /** Undefined when it was ended while it waited for another build. */
  async #withLock<T>(work: (lock: Lock) => Promise<T>): Promise<T | undefined> {
    const { disk, state, signal, emit, command } = this.#parts
    // What is written and removed in there is ours only where the folder is.
    if (disk.lstat(state)?.isSymbolicLink()) disk.remove(state)
    const named = { command, ownMark: this.#parts.lockMark }
    const lock = await Lock.acquire(disk, `${state}/lock`, named, signal, ({ text, isProven }) =>
      emit({
        type: 'note',
        text: isProven ? `waiting for ${text}, which builds here` : `waiting for ${text}`,
      }),
    )
    if (lock === undefined) return undefined
    this.#environment = { ...this.#parts.environment, [LOCK_VARIABLE]: lock.mark }
    try {
      return await work(lock)
    } finally {
      this.#environment = this.#parts.environment
      lock.release()
      disk.removeEmptyFolders(state)
    }
  }

  async #locked(request: Request, lock: Lock): Promise<Totals> {
    const { state, emit } = this.#parts
    this.#asker.beginBuild(request.force)
    const { memo, checksMemo, setting } = this.#parts
    const isClaimed = checksMemo === true && memo?.claims() === true
    const log = this.#openLog()
    try {
      const world = memo?.world(setting) ?? this.#parts
      let planned = await this.#plan(request, log, world)
      const { answers } = planned
      const searchPath = ({ edge }: Node) => answers.searchPath(edge)
      const removed = removeOrphans(
        planned.graph,
        log,
        world.disk,
        dirname(state),
        searchPath,
        emit,
      )
      if (removed) planned = await this.#plan(request, log)
      const { open, waiting } = planned.plan
      const isNothing = !removed && open.size === 0 && waiting.size === 0
      if (isNothing) memo?.decided(this.#asker.hasVolatile)
      else if (isClaimed) throw wrongMemo(planned.plan)
      this.#parts.onPlan?.(planned)
      this.#parts.onReasons?.(planned)
      const totals = await this.#perform(request, planned, log, lock)
      if (totals.failed + totals.skipped === 0) this.#tell(planned.notes)
      return totals
    } finally {
      log.close()
      memo?.logClosed()
    }
  }

  /** Once a run: under `--watch` there are many builds. */
  #tell(notes: readonly string[]): void {
    for (const text of notes) {
      if (this.#told.has(text)) continue
      this.#told.add(text)
      this.#parts.emit({ type: 'note', text })
    }
  }

  /** Runs what is stale in a plan. */
  async #perform(
    request: Request,
    { graph, wanted, plan, answers, staleness, files }: Planned,
    log: BuildLog,
    lock: Lock,
  ): Promise<Totals> {
    const { disk, state, signal, emit } = this.#parts
    emit({ type: 'plan', edges: plan.nodes.length, stale: plan.open.size })
    if (lock.tookOver) removeHalfMade(graph, disk)
    this.#asker.keep(log)
    staleness.keepRenewed(log)
    if (plan.open.size === 0) {
      return { ran: 0, upToDate: plan.nodes.length, failed: 0, skipped: 0 }
    }
    const limits = await this.#parts.limits?.([...plan.open].some(([{ edge }]) => edge.isForeign))
    const cache = await this.#parts.cache?.(!request.force)
    const clock = new Clock(disk, `${state}/clock`)
    const outputFiles = new OutputFiles(disk, state, this.#longOutputs)
    try {
      const performer = new Performer({
        graph,
        log,
        disk,
        files,
        answers,
        staleness,
        clock,
        executor: await this.#parts.executor(),
        environment: this.#environment,
        outputFiles,
        folder: dirname(state),
        signal,
        results: cache?.results(answers),
        foreign: limits?.foreign,
      })
      const work: Work = {
        reasons: (node) => staleness.beforeRunning(node),
        run: (node) => performer.run(node),
        invocation: (node) => performer.invocation(node),
        notes: (node) => performer.notes(node),
        lastMs: (node) => log.edge(node.name)?.ms,
        size: ({ inputs: [first] }) =>
          first === undefined || first.producer !== undefined
            ? undefined
            : files.stat(first.path)?.size,
        takesTerminal: (node) => performer.takesTerminal(node),
        emit,
      }
      const options = { ...request, ...limits, signal }
      return await schedule(graph, wanted, plan, work, options)
    } finally {
      this.#tell((await cache?.close()) ?? [])
      for (const bound of limits?.bounds ?? []) bound.close()
      outputFiles.close()
      clock.close()
    }
  }

  async #dryRun(request: Request): Promise<Totals> {
    const { emit } = this.#parts
    const planned = await this.#plan(request, this.#openLog())
    this.#parts.onReasons?.(planned)
    const { plan, answers } = planned
    emit({ type: 'plan', edges: plan.nodes.length, stale: plan.open.size })
    for (const [node, reasons] of plan.open) {
      const { outputs } = node
      const { rule } = node.edge
      emit({ type: 'stale', outputs, rule, reasons })
      emit({ type: 'start', rule, outputs, ...invocationOf(node.edge, answers) })
    }
    this.#tell(planned.notes)
    const wouldRun = plan.open.size
    const upToDate = plan.nodes.length - wouldRun
    return { ran: 0, upToDate, failed: 0, skipped: 0, wouldRun }
  }

  /** Walks the graph until nothing is open, and decides what is stale. */
  async #plan(
    request: Request,
    log: BuildLog,
    world: Pick<AskerParts, 'disk' | 'setting'> = this.#parts,
  ): Promise<Planned> {
    const { tasks } = this.#parts
    const { disk } = world
    let walked: Graph | undefined
    const walk = (answers: Answers): Planned | Open => {
      let graph = new Graph(answers)
      walked = graph
      if (!areKnown(request.members, answers)) return OPEN
      const paths = request.files.length === 0 ? [] : edgesOf(request.files, answers, this.#parts)
      if (paths === OPEN) return OPEN
      // The other tasks too: two edges with one output are an error whoever asks for them, and a
      // file that a compiler finds may be made by an edge that nobody asked for.
      const targets = [...request.targets, ...paths]
      const others = otherTargets(tasks, request.targets)
      let asked = graph.add(targets, others)
      for (const note of request.notes) answers.tryAsk(note)
      if (answers.open.size > 0) return OPEN
      const files = new Files(disk, this.#pseudo, log)
      if (!knowsEnough(graph, asked.sources, files, log)) {
        graph = new Graph(answers, { asksOfAll: true })
        walked = graph
        asked = graph.add(targets, others)
        if (answers.open.size > 0) return OPEN
      }
      for (const path of asked.sources) {
        if (files.stat(path) === undefined)
          throw missingTarget(path, tasksNaming(path, tasks), graph.outputs)
      }
      const staleness = new Staleness(graph, log, files, answers, request)
      const { patterns } = this.#asker
      const notes = [
        ...request.notes.flatMap((note) => answers.ask(note)),
        ...sourceNotes(paths, tasks, answers),
      ]
      if (answers.open.size > 0) return OPEN
      const wanted = asked.nodes
      const found = plan(wanted, (...args) => staleness.whilePlanning(...args))
      for (const { edge } of [...found.open.keys(), ...found.waiting])
        answers.collect(edge.searchPath)
      if (answers.open.size > 0) return OPEN
      const facts = { graph, answers, staleness, files, log, patterns }
      return { ...facts, notes, wanted, plan: found }
    }
    return await this.#asker.answered(log, walk, {
      world,
      force: request.force,
      madeAmong: (sources) => [...sources].filter((path) => walked?.makes(path) === true),
    })
  }

  /** Where the output of commands is kept that is too long to be shown. */
  get #longOutputs(): string {
    return `${this.#parts.state}/output`
  }

  #openLog(): BuildLog {
    return BuildLog.open(this.#parts.disk, `${this.#parts.state}/log`, this.#parts.isForeignTree)
  }
}

/** A bug of ours, and one that would not have been seen: a shortcut said that there is nothing to do. */
function wrongMemo({ open }: Plan): Error {
  const stale = [...open].map(([{ name }, reasons]) => `${name}: ${JSON.stringify(reasons)}`)
  return new Error(
    `the memo says that there is nothing to do, but the engine finds\n${stale.join('\n')}`,
  )
}
