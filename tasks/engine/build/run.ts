// Goals to a finished run: builds and bodies in order, signals, exit status.
import { realpathSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, relative, resolve } from 'node:path'
import { type Event, isErrno, quoteCommand, type Totals, UserError } from '../base/index.ts'
import type { Console } from '../console/index.ts'
import type { Body, BuildOptions, Input, TaskContext, Tasks } from '../declare/index.ts'
import { Disk, LOCK_VARIABLE, loadGlob } from '../files/index.ts'
import { Executor, signalStatus } from '../process/index.ts'
import type { Limits } from '../run/index.ts'
import type { Options } from './asked.ts'
import { Builder } from './build.ts'
import { commandEnvironment } from './commandenvironment.ts'
import { memberOf, type Phase, phases, taskOf } from './phases.ts'
import type { DecisionRecorder, Planned, Request } from './planned.ts'
import { taskContext } from './taskcontext.ts'

export interface RunParts {
  readonly tasks: Tasks
  /** Folder of what is generated, relative to the root. */
  readonly out: string
  readonly console: Console
  readonly colour: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Path of tasks.ts: its folder is the root. */
  readonly script: string
  /** All words after the script; those of them that somebody typed. */
  readonly argv: readonly string[]
  readonly typed: readonly string[]
  /** Where what a build decides by is kept; undefined where it is not. */
  readonly memo: DecisionRecorder | undefined
  /** Names in the state's folder that other rooms write there. */
  readonly stateFiles: readonly string[]
}

/** Who hears what a run does besides the console. */
export interface Listener {
  readonly onEvent?: (event: Event) => void
  readonly onPlan?: (planned: Planned) => void
}

/** Adds to events what a plan knows. */
export interface EventRewriter {
  event(said: Event): Event
  onPlan(planned: Planned): void
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** These would not end what we have started: most of it ignores SIGPIPE, and SIGQUIT dumps core. */
const ENDS_NO_COMMAND: readonly NodeJS.Signals[] = ['SIGPIPE', 'SIGQUIT']

/** A second signal this soon is the first one again: a terminal and a wrapper both sent it. */
const SAME_PRESS = 200

export class Run {
  readonly #parts: RunParts
  readonly #options: Options
  readonly #root: string
  readonly #abort = new AbortController()
  readonly disk: Disk
  readonly #listeners: Listener[] = []
  #executor: Promise<Executor> | undefined
  #rewriter: EventRewriter | undefined
  #endedBy: NodeJS.Signals | undefined

  /** @throws UserError where the root is no folder */
  constructor(parts: RunParts, options: Options) {
    this.#parts = parts
    this.#options = options
    this.#root = folderOf(options.directory ?? dirname(parts.script))
    this.disk = new Disk(this.#root)
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Tells whoever listens, then the console. */
  readonly emit = (said: Event): void => {
    const event = this.#rewriter?.event(said) ?? said
    for (const { onEvent } of this.#listeners) onEvent?.(event)
    this.#parts.console.emit(event)
  }

  /** Builds what was asked for and runs bodies, in order, until something fails. Returns the exit status. */
  async buildAll(): Promise<number> {
    return await this.within(async (builder) => {
      await this.checkNames(builder)
      let failed = 0
      for (const phase of this.phases()) {
        const status = await this.#phase(phase, builder)
        failed ||= status
        if (this.#endedBy !== undefined) break
        if (status !== 0 && !this.#options.keepGoing) break
      }
      return failed
    })
  }

  /**
   * @param all also what the first build asks for, which looks for that itself
   * @throws UserError for a name that nobody declared, before the first body has run
   */
  async checkNames(builder: Builder, all = false): Promise<void> {
    const checked = this.phases().filter((phase, at) => all || at > 0 || !this.builds(phase))
    const requests = checked.map((phase) => this.request(phase))
    const files = requests.flatMap((request) => request.files)
    const members = requests.flatMap((request) => request.members)
    if (files.length + members.length > 0) await builder.checkNames(files, members)
  }

  /** Does some work in which signals are handled. Returns its exit status, or the signal's. */
  async within(work: (builder: Builder) => Promise<number>): Promise<number> {
    const forget = this.#listen()
    let status = 0
    try {
      status = await work(this.#builder())
    } catch (error) {
      // What fails while everything is being ended fails because of that.
      if (this.#endedBy === undefined || !(error instanceof UserError)) throw error
    } finally {
      // Whoever waits for us may count on it that nothing of ours goes on, and on its cost.
      await this.#executor?.then((executor) => executor.close())
      forget()
    }
    return this.#endedBy === undefined ? status : signalStatus(this.#endedBy)
  }

  /** From now on events are told as this rewrites them. */
  rewriteBy(rewriter: EventRewriter): void {
    this.#rewriter = rewriter
  }

  /** From now on this listener hears what the run does. */
  listen(listener: Listener): void {
    this.#listeners.push(listener)
  }

  /** Is one build all that is asked for? */
  #isOneBuild(): boolean {
    const { mode, watch, dryRun, check, explain, trace, force } = this.#options
    if (mode !== 'build' || watch || dryRun || check || explain || force) return false
    const [phase, ...more] = this.phases()
    if (trace !== undefined || phase === undefined || more.length > 0) return false
    return this.bodyTask(phase) === undefined
  }

  phases(): Phase[] {
    return phases(this.#options.goals)
  }

  /** Starts nothing more, and asks what runs to end. */
  end(signal: NodeJS.Signals): void {
    this.#endedBy ??= signal
    const passedOn = ENDS_NO_COMMAND.includes(signal) ? 'SIGTERM' : signal
    void this.#executor?.then((executor) => executor.end(passedOn))
    this.#abort.abort()
  }

  /** Targets up to date, then the body of the task that ends the phase. Returns an exit status. */
  async #phase(goals: Phase, builder: Builder): Promise<number> {
    if (this.#options.check) return (await builder.isStale(this.request(goals))) ? 1 : 0
    if (this.builds(goals)) {
      const started = performance.now()
      const totals = await builder.build(this.request(goals))
      if (totals === undefined) return 1
      this.emitSummary(totals, started)
      if (totals.failed + totals.skipped > 0) return 1
    }
    return this.#endedBy === undefined ? await this.runBody(goals, builder) : 0
  }

  emitSummary(totals: Totals, started: number): void {
    this.emit({ type: 'summary', ...totals, ms: Math.round(performance.now() - started) })
  }

  request(goals: Phase): Request {
    const { jobs, keepGoing, force, digest, dryRun, args } = this.#options
    return {
      targets: goals.flatMap((goal) => {
        const task = taskOf(goal)
        return [...(task?.targets ?? []), ...(task?.targetsFor?.(args) ?? [])]
      }),
      members: goals.flatMap(memberOf),
      files: goals.flatMap((goal) => (goal.kind === 'file' ? [this.fromRoot(goal.path)] : [])),
      notes: goals.flatMap((goal) => taskOf(goal)?.notes ?? []),
      jobs: jobs ?? availableParallelism(),
      keepGoing,
      force,
      digest,
      dryRun,
    }
  }

  /** False where there is nothing but a body. */
  builds(goals: Phase): boolean {
    const { targets, files } = this.request(goals)
    return targets.length + files.length > 0 || this.bodyTask(goals) === undefined
  }

  /** The task whose body ends a phase. */
  bodyTask(goals: Phase): string | undefined {
    const last = goals.at(-1)
    return last?.kind === 'task' && taskOf(last)?.body !== undefined ? last.name : undefined
  }

  /** @param restart ends the body alone, so that it can be started anew */
  async runBody(goals: Phase, builder: Builder, restart?: AbortSignal): Promise<number> {
    const options = this.#options
    const last = goals.at(-1)
    if (last?.kind !== 'task') return 0
    const body = taskOf(last)?.body
    if (body === undefined) return 0
    if (options.dryRun && taskOf(last)?.heedsDryRun !== true) {
      this.emit({ type: 'body', task: last.name })
      return 0
    }
    const context = await taskContext(builder, { emit: this.emit }, this.#abort.signal, {
      args: options.args,
      options: last.options,
      dryRun: options.dryRun,
      json: options.json,
      root: this.#root,
      environment: this.#parts.environment,
      executor: () => this.loadExecutor(),
      build: (targets, more) => this.#buildFor(targets, more, builder),
      ...(restart === undefined ? {} : { restart }),
    })
    const result = await this.#runBody(body, context)
    return typeof result === 'number' ? result : 0
  }

  /** What a body asks for. Settings of its own need answers of their own. */
  async #buildFor(
    targets: readonly Input[],
    { keepGoing = this.#options.keepGoing, settings }: BuildOptions = {},
    builder: Builder,
  ): Promise<readonly string[]> {
    const used = settings === undefined ? builder : this.#builder(settings)
    const request = { ...this.request([]), targets, keepGoing }
    const started = performance.now()
    const totals = await used.build(request)
    if (totals === undefined) return []
    this.emitSummary(totals, started)
    if (totals.failed + totals.skipped === 0) return []
    const { plan } = await used.look({ ...request, force: false })
    return [...plan.open.keys(), ...plan.waiting].flatMap(({ outputs }) => outputs)
  }

  /** A command of zx's own `$` that failed is a failure of the user's, like any other. */
  async #runBody(body: Body, context: TaskContext): Promise<unknown> {
    try {
      return await body(context)
    } catch (error) {
      const executor = await this.loadExecutor()
      throw executor.failureOf(error) ?? error
    }
  }

  /** A path as it was typed, as the tree knows it. As in make: with -C, it is named from there. */
  fromRoot(path: string): string {
    const { directory, from = '' } = this.#options
    const named = resolve(directory === undefined ? from : this.#root, path)
    const inside = relative(this.#root, named)
    return inside === '' || inside.startsWith('..') ? named : inside
  }

  #builder(more: Readonly<Record<string, string>> = {}): Builder {
    const { tasks, out, colour, environment, typed } = this.#parts
    const settings = new Map([...this.#options.settings, ...Object.entries(more)])
    const state = `${out}/.tasks`
    const asked = settings.get('PASS_ENV') ?? environment['PASS_ENV'] ?? ''
    const { variables, counted, withheld } = commandEnvironment(environment, asked)
    const variable = (name: string): string | undefined => settings.get(name) ?? environment[name]
    return new Builder({
      disk: this.disk,
      state,
      isForeignTree: this.#options.directory !== undefined,
      tasks,
      setting: variable,
      loadGlob,
      path: (environment['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/')),
      colour,
      environment: variables,
      counted,
      withheld,
      executor: () => this.loadExecutor(),
      limits: (serves) => this.#limits(serves),
      cache: async (reads) => {
        const { ActionCache } = await import('../cache/index.ts')
        const { explain } = this.#options
        return new ActionCache({ disk: this.disk, variable, reads, explains: explain })
      },
      emit: this.emit,
      onPlan: (planned) => {
        for (const { onPlan } of this.#listeners) onPlan?.(planned)
      },
      onReasons: (planned) => this.#rewriter?.onPlan(planned),
      signal: this.#abort.signal,
      command: quoteCommand(['tasks.ts', ...typed]),
      stateFiles: this.#parts.stateFiles,
      lockMark: environment[LOCK_VARIABLE],
      memo: this.#isOneBuild() ? this.#parts.memo : undefined,
      checksMemo: environment['BPF_TASKS_CHECK_MEMO'] === '1',
    })
  }

  /** @param serves is there to be a jobserver for other build systems? */
  async #limits(serves: boolean): Promise<Limits> {
    const { openLimits, readKernelText } = await import('../run/index.ts')
    const { jobs, verbose, json } = this.#options
    return openLimits({
      asked: jobs,
      processors: availableParallelism(),
      makeFlags: this.#parts.environment['MAKEFLAGS'],
      readText: readKernelText,
      foreign: { environment: this.#parts.environment, isLive: !json },
      fifo: serves ? await this.#madeFifo() : undefined,
      note: (text) => {
        if (verbose || json) this.emit({ type: 'note', text })
      },
    })
  }

  /** Undefined where it cannot be made: then other build systems decide by themselves how much runs at once. */
  async #madeFifo(): Promise<string | undefined> {
    const path = this.disk.at(`${this.#parts.out}/.tasks/jobserver`)
    this.disk.remove(path)
    const { status } = await (await this.loadExecutor()).run({
      words: ['mkfifo', path],
      directory: this.#root,
      environment: { PATH: this.#parts.environment['PATH'] },
      stdio: ['ignore', 'ignore', 'ignore'],
      group: true,
    })
    return status === 0 ? path : undefined
  }

  loadExecutor(): Promise<Executor> {
    this.#executor ??= Executor.load()
    return this.#executor
  }

  /** Handles signals until the returned function is called. */
  #listen(): () => void {
    let first = 0
    const onSignal = (signal: NodeJS.Signals): void => {
      if (this.#endedBy === undefined) {
        first = performance.now()
        this.end(signal)
      } else if (performance.now() - first > SAME_PRESS) {
        void this.#executor?.then((executor) => executor.kill())
      }
    }
    // ^Z: what runs in groups of its own stops with us, and goes on with us.
    const onStop = async (): Promise<void> => {
      await this.#executor?.then((executor) => executor.signalGroups('SIGSTOP'))
      process.kill(process.pid, 'SIGSTOP')
    }
    const onContinue = (): void => {
      void this.#executor?.then((executor) => executor.signalGroups('SIGCONT'))
    }
    for (const signal of SIGNALS) process.on(signal, onSignal)
    process.on('SIGTSTP', onStop)
    process.on('SIGCONT', onContinue)
    return () => {
      for (const signal of SIGNALS) process.off(signal, onSignal)
      process.off('SIGTSTP', onStop)
      process.off('SIGCONT', onContinue)
    }
  }
}

function folderOf(folder: string): string {
  try {
    return realpathSync(folder)
  } catch (error) {
    if (!isErrno(error)) throw error
    throw new UserError({
      what: `there is no folder ${folder}`,
      hint: 'name an existing folder: -C DIR',
      status: 2,
    })
  }
}
