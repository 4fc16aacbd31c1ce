// A task: a name that one types, with targets to bring up to date and perhaps a body to run after.

import { type Event, UserError } from '../base/index.ts'
import type { Shell } from '../process/index.ts'
import { checkOptions, checks } from './checks.ts'
import type { AnswerOf, Arg, Askable, Derived, Input, ProcessResult } from './edge.ts'

/** How a body's command talks: to the terminal itself, or captured for the body to read. */
export type Talk = 'inherit' | 'capture'

/**
 * How a body runs a command.
 * @example
 * const quietly: RunOptions = { output: 'capture', nothrow: true }
 */
export interface RunOptions {
  /** `inherit` (the default) shows what the command writes; `capture` returns it. */
  readonly output?: Talk
  /** Do not throw when the command fails; its status is in the result. */
  readonly nothrow?: boolean
  /** Environment to add to the runner's own. */
  readonly environment?: Readonly<Record<string, string>>
  /**
   * What ends it where the runner may not signal it (it belongs to root): a command, given its
   * process id.
   */
  readonly endBy?: (pid: number) => readonly string[]
  /** Called with each whole line as it comes, instead of showing or returning it. */
  readonly onLine?: (line: string) => void
}

/**
 * How a body builds.
 * @example
 * const forArm64: BuildOptions = { keepGoing: true, settings: { CROSS_COMPILE: 'aarch64-linux-gnu-' } }
 */
export interface BuildOptions {
  /** Build what can be built when something fails, as `-k` does. */
  readonly keepGoing?: boolean
  /** NAME=VALUE of this build alone, before those of the command line. */
  readonly settings?: Readonly<Record<string, string>>
}

/**
 * What the body of a task is given.
 * @example
 * const list = ({ args, say }: TaskContext) => args.forEach(say)
 */
export interface TaskContext {
  /** The arguments after `--`. */
  readonly args: readonly string[]
  /** The task's own options that were given, without dashes. */
  readonly options: ReadonlySet<string>
  /** True under `--dry-run`: say what would be done, and do nothing. */
  readonly dryRun: boolean
  /** True under `--json`: only events go to standard output. */
  readonly json: boolean
  /** Absolute path of the folder of tasks.ts; relative paths start there. */
  readonly root: string
  /**
   * Aborted when the runner is asked to end, and under `--watch` when the body is to be started
   * anew; either ends what `run` runs.
   */
  readonly signal: AbortSignal
  /** The runner's own environment. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The answer of a setting, tool, probe, glob or derived value. @throws UserError where none is */
  ask<A extends Askable>(what: A): Promise<AnswerOf<A>>
  /** Runs one command, without a shell. @throws UserError when it fails, unless `nothrow` */
  run(command: readonly Arg[], options?: RunOptions): Promise<ProcessResult>
  /** Brings targets up to date, as before a body. @returns outputs that could not be made; none under `dryRun` */
  build(targets: readonly Input[], options?: BuildOptions): Promise<readonly string[]>
  /** zx's own `$`, in the root, with what commands write shown. */
  readonly $: Shell
  /** Shows one line, on standard output (as an event under `--json`). */
  say(line: string): void
  /** Sends one event to whoever listens: a JSON line under `--json`, else as the console shows it. */
  emit(event: Event): void
  /**
   * Removes the outputs that `targets` lead to and `keep` does not, and what any build ever made in
   * `folders`, unless it was changed since; folders and state left empty by that go too.
   */
  clean(
    targets: readonly Input[],
    keep?: readonly Input[],
    folders?: readonly string[],
  ): Promise<void>
}

/**
 * What it returns, or resolves to, is the exit status of the run where it is a number.
 * @example
 * const body: Body = async ({ run, args }) => (await run(['ls', ...args], { nothrow: true })).status
 */
export type Body = (context: TaskContext) => unknown

/**
 * What {@link task} gives.
 * @example
 * const greet: Task = task('Greet', [], ({ say }) => say('hello'))
 */
export interface Task {
  readonly kind: 'task'
  readonly about: string
  readonly targets: readonly Input[]
  readonly body: Body | undefined
  /** Options of this task alone, by name without dashes, each with its one-line description. */
  readonly options: Readonly<Record<string, string>>
  /** How the help shows what may follow `--`; undefined where nothing may. */
  readonly arguments: string | undefined
  /** True when all words behind the task's name are its arguments, as after `--`. */
  readonly takesRest: boolean
  /** True when the body heeds {@link TaskContext.dryRun}; others are not run under `--dry-run`. */
  readonly heedsDryRun: boolean
  /** What its user should know, a line each, once its targets are up to date. */
  readonly notes: Derived<readonly string[]> | undefined
  /** Always as under `--watch`: its body is started anew after each build that ran something. */
  readonly watch: boolean
  /** What else to bring up to date first, by the arguments after `--`. */
  readonly targetsFor: ((args: readonly string[]) => readonly Input[]) | undefined
}

/**
 * Declares a task.
 * @param about one line for the list of tasks
 * @param targets what to bring up to date first
 * @param body what to run then
 * @throws UserError for what the types would refuse
 * @example
 * const hello = task('Say hello', [], ({ say }) => say('hello'))
 */
export function task(
  about: string,
  targets: readonly Input[],
  body?: Body,
  more: {
    readonly options?: Readonly<Record<string, string>>
    readonly arguments?: string
    readonly takesRest?: boolean
    readonly heedsDryRun?: boolean
    readonly notes?: Derived<readonly string[]>
    readonly watch?: boolean
    readonly targetsFor?: (args: readonly string[]) => readonly Input[]
  } = {},
): Task {
  if (typeof about !== 'string' || !Array.isArray(targets)) {
    const wrong = typeof about !== 'string' ? 'begins with what it does' : 'has a list of targets'
    throw new UserError({
      what: `a task ${wrong}`,
      facts: typeof about === 'string' ? [['task', about]] : [],
      hint: "in tasks.ts: task('Build it', [loader]), with a body behind the list where it has one",
      status: 2,
    })
  }
  checkOptions(`task '${about}'`, { targets, body, ...more }, taskChecks)
  return Object.freeze({
    kind: 'task',
    about,
    targets: Object.freeze([...targets]),
    body,
    options: Object.freeze({ ...more.options }),
    arguments: more.arguments,
    takesRest: more.takesRest ?? false,
    heedsDryRun: more.heedsDryRun ?? false,
    notes: more.notes,
    watch: more.watch ?? false,
    targetsFor: more.targetsFor,
  })
}

const taskChecks = {
  targets: checks.list,
  body: checks.callable,
  options: checks.record,
  arguments: checks.text,
  takesRest: checks.flag,
  heedsDryRun: checks.flag,
  notes: checks.handle('derived'),
  watch: checks.flag,
  targetsFor: checks.callable,
} as const

/**
 * A task that removes what was built; see {@link TaskContext.clean}.
 * @example
 * const clean = cleanTask('Remove what was built', [edge({ rule: 'GEN', outputs: ['build/x'], command: ['touch', 'build/x'] })])
 */
export function cleanTask(
  about: string,
  targets: readonly Input[],
  keep: readonly Input[] = [],
  folders: readonly string[] = [],
): Task {
  return task(about, [], ({ clean }) => clean(targets, keep, folders), { heedsDryRun: true })
}
