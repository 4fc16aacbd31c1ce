// Goals to a finished run: builds and bodies in order, signals, exit status.
import { realpathSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, relative, resolve } from 'node:path'
import { Builder, type Request } from './build.ts'
import type { Goal, Options } from './cli.ts'
import type { Console } from './console.ts'
import { Disk } from './disk.ts'
import { Executor, signalStatus } from './exec.ts'
import { isErrno, UserError } from './failure.ts'
import { loadGlob } from './glob.ts'
import type { Body, Task, TaskContext, Tasks } from './task.ts'
import { taskContext } from './taskcontext.ts'
import { quoteCommand } from './words.ts'

export interface RunParts {
  readonly tasks: Tasks
  /** Folder of what is generated, relative to the root. */
  readonly out: string
  readonly console: Console
  readonly colour: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Path of tasks.ts: its folder is the root. */
  readonly script: string
  readonly argv: readonly string[]
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A second signal this soon is the first one again: a terminal and a wrapper both sent it. */
const SAME_PRESS = 200

/** What a command gets without declaring it. */
const HANDED_ON = ['PATH', 'HOME', 'USER', 'TMPDIR', 'TERM'] as const

export class Run {
  readonly #parts: RunParts
  readonly #options: Options
  readonly #root: string
  readonly #abort = new AbortController()
  #executor: Promise<Executor> | undefined
  #endedBy: NodeJS.Signals | undefined

  /** @throws UserError where the root is no folder */
  constructor(parts: RunParts, options: Options) {
    this.#parts = parts
    this.#options = options
    this.#root = folderOf(options.directory ?? dirname(parts.script))
  }

  /** Does what was asked for, in order, until something fails. Returns the exit status. */
  async status(): Promise<number> {
    const forget = this.#listen()
    try {
      const builder = this.#builder()
      for (const phase of phases(this.#options.goals, this.#parts.tasks)) {
        const status = await this.#phase(phase, builder)
        if (this.#endedBy !== undefined) break
        if (status !== 0) return status
      }
    } catch (error) {
      // What fails while everything is being ended fails because of that.
      if (this.#endedBy === undefined || !(error instanceof UserError)) throw error
    } finally {
      forget()
    }
    return this.#endedBy === undefined ? 0 : signalStatus(this.#endedBy)
  }

  /** Starts nothing more, and asks what runs to end. */
  end(signal: NodeJS.Signals): void {
    this.#endedBy ??= signal
    // A process that ignores SIGPIPE, as most do here, would go on for nobody.
    void this.#executor?.then((executor) => executor.end(signal === 'SIGPIPE' ? 'SIGTERM' : signal))
    this.#abort.abort()
  }

  /** Targets up to date, then the body of the task that ends the phase. Returns an exit status. */
  async #phase(goals: readonly Goal[], builder: Builder): Promise<number> {
    const options = this.#options
    const request: Request = {
      targets: goals.flatMap((goal) => this.#taskOf(goal)?.targets ?? []),
      files: goals.flatMap((goal) => (goal.kind === 'file' ? [this.#fromRoot(goal.path)] : [])),
      jobs: options.jobs ?? availableParallelism(),
      keepGoing: options.keepGoing,
      force: options.force,
      digest: options.digest,
      dryRun: options.dryRun,
    }
    if (options.check) return (await builder.isStale(request)) ? 1 : 0
    const last = goals.at(-1)
    const body = last === undefined ? undefined : this.#taskOf(last)?.body
    if (request.targets.length + request.files.length > 0 || body === undefined) {
      const started = performance.now()
      const totals = await builder.build(request)
      if (totals === undefined) return 1
      const ms = Math.round(performance.now() - started)
      this.#parts.console.emit({ type: 'summary', ...totals, ms })
      if (totals.failed + totals.skipped > 0) return 1
    }
    if (body === undefined || last?.kind !== 'task' || this.#endedBy !== undefined) return 0
    if (options.dryRun && this.#taskOf(last)?.heedsDryRun !== true) {
      this.#parts.console.emit({ type: 'body', task: last.name })
      return 0
    }
    const context = await taskContext(builder, this.#parts.console, this.#abort.signal, {
      args: options.args,
      options: last.options,
      dryRun: options.dryRun,
      json: options.json,
      root: this.#root,
      environment: this.#parts.environment,
      executor: () => this.#loadExecutor(),
    })
    const result = await this.#runBody(body, context)
    return typeof result === 'number' ? result : 0
  }

  /** A command of zx's own `$` that failed is a failure of the user's, like any other. */
  async #runBody(body: Body, context: TaskContext): Promise<unknown> {
    try {
      return await body(context)
    } catch (error) {
      const executor = await this.#loadExecutor()
      throw executor.failureOf(error) ?? error
    }
  }

  #taskOf(goal: Goal): Task | undefined {
    return goal.kind === 'task' ? this.#parts.tasks[goal.name] : undefined
  }

  #fromRoot(path: string): string {
    // As in make: with -C, files are named from there.
    const named = this.#options.directory === undefined ? resolve(path) : resolve(this.#root, path)
    const inside = relative(this.#root, named)
    return inside === '' || inside.startsWith('..') ? named : inside
  }

  #builder(): Builder {
    const { tasks, out, console, colour, environment, argv } = this.#parts
    const settings = this.#options.settings
    return new Builder({
      disk: new Disk(this.#root),
      state: `${out}/.tasks`,
      tasks,
      setting: (name) => settings.get(name) ?? environment[name],
      loadGlob,
      path: (environment['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/')),
      colour,
      environment: commandEnvironment(environment),
      executor: () => this.#loadExecutor(),
      emit: console.emit,
      signal: this.#abort.signal,
      command: quoteCommand(['tasks.ts', ...argv]),
    })
  }

  #loadExecutor(): Promise<Executor> {
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
    for (const signal of SIGNALS) process.on(signal, onSignal)
    return () => {
      for (const signal of SIGNALS) process.off(signal, onSignal)
    }
  }
}

/** Goals up to each task with a body: those build together, then the body runs. */
function phases(goals: readonly Goal[], tasks: Tasks): Goal[][] {
  const phases: Goal[][] = [[]]
  for (const goal of goals) {
    phases.at(-1)?.push(goal)
    if (goal.kind === 'task' && tasks[goal.name]?.body !== undefined) phases.push([])
  }
  return phases.filter((phase) => phase.length > 0)
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

/** The locale is fixed, so that what commands say can be read. */
function commandEnvironment(environment: RunParts['environment']): Record<string, string> {
  const variables: Record<string, string> = { LC_ALL: 'C.UTF-8' }
  for (const name of HANDED_ON) {
    const value = environment[name]
    if (value !== undefined) variables[name] = value
  }
  return variables
}
