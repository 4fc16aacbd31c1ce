// One build: targets to graph, to plan, to commands run. Wires the parts; decides nothing itself.
import { dirname } from 'node:path'
import { Answering, type AnsweringParts } from '../answer/answering.ts'
import type { Answers } from '../answer/answers.ts'
import { BuildLog } from '../log/buildlog.ts'
import { type Cleanable, type Cleaning, cleanable } from './clean.ts'
import { Clock } from '../files/clock.ts'
import { DECLARATION } from '../memo/declaration.ts'
import type { Sources } from '../memo/dependencies.ts'
import { coarseTimes } from '../files/disk.ts'
import { lookAhead } from '../files/early.ts'
import type { AnswerOf, Arg, Askable, Derived, Edge, Input } from '../declare/edge.ts'
import type { Event } from '../base/events.ts'
import { Graph, missingTarget, type Node } from '../decide/graph.ts'
import { OutputFiles, removeLongOutputs } from '../process/outputfiles.ts'
import type { Limits } from '../run/limits.ts'
import { LOCK_VARIABLE, Lock } from '../files/lock.ts'
import type { Keys } from '../log/logkey.ts'
import { mustBeSources } from '../answer/madetext.ts'
import { removeHalfMade, removeOrphans } from '../decide/orphans.ts'
import { Performer } from '../run/perform.ts'
import { type Plan, plan, type Reasons } from '../decide/plan.ts'
import { idsOf } from '../log/edgerecord.ts'
import { schedule, type Totals, type Work } from '../run/scheduler.ts'
import { Staleness } from '../decide/stale.ts'
import { type Ahead, type Digest, Files } from '../decide/files.ts'
import { otherTargets, type Tasks, tasksNaming } from '../declare/task.ts'
import { Unchanged } from '../memo/unchanged.ts'

/** What is asked of one build. */
export interface Request {
  readonly targets: readonly Input[]
  /** Targets named by path. */
  readonly files: readonly string[]
  /** Said when all is up to date. */
  readonly notes: readonly Derived<readonly string[]>[]
  readonly jobs: number
  readonly keepGoing: boolean
  readonly force: boolean
  readonly digest: boolean
  /** Say what would run, and write nothing. */
  readonly dryRun: boolean
}

/** What a build is about to do: who is told of it before anything runs may keep it. */
export interface Planned {
  readonly graph: Graph
  readonly wanted: readonly Node[]
  readonly plan: Plan
  readonly answers: Answers
  readonly staleness: Staleness
  readonly files: Files
  readonly log: BuildLog
  /** Patterns that were asked for. */
  readonly patterns: ReadonlySet<string>
  /** What {@link Request.notes} say. */
  readonly notes: readonly string[]
  /** The edges to run before the rest can be planned; then they are all that is wanted. */
  readonly generators: readonly Node[]
}

export interface BuilderParts extends Omit<AnsweringParts, 'environment'> {
  /** What every command gets. */
  readonly environment: Readonly<Record<string, string>>
  /** Folder for the engine's own files, relative to the root. */
  readonly state: string
  /** Who the log is sealed for. */
  readonly keys: Keys
  readonly tasks: Tasks
  /** How many run at once, asked when something is to run; without it, as many as the request says. */
  readonly limits?: (() => Promise<Limits>) | undefined
  readonly emit: (event: Event) => void
  /** Told of each build, not of dry runs, when it is known what may run. */
  readonly onPlan?: (planned: Planned) => void
  /** Is {@link onPlan} to be told of builds that find nothing to do, too? */
  readonly wantsEveryPlan?: () => boolean
  /** Told of each plan, those of dry runs too, before its reasons are emitted. */
  readonly onReasons?: (planned: Planned) => void
  /** How the lock names this run to others. */
  readonly command: string
  /** {@link LOCK_VARIABLE} of this process: set when a command of a build started it. */
  readonly lockMark?: string | undefined
  /** What the declarations came from, where one build is all that was asked of this run. */
  readonly sources?: Sources | undefined
}

export class Builder {
  readonly #parts: BuilderParts
  readonly #answering: Answering
  /** The kernel's types are megabytes: read once, however often this run builds. */
  readonly #pseudo = new Map<string, Digest>()
  readonly #told = new Set<string>()
  /** What every command gets, while a build runs with the mark of that. */
  #environment: BuilderParts['environment']

  constructor(parts: BuilderParts) {
    this.#parts = parts
    this.#environment = parts.environment
    this.#answering = new Answering({ ...parts, environment: () => this.#environment })
  }

  /**
   * Brings targets up to date.
   * @param seen what has been seen, and is still so
   * @returns the totals, or undefined when it was ended while it waited for another build
   * @throws UserError for what is wrong before anything runs
   */
  async build(request: Request, seen?: Ahead): Promise<Totals | undefined> {
    return request.dryRun
      ? this.#dryRun(request)
      : this.#withLock((lock) => this.#locked(request, lock, seen))
  }

  /** True when something that the request reaches is stale. Writes nothing. */
  async isStale(request: Request): Promise<boolean> {
    const { plan } = await this.look(request)
    return plan.open.size > 0
  }

  /** What a build would find: graph, plan and log. Writes nothing. */
  look(request: Request): Promise<Planned> {
    return this.#plan(request, this.#openLog())
  }

  /** The answer of a handle, outside of a build. Nothing is written. */
  ask<A extends Askable>(what: A): Promise<AnswerOf<A>> {
    const log = this.#openLog()
    return this.#answering.answered(log, (answers) => answers.ask(what))
  }

  /** The words of a command of a task's body. */
  words(command: readonly Arg[]): Promise<string[]> {
    const log = this.#openLog()
    return this.#answering.answered(log, (answers) => answers.words(command))
  }

  /**
   * Removes what {@link cleanable} says, with its records; folders and state that are left empty go
   * too.
   */
  async clean(cleaning: Cleaning, dryRun: boolean): Promise<void> {
    const { disk, emit } = this.#parts
    const out = dirname(this.#parts.state)
    const listed = async (log: BuildLog): Promise<readonly Cleanable[]> => {
      const all = await this.#answering.answered(log, (answers) =>
        cleanable(cleaning, answers, log, disk, out),
      )
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
        for (const name of ['log', 'key', 'snapshot', DECLARATION, 'last.json', '../report.html'])
          disk.remove(`${state}/${name}`)
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
      emit({ type: 'note', text: isProven ? `waiting for ${text}, which builds here` : `waiting for ${text}` }),
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

  /** Generators first, each of them once, then what they leave to be built. */
  async #locked(request: Request, lock: Lock, seen?: Ahead): Promise<Totals> {
    const { disk, state, emit } = this.#parts
    // The times of files would be other ones (Deno) than those of this thread.
    const alone = seen !== undefined || coarseTimes
    const thread = alone ? undefined : await lookAhead(state, disk)
    // Where every plan is wanted nothing is asked of it, and nothing kept for it.
    const unchanged =
      this.#parts.wantsEveryPlan?.() === true
        ? undefined
        : new Unchanged({ ...this.#parts, log: this.#log, answering: this.#answering }, request)
    const known = lock.tookOver ? undefined : await unchanged?.answer(thread)
    if (known !== undefined) {
      const { edges, notes } = known
      emit({ type: 'plan', edges, stale: 0 })
      this.#tell(notes)
      return { ran: 0, upToDate: edges, failed: 0, skipped: 0 }
    }
    const log = this.#openLog()
    let ahead: Ahead | undefined = seen ?? unchanged?.seen ?? thread
    if (ahead === thread) thread?.begin(disk, log)
    const generated = new Set<string>()
    let ran = 0
    let rest: Planned | undefined
    try {
      for (;;) {
        let planned = await this.#plan(request, log, generated, ahead)
        // What it has seen holds for one plan.
        ahead = undefined
        const { answers } = planned
        const searchPath = ({ edge }: Node) => answers.words(edge.searchPath)
        if (removeOrphans(planned.graph, log, disk, dirname(state), searchPath, emit)) {
          planned = await this.#plan(request, log, generated)
        }
        this.#parts.onPlan?.(planned)
        this.#parts.onReasons?.(planned)
        const totals = await this.#perform(request, planned, log, lock)
        ran += totals.ran
        const { open, waiting } = planned.plan
        if (ran + open.size + waiting.size === 0) rest = planned
        const isGood = totals.failed + totals.skipped === 0
        if (planned.generators.length === 0 || !isGood) {
          if (isGood) this.#tell(planned.notes)
          return { ...totals, ran }
        }
        for (const { edge } of planned.generators) generated.add(edge.output.path)
      }
    } finally {
      log.close()
      if (rest !== undefined) await unchanged?.keep(rest)
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
    this.#answering.keep(log)
    if (plan.open.size === 0) {
      return { ran: 0, upToDate: plan.nodes.length, failed: 0, skipped: 0 }
    }
    const limits = await this.#parts.limits?.()
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
      })
      const work: Work = {
        reasons: (...args) => staleness.reasons(...args),
        run: (node) => performer.run(node),
        command: (node) => performer.command(node),
        notes: (node) => performer.notes(node),
        lastMs: (node) => log.edge(node.edge.output.path)?.ms,
        size: ({ inputs: [first] }) =>
          first === undefined || first.producer !== undefined
            ? undefined
            : files.stat(first.path)?.size,
        emit,
      }
      const options = { ...request, ...limits, signal }
      return await schedule(graph, wanted, plan, work, options)
    } finally {
      for (const bound of limits?.bounds ?? []) bound.close()
      outputFiles.close()
      clock.close()
    }
  }

  async #dryRun(request: Request): Promise<Totals> {
    const { emit } = this.#parts
    const planned = await this.#plan(request, this.#openLog())
    this.#parts.onReasons?.(planned)
    const { plan, answers, generators } = planned
    if (generators.length > 0) {
      emit({ type: 'note', text: 'what else is to be run can only be told after this' })
    }
    emit({ type: 'plan', edges: plan.nodes.length, stale: plan.open.size })
    for (const [node, reasons] of plan.open) {
      const { outputs } = node
      const { rule, command } = node.edge
      emit({ type: 'stale', outputs, rule, reasons })
      emit({ type: 'start', rule, outputs, command: answers.words(command) })
    }
    this.#tell(planned.notes)
    const wouldRun = plan.open.size
    const upToDate = plan.nodes.length - wouldRun
    return { ran: 0, upToDate, failed: 0, skipped: 0, wouldRun }
  }

  /**
   * @param generated outputs of the generators that have run already
   * @param ahead what has been seen already, or is seen meanwhile
   */
  async #plan(
    request: Request,
    log: BuildLog,
    generated: ReadonlySet<string> = new Set(),
    ahead?: Ahead,
  ): Promise<Planned> {
    const { disk, tasks } = this.#parts
    return this.#answering.answered(
      log,
      (answers) => {
        const graph = new Graph(answers)
        // The other tasks too: two edges with one output are an error whoever asks for them, and a
        // file that a compiler finds may be made by an edge that nobody asked for.
        const asked = graph.add(
          [...request.targets, ...this.#edgesOf(request.files, answers)],
          otherTargets(tasks, request.targets),
        )
        const wanted = asked.nodes
        const files = new Files(disk, this.#pseudo, log, ahead)
        for (const path of asked.sources) {
          if (files.stat(path) === undefined)
            throw missingTarget(path, tasksNaming(path, tasks), graph.outputs)
        }
        const staleness = new Staleness(graph, log, files, answers, request)
        const reasons: Reasons = (...args) => staleness.reasons(...args)
        const { patterns } = this.#answering
        const notes = request.notes.flatMap((note) => answers.ask(note))
        const parts = { graph, answers, staleness, files, log, patterns, notes }
        const generators = generatorsOf(graph, wanted).filter(
          ({ edge }) => !generated.has(edge.output.path),
        )
        const first = plan(generators, reasons)
        if (first.open.size > 0) return { ...parts, wanted: generators, plan: first, generators }
        const planned = { ...parts, wanted, plan: plan(wanted, reasons), generators: [] }
        mustBeSources(answers.texts, graph)
        return planned
      },
      request.targets,
    )
  }

  /** The edges that make files which were asked for by path, whichever task they belong to. */
  #edgesOf(paths: readonly string[], answers: Answers): Edge[] {
    if (paths.length === 0) return []
    const { tasks } = this.#parts
    const graph = new Graph(answers)
    graph.add(
      [],
      Object.values(tasks).map((task) => task.targets),
    )
    return paths.map((path) => graph.target(path, Object.keys(tasks)).edge)
  }

  /** Where the output of commands is kept that is too long to be shown. */
  get #longOutputs(): string {
    return `${this.#parts.state}/output`
  }

  get #log(): string {
    return `${this.#parts.state}/log`
  }

  #openLog(): BuildLog {
    return BuildLog.open(this.#parts.disk, this.#log, this.#parts.keys)
  }
}

/** The nodes below the wanted ones that decide what the graph is. */
function generatorsOf(graph: Graph, wanted: readonly Node[]): readonly Node[] {
  if (!graph.nodes.some(({ edge }) => edge.generator)) return []
  const reached = new Set<Node>(wanted)
  for (const node of reached) for (const need of node.needs) reached.add(need)
  return [...reached].filter(({ edge }) => edge.generator)
}
