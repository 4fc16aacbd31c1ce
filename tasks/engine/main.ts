// The command line to a finished run: wiring, signals, exit status. Nothing else reads process.env.
import { readFileSync, realpathSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, relative, resolve } from 'node:path'
import { Builder, type Request } from './build.ts'
import { type Goal, type Options, parseArguments } from './cli.ts'
import { type Console, makeConsole } from './console.ts'
import { Disk } from './disk.ts'
import type { Input, Setting } from './edge.ts'
import { Executor, signalStatus } from './exec.ts'
import { isErrno, UserError } from './failure.ts'
import { loadGlob } from './glob.ts'
import { helpText } from './help.ts'
import type { Totals } from './scheduler.ts'
import type { Tasks } from './task.ts'
import { taskContext } from './taskcontext.ts'
import { quoteCommand } from './words.ts'

export interface MainOptions {
  /** Everything that may be set as NAME=VALUE. */
  readonly settings?: readonly Setting[]
  /** Folder of what is generated; the engine's state is in its `.tasks`. Default: `build`. */
  readonly out?: string
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A second signal this soon is the first one again: a terminal and a wrapper both sent it. */
const SAME_PRESS = 200

/**
 * Runs what the command line asks for. Sets process.exitCode: 0 done, 1 something failed,
 * 2 wrong usage, 128 + N ended by signal N.
 */
export async function main(tasks: Tasks, options: MainOptions = {}): Promise<void> {
  process.exitCode = await new Run(tasks, options).status()
}

class Run {
  readonly #tasks: Tasks
  readonly #main: MainOptions
  readonly #abort = new AbortController()
  #executor: Promise<Executor> | undefined
  #endedBy: NodeJS.Signals | undefined
  #console: Console = makeConsole(plainConsole, process.stdout, process.stderr)

  constructor(tasks: Tasks, options: MainOptions) {
    this.#tasks = tasks
    this.#main = options
  }

  async status(): Promise<number> {
    const settings = this.#main.settings ?? []
    this.#watchPipes()
    try {
      const argv = process.argv.slice(2)
      // Failures of the command line itself are shown as it asks, as far as it can be read.
      if (argv.includes('--json')) this.#show({ ...plainConsole, json: true })
      const options = parseArguments(
        argv,
        this.#tasks,
        settings.map(({ name }) => name),
      )
      const colour = wantsColour(options)
      const { json, quiet, verbose, explain, dryRun, check } = options
      this.#show({ json, quiet, verbose, explain, dryRun, colour, silent: check })
      switch (options.mode) {
        case 'help':
          this.#console.emit({ type: 'output', text: helpText(this.#tasks, settings) })
          return 0
        case 'version':
          this.#console.emit({ type: 'output', text: `bpf-tasks ${version()}` })
          return 0
        case 'list':
          this.#console.emit({
            type: 'tasks',
            tasks: Object.entries(this.#tasks).map(([name, { about }]) => ({ name, about })),
          })
          return 0
        case 'build':
          return await this.#build(options, colour)
        default:
          return options.mode satisfies never
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      if (this.#endedBy !== undefined) return signalStatus(this.#endedBy)
      this.#console.emit({ type: 'failure', ...error.block })
      return error.block.status ?? 1
    }
  }

  #show(options: Parameters<typeof makeConsole>[0]): void {
    this.#console = makeConsole(options, process.stdout, process.stderr)
  }

  async #build(options: Options, colour: boolean): Promise<number> {
    const ignore = this.#listen()
    try {
      const builder = this.#builder(options, colour)
      let status = 0
      for (const phase of phases(options.goals, this.#tasks)) {
        status = await this.#phase(phase, builder, options)
        if (this.#endedBy !== undefined) return signalStatus(this.#endedBy)
        if (status !== 0) break
      }
      return status
    } finally {
      ignore()
    }
  }

  /** Targets up to date, then the body of the task that ends the phase. Returns an exit status. */
  async #phase(goals: readonly Goal[], builder: Builder, options: Options): Promise<number> {
    const taskOf = (goal: Goal) => (goal.kind === 'task' ? this.#tasks[goal.name] : undefined)
    const targets: Input[] = goals.flatMap((goal) => taskOf(goal)?.targets ?? [])
    const files = goals.flatMap((goal) =>
      goal.kind === 'file' ? [this.#fromRoot(goal.path, options)] : [],
    )
    const request: Request = {
      targets,
      files,
      jobs: options.jobs ?? availableParallelism(),
      keepGoing: options.keepGoing,
      force: options.force,
      digest: options.digest,
      dryRun: options.dryRun,
    }
    const last = goals.at(-1)
    const body = last === undefined ? undefined : taskOf(last)?.body
    if (options.check) return (await builder.isStale(request)) ? 1 : 0
    if (targets.length + files.length > 0 || body === undefined) {
      const started = performance.now()
      const totals: Totals | undefined = await builder.build(request)
      if (totals === undefined) return 1
      this.#console.emit({
        type: 'summary',
        ...totals,
        ms: Math.round(performance.now() - started),
      })
      if (totals.failed + totals.skipped > 0) return 1
    }
    if (body === undefined || last?.kind !== 'task' || this.#endedBy !== undefined) return 0
    const given = {
      args: options.args,
      options: last.options,
      dryRun: options.dryRun,
      json: options.json,
    }
    const context = await taskContext(builder, this.#console, this.#abort.signal, {
      ...given,
      root: rootOf(options),
      environment: process.env,
      executor: () => this.#loadExecutor(),
    })
    const result = await body(context)
    return typeof result === 'number' ? result : 0
  }

  #fromRoot(path: string, options: Options): string {
    const root = rootOf(options)
    const inside = relative(root, resolve(path))
    return inside === '' || inside.startsWith('..') ? resolve(path) : inside
  }

  #builder(options: Options, colour: boolean): Builder {
    const disk = new Disk(rootOf(options))
    const { settings = [], out = 'build' } = this.#main
    const names = new Set(settings.map(({ name }) => name))
    return new Builder({
      disk,
      state: `${out}/.tasks`,
      tasks: this.#tasks,
      setting: (name) =>
        options.settings.get(name) ?? (names.has(name) ? process.env[name] : undefined),
      loadGlob,
      path: (process.env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/')),
      colour,
      environment: commandEnvironment(process.env),
      executor: () => this.#loadExecutor(),
      emit: this.#console.emit,
      signal: this.#abort.signal,
      command: quoteCommand(['tasks.ts', ...process.argv.slice(2)]),
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
        this.#end(signal)
      } else if (performance.now() - first > SAME_PRESS) {
        void this.#executor?.then((executor) => executor.kill())
      }
    }
    for (const signal of SIGNALS) process.on(signal, onSignal)
    return () => {
      for (const signal of SIGNALS) process.off(signal, onSignal)
    }
  }

  /** Starts nothing more, and asks what runs to end. */
  #end(signal: NodeJS.Signals): void {
    this.#endedBy ??= signal
    void this.#executor?.then((executor) => executor.end(signal === 'SIGPIPE' ? 'SIGTERM' : signal))
    this.#abort.abort()
  }

  /** Whoever reads our output may end first (`| head`): then there is nobody to build for. */
  #watchPipes(): void {
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('error', (error) => {
        if (!isErrno(error, 'EPIPE')) throw error
        this.#end('SIGPIPE')
      })
    }
  }
}

const plainConsole = {
  json: false,
  quiet: false,
  verbose: false,
  explain: false,
  dryRun: false,
  silent: false,
  colour: false,
} as const

/** Goals up to each task with a body: those build together, then the body runs. */
function phases(goals: readonly Goal[], tasks: Tasks): Goal[][] {
  const phases: Goal[][] = [[]]
  for (const goal of goals) {
    phases.at(-1)?.push(goal)
    if (goal.kind === 'task' && tasks[goal.name]?.body !== undefined) phases.push([])
  }
  return phases.filter((phase) => phase.length > 0)
}

/** The folder of the script that was started: paths in tasks.ts are relative to it. */
function rootOf(options: Options): string {
  const script = process.argv[1]
  const folder = options.directory ?? (script === undefined ? '.' : dirname(script))
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

/** What a command gets without declaring it. The locale is fixed, so that messages can be read. */
function commandEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const variables: Record<string, string> = { LC_ALL: 'C.UTF-8' }
  for (const name of ['PATH', 'HOME', 'USER', 'TMPDIR', 'TERM']) {
    const value = environment[name]
    if (value !== undefined) variables[name] = value
  }
  return variables
}

function wantsColour({ colour, json }: Options): boolean {
  if (colour !== 'auto') return colour === 'always'
  if (json || (process.env['NO_COLOR'] ?? '') !== '') return false
  return process.stdout.isTTY === true && process.env['TERM'] !== 'dumb'
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const data: unknown = JSON.parse(text)
  return typeof data === 'object' && data !== null && 'version' in data ? String(data.version) : '?'
}
