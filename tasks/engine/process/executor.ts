// Argument lists to processes. The only file that imports zx; no shell ever reads a command as text.
import { spawn } from 'node:child_process'
import { existsSync, fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import { constants } from 'node:os'
import type { $, ProcessOutput, ProcessPromise } from 'zx/core'
import { type FailureBlock, isErrno, UserError } from '../base/failure.ts'
import { LAUNCHER, type Launcher, type LauncherProcess } from './launcher.ts'
import { Launchers, type Taken } from './launchers.ts'
import { splitLines } from './lines.ts'
import { startFailure } from './startfailure.ts'

/** zx's own `$`. */
export type Shell = typeof $

export interface Command {
  /** Program and arguments. */
  readonly words: readonly string[]
  /** Absolute. */
  readonly directory: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What the three streams are: an open file, the runner's own, nothing, or a pipe to read. */
  readonly stdio: readonly ['ignore' | 'inherit', ...('inherit' | 'pipe' | 'ignore' | number)[]]
  /** In a process group of its own, so that it can be ended with all that it started. */
  readonly group: boolean
  readonly onLine?: ((line: string) => void) | undefined
  /** Ends this process alone when it is aborted. */
  readonly signal?: AbortSignal | undefined
  /** What ends it where we are not allowed to: a command, given its process id. */
  readonly endBy?: ((pid: number) => readonly string[]) | undefined
  /** What is given one place runs there one after another; where one fails, the next is not started. */
  readonly place?: number
  /** An open file: what was given its place early is started only while something is in there. */
  readonly gate?: number
}

/** The one form in which zx is called here; its own type knows `spawn` only with every overload. */
type ZxStart = (
  options: Record<string, unknown>,
) => (pieces: TemplateStringsArray, words: readonly string[]) => ProcessPromise

export interface Exit {
  /** Null when a signal ended it, or it could not be started. */
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** Wall time in milliseconds. */
  readonly ms: number
  /** Why it could not be started. */
  readonly failure?: FailureBlock
  /** It was not started: the command before it in its place failed, or its gate was shut. */
  readonly isUnstarted?: boolean
}

/** What was given a place, until it has ended. */
interface Given {
  readonly exit: Promise<Exit>
  readonly launcher: Launcher | undefined
}

const UNSTARTED: Exit = {
  status: null,
  signal: null,
  stdout: '',
  stderr: '',
  ms: 0,
  isUnstarted: true,
}

/** What a build needs of whoever runs its commands. */
export interface Processes {
  readonly run: (command: Command) => Promise<Exit>
}

/** How long an asked process may take to end before it is killed, in milliseconds. */
const GRACE = 1000

export class Executor implements Processes {
  readonly shell: Shell
  readonly #output: typeof ProcessOutput
  readonly #running = new Map<number, { readonly group: boolean }>()
  /** The last of each place. */
  readonly #given = new Map<number, Given>()
  readonly #launchers = new Launchers((environment) => this.#startLauncher(environment))
  #ending: NodeJS.Signals | undefined
  #killed = false
  #killer: NodeJS.Timeout | undefined

  private constructor(shell: Shell, output: typeof ProcessOutput) {
    this.shell = shell
    this.#output = output
  }

  /** Loads zx; so that a run that starts no process does not pay for it. */
  static async load(): Promise<Executor> {
    const { $, ProcessOutput } = await import('zx/core')
    return new Executor($, ProcessOutput)
  }

  /** What zx's own `$` throws when a command fails, as a failure to show; else undefined. */
  failureOf(error: unknown): UserError | undefined {
    if (!(error instanceof this.#output)) return undefined
    const { exitCode, signal, stderr } = error
    const how = signal === null ? `ended with status ${exitCode}` : `was ended by ${signal}`
    const said = stderr.trim()
    return new UserError({
      what: `a command of the task ${how}`,
      ...(said === '' ? {} : { facts: [['it said', said]] }),
    })
  }

  /** Runs a command to its end. */
  run(command: Command): Promise<Exit> {
    const { place } = command
    if (place === undefined) return this.#alone(command)
    const given = this.#begin(command, this.#given.get(place))
    this.#given.set(place, given)
    const forget = (): void => {
      const last = this.#given.get(place)
      if (last === given) this.#given.delete(place)
      // Else it is still that of whoever was given the place since, which its end may not have told yet.
      if (last === given || last?.launcher !== given.launcher) this.#giveBack(given.launcher)
    }
    given.exit.then(forget, forget)
    return given.exit
  }

  /** @param before what it is to wait for: told to the same launcher, it is started without us */
  #begin(command: Command, before?: Given): Given {
    const [stdin, stdout, stderr] = command.stdio
    const isQuiet = stdin === 'ignore' && typeof stdout === 'number' && typeof stderr === 'number'
    if (isQuiet && (before === undefined || before.launcher?.isUsable === true)) {
      const taken = this.#launchers.take({ ...command, stdout, stderr }, before?.launcher)
      if (taken !== undefined) {
        return { exit: this.#launch(taken, command, before?.exit), launcher: taken.launcher }
      }
    }
    const exit = before === undefined ? this.#start(command) : this.#after(before.exit, command)
    return { exit, launcher: undefined }
  }

  async #after(before: Promise<Exit>, command: Command): Promise<Exit> {
    const { status } = await before
    const { gate } = command
    const isOpen = gate !== undefined && fstatSync(gate).size > 0
    return status === 0 && isOpen ? this.#alone(command) : UNSTARTED
  }

  /** Nothing else is told to the launcher that it may be given. */
  async #alone(command: Command): Promise<Exit> {
    const { exit, launcher } = this.#begin(command)
    try {
      return await exit
    } finally {
      this.#giveBack(launcher)
    }
  }

  #giveBack(launcher: Launcher | undefined): void {
    if (launcher !== undefined) this.#launchers.give(launcher)
  }

  /** Leaves no child of this process that runs nothing. */
  dismiss(): Promise<void> {
    return this.#launchers.dismiss()
  }

  /** By a launcher: most commands of a build. */
  async #launch(
    { launcher, launch }: Taken,
    { words }: Command,
    before?: Promise<Exit>,
  ): Promise<Exit> {
    const launching = launcher.run(launch, before !== undefined)
    await before
    const started = performance.now()
    const { pid } = launcher
    this.#began(pid, true)
    const launched = await launching
    this.#ended(pid, true)
    if (launched === 'unstarted') return UNSTARTED
    const ms = performance.now() - started
    return { ...this.#exitOf(launched, words), stdout: '', stderr: '', ms }
  }

  #exitOf(
    launched: number | undefined,
    [program]: readonly string[],
  ): Omit<Exit, 'stdout' | 'stderr' | 'ms'> {
    if (launched === undefined) {
      const signal = this.#killed ? 'SIGKILL' : this.#ending
      if (signal !== undefined) return { status: null, signal }
      const what = `${program} was lost: the shell that had started it was ended`
      return { status: null, signal: null, failure: { what } }
    }
    const signal = launched > FIRST_SIGNAL ? signalOf(launched - FIRST_SIGNAL) : undefined
    return signal === undefined ? { status: launched, signal: null } : { status: null, signal }
  }

  /** Undefined where there is no shell. It does not keep this process alive while it has nothing to do. */
  #startLauncher(environment: Command['environment']): LauncherProcess | undefined {
    const shell = SHELLS.find((path) => existsSync(path))
    if (shell === undefined) return undefined
    const { child, pid } = this.#zx([shell, '-c', LAUNCHER], {
      cwd: '/',
      env: environment,
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
      store: nothingKept(),
    })
    const { stdin, stdout } = child ?? {}
    if (child === undefined || pid === undefined) return undefined
    if (!(stdin instanceof Socket && stdout instanceof Socket)) return undefined
    const rest = (): void => {
      child.unref()
      stdin.unref()
      stdout.unref()
    }
    const busy = (): void => {
      child.ref()
      stdin.ref()
      stdout.ref()
    }
    rest()
    // It may have ended by itself: that is told by its end.
    stdin.on('error', () => {})
    return {
      pid,
      tell: (text) => {
        busy()
        stdin.write(text)
      },
      dismiss: () => {
        // Until all of it is gone: only then is its end told.
        busy()
        stdin.end()
      },
      rest,
      onLine: (heard) => splitLines(stdout, heard),
      onEnd: (ended) => child.on('exit', ended),
    }
  }

  /** The words as a process, by zx. */
  #zx(
    [program = '', ...args]: readonly string[],
    options: Record<string, unknown>,
  ): ProcessPromise {
    const start = this.shell as unknown as ZxStart
    return start({
      nothrow: true,
      quiet: true,
      // zx asks for a shell and a way to quote, for the line that it would hand to that shell. Its
      // hook for starting the process gets the words instead, and the line is used by nobody.
      shell: 'none',
      quote: (word: string) => word,
      spawn: (_line: string, _args: readonly string[], given: object) =>
        spawn(program, args, { ...given, shell: false }),
      ...options,
    })`${[program, ...args]}`
  }

  /** As a child of this process. */
  async #start(command: Command): Promise<Exit> {
    const [program = ''] = command.words
    const started = performance.now()
    const pending = this.#zx(command.words, {
      cwd: command.directory,
      env: command.environment,
      stdio: [...command.stdio],
      detached: command.group,
      // Lines that are handed on as they come are not kept as well.
      ...(command.onLine === undefined ? {} : { store: nothingKept() }),
    })
    const pid = pending.pid
    if (pid !== undefined) this.#began(pid, command.group)
    const forget = pid === undefined ? () => {} : this.#endOnAbort(pid, command)
    if (command.onLine !== undefined) {
      splitLines(pending.stdout, command.onLine)
      splitLines(pending.stderr, command.onLine)
    }
    const output = await pending
    forget()
    if (pid !== undefined) this.#ended(pid, command.group)
    const ms = performance.now() - started
    const { cause, exitCode, signal, stdout, stderr } = output
    const failure = isErrno(cause) ? startFailure(program, command.directory, cause) : undefined
    return {
      status: failure === undefined ? exitCode : null,
      signal,
      stdout,
      stderr,
      ms,
      ...(failure === undefined ? {} : { failure }),
    }
  }

  /** What is started when all is to end is told so too. */
  #began(pid: number, group: boolean): void {
    this.#running.set(pid, { group })
    if (this.#ending !== undefined) this.#signal(this.#killed ? 'SIGKILL' : this.#ending)
  }

  #ended(pid: number, group: boolean): void {
    this.#running.delete(pid)
    // What it had started in its group may be deaf to the signal that ended it.
    if (this.#ending !== undefined && group) send(-pid, 'SIGKILL')
    if (this.#running.size === 0) clearTimeout(this.#killer)
  }

  /** Asks all running processes, and any that is still started, to end; kills those that do not. */
  end(signal: NodeJS.Signals): void {
    this.#ending = signal
    this.#signal(signal)
    if (this.#running.size > 0) this.#killer ??= setTimeout(() => this.kill(), GRACE)
  }

  /** Ends one process when its own signal is aborted. Returns what forgets that. */
  #endOnAbort(pid: number, command: Command): () => void {
    const { signal, group, endBy, directory } = command
    if (signal === undefined) return () => {}
    let killer: NodeJS.Timeout | undefined
    const end = (): void => {
      if (send(group ? -pid : pid, 'SIGTERM')) {
        killer = setTimeout(() => send(group ? -pid : pid, 'SIGKILL'), GRACE)
      } else if (endBy !== undefined && this.#running.has(pid)) {
        const stdio = ['inherit', 'inherit', 'inherit'] as const
        void this.run({
          words: endBy(pid),
          directory,
          environment: command.environment,
          stdio,
          group: false,
        })
      }
    }
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
    return () => {
      clearTimeout(killer)
      signal.removeEventListener('abort', end)
    }
  }

  /** Kills all at once. */
  kill(): void {
    this.#killed = true
    this.#signal('SIGKILL')
  }

  #signal(signal: NodeJS.Signals): void {
    for (const [pid, { group }] of this.#running) {
      send(group ? -pid : pid, signal)
    }
  }
}

/** Where a shell of POSIX is, the smallest first. */
const SHELLS = ['/bin/dash', '/bin/sh'] as const

/** How a shell tells of an end by signal N: 128 + N. A status of its own that is as high is one too. */
const FIRST_SIGNAL = 128

function signalOf(number: number): NodeJS.Signals | undefined {
  const found = Object.entries(constants.signals).find(([, value]) => value === number)
  return found?.[0] as NodeJS.Signals | undefined
}

/** How a shell would count a process that a signal ended: 128 and the signal's number. */
export function signalStatus(signal: NodeJS.Signals): number {
  return FIRST_SIGNAL + constants.signals[signal]
}

/**
 * False where there is nothing to signal, or not by us.
 * @param pid of a process; negative, of a group
 */
function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    // It ended by itself in between, or belongs to root: sudo passes the terminal's Ctrl-C on.
    if (!isErrno(error, 'ESRCH', 'EPERM')) throw error
    return false
  }
}

/** Where zx would keep a command's output, were it not of any length. */
class NothingKept extends Array<never> {
  override push(): number {
    return 0
  }
}

function nothingKept(): Record<'stdout' | 'stderr' | 'stdall', NothingKept> {
  return { stdout: new NothingKept(), stderr: new NothingKept(), stdall: new NothingKept() }
}
