// Argument lists to processes. The only file that imports zx; no shell ever reads a command as text.
import { type SpawnOptions, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, fstatSync, ftruncateSync, readSync } from 'node:fs'
import { Socket } from 'node:net'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import type { $, ProcessOutput, ProcessPromise } from 'zx/core'
import { type FailureBlock, isErrno, UserError } from '../base/index.ts'
import { LAUNCHER, type LauncherProcess, saysUnstarted } from './launcher.ts'
import { type Assignment, Launchers } from './launchers.ts'
import { GRACE, RunningProcesses } from './runningprocesses.ts'

/** zx's own `$`. */
export type Shell = typeof $

export interface Command {
  /** Program and arguments. */
  readonly words: readonly string[]
  /** Absolute. */
  readonly directory: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What the three streams are: a file open to read and append, the runner's own, nothing, or a pipe. */
  readonly stdio: readonly ['ignore' | 'inherit', ...('inherit' | 'pipe' | 'ignore' | number)[]]
  /** In a process group of its own, so that it can be ended with all that it started. */
  readonly group: boolean
  readonly onLine?: ((line: string) => void) | undefined
  /** Ends this process alone when it is aborted. */
  readonly signal?: AbortSignal | undefined
  /** What ends it where we are not allowed to: a command, given its process id. */
  readonly endBy?: ((pid: number) => readonly string[]) | undefined
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
}

/** What a build needs of whoever runs its commands. */
export interface Processes {
  readonly run: (command: Command) => Promise<Exit>
}

export class Executor implements Processes {
  readonly #shell: Shell
  readonly #output: typeof ProcessOutput
  readonly #running = new RunningProcesses()
  readonly #launcherName = `launcher-${randomUUID()}`
  readonly #launchers = new Launchers((environment) => this.#startLauncher(environment))

  private constructor(shell: Shell, output: typeof ProcessOutput) {
    this.#shell = shell
    this.#output = output
  }

  /** Loads zx; so that a run that starts no process does not pay for it. */
  static async load(): Promise<Executor> {
    const { $, ProcessOutput } = await import('zx/core')
    return new Executor($, ProcessOutput)
  }

  /** zx's own `$` for the body of a task: what it starts ends with this run. */
  bodyShell(options: Parameters<Shell>[0] & object): Shell {
    const start = (program: string, args: readonly string[], given: SpawnOptions) => {
      const env = this.#running.marked(given.env ?? {})
      const child = spawn(program, args, { ...given, env })
      const { pid } = child
      if (pid !== undefined) {
        this.#running.began(pid, false)
        child.once('exit', () => this.#running.ended(pid, false))
      }
      return child
    }
    return this.#shell({ ...options, spawn: start as typeof spawn })
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
  async run(command: Command): Promise<Exit> {
    const [stdin, stdout, stderr, ...more] = command.stdio
    const isPlain = stdin === 'ignore' && more.length === 0
    if (!isPlain || typeof stdout !== 'number' || typeof stderr !== 'number') {
      return this.#runDirectly(command)
    }
    const assignment = this.#launchers.acquire({ ...command, stdout, stderr })
    if (assignment === undefined) return this.#runDirectly(command)
    const { size } = fstatSync(stderr)
    const exit = await this.#runByLauncher(assignment, command)
    const hasFailed = exit === undefined || (exit.status ?? 0) !== 0
    if (exit !== undefined && !(hasFailed && this.#isUnstarted(stderr, size))) return exit
    // Starting it directly gives the error itself.
    if (fstatSync(stderr).size > size) ftruncateSync(stderr, size)
    return this.#runDirectly(command)
  }

  /** Does what a command has written begin with what its launcher says? */
  #isUnstarted(stderr: number, size: number): boolean {
    const start = Buffer.alloc(this.#launcherName.length + 2)
    readSync(stderr, start, 0, start.length, size)
    return saysUnstarted(start.toString('latin1'), this.#launcherName)
  }

  /** By a launcher, as most commands of a build. Undefined where the program could not be started. */
  async #runByLauncher(
    { launcher, launch }: Assignment,
    { words: [program] }: Command,
  ): Promise<Exit | undefined> {
    const started = performance.now()
    const { pid } = launcher
    this.#running.began(pid, true)
    const launched = await launcher.run(launch)
    const ms = performance.now() - started
    this.#running.ended(pid, true)
    const isKilled = launched !== 0 && (await this.#running.endRest(pid))
    if (!isKilled) this.#launchers.release(launcher)
    const common = { stdout: '', stderr: '', ms }
    if (typeof launched === 'number') {
      const signal = launched > FIRST_SIGNAL ? signalOf(launched - FIRST_SIGNAL) : undefined
      if (signal !== undefined) return { status: null, signal, ...common }
      return { status: launched, signal: null, ...common }
    }
    const signal = this.#running.ending
    if (signal !== undefined) return { status: null, signal, ...common }
    if (launched === 'unstarted') return undefined
    const what = `${program} was lost: the shell that had started it was killed`
    return { status: null, signal: null, failure: { what }, ...common }
  }

  /** Undefined where there is no shell. It does not keep this process alive while it runs nothing. */
  #startLauncher(environment: Command['environment']): LauncherProcess | undefined {
    const shell = SHELLS.find((path) => existsSync(path))
    if (shell === undefined) return undefined
    const { child, pid } = this.#zx([shell, '-c', LAUNCHER, this.#launcherName], {
      cwd: '/',
      env: environment,
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
      store: nothingKept(),
    })
    const { stdin, stdout } = child ?? {}
    if (child === undefined || pid === undefined) return undefined
    if (!(stdin instanceof Socket && stdout instanceof Socket)) return undefined
    const unref = (): void => {
      child.unref()
      stdin.unref()
      stdout.unref()
    }
    const ref = (): void => {
      child.ref()
      stdin.ref()
      stdout.ref()
    }
    unref()
    // It may have ended by itself: `exit` says so.
    stdin.on('error', () => {})
    return {
      pid,
      write: (text) => {
        ref()
        stdin.write(text)
      },
      end: () => {
        // Without this, its end might never be reported.
        ref()
        stdin.end()
      },
      unref,
      onLine: (heard) => splitLines(stdout, heard),
      onEnd: (ended) => child.on('exit', ended),
    }
  }

  /** The words as a process, by zx. */
  #zx(
    [program = '', ...args]: readonly string[],
    options: Record<string, unknown>,
  ): ProcessPromise {
    const start = this.#shell as unknown as ZxStart
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
  async #runDirectly(command: Command): Promise<Exit> {
    const [program = ''] = command.words
    const started = performance.now()
    const pending = this.#zx(command.words, {
      cwd: command.directory,
      env: command.group ? command.environment : this.#running.marked(command.environment),
      stdio: [...command.stdio],
      detached: command.group,
      // Lines that are handed on as they come are not kept as well.
      ...(command.onLine === undefined ? {} : { store: nothingKept() }),
    })
    const pid = pending.pid
    if (pid !== undefined) this.#running.began(pid, command.group)
    const forget = pid === undefined ? () => {} : this.#endOnAbort(pid, command)
    if (command.onLine !== undefined) {
      splitLines(pending.stdout, command.onLine)
      splitLines(pending.stderr, command.onLine)
    }
    const output = await pending
    forget()
    const ms = performance.now() - started
    const { cause, exitCode, signal, stdout, stderr } = output
    if (pid !== undefined) {
      this.#running.ended(pid, command.group)
      if (command.group && exitCode !== 0) await this.#running.endRest(pid)
    }
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

  /** Asks all running processes, and any that is still started, to end; kills those that do not. */
  end(signal: NodeJS.Signals): void {
    this.#running.end(signal)
  }

  /** Kills all at once. */
  kill(): void {
    this.#running.kill()
  }

  /** Stops all commands of builds, or lets them go on. Those of bodies get that from the terminal. */
  signalGroups(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#running.signalGroups(signal)
  }

  /** Leaves no child of this process that runs nothing, and after {@link end} no other one either. */
  async close(): Promise<void> {
    await this.#running.allEnded()
    await this.#launchers.close()
  }

  /** Ends one process when its own signal is aborted. Returns what forgets that. */
  #endOnAbort(pid: number, command: Command): () => void {
    const { signal, group, endBy, directory } = command
    if (signal === undefined) return () => {}
    let killer: NodeJS.Timeout | undefined
    const end = (): void => {
      if (this.#running.signal(pid, group, 'SIGTERM')) {
        killer = setTimeout(() => this.#running.signal(pid, group, 'SIGKILL'), GRACE)
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
}

/** Where a shell of POSIX is, the smallest first. */
const SHELLS = ['/bin/dash', '/bin/sh'] as const

/** A shell reports an end by signal N as 128 + N. A command's own status above 128 looks the same. */
const FIRST_SIGNAL = 128

function signalOf(number: number): NodeJS.Signals | undefined {
  const found = Object.entries(constants.signals).find(([, value]) => value === number)
  return found?.[0] as NodeJS.Signals | undefined
}

/** How a shell would count a process that a signal ended: 128 and the signal's number. */
export function signalStatus(signal: NodeJS.Signals): number {
  return FIRST_SIGNAL + constants.signals[signal]
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

/** Hands on what a command writes line by line. */
export function splitLines(
  stream: NodeJS.ReadableStream | null | undefined,
  onLine: (line: string) => void,
): void {
  if (stream === null || stream === undefined) return
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
  stream.on('end', () => {
    if (rest !== '') onLine(rest)
  })
}

/**
 * Why a program could not be started, in words.
 * @param directory where it was to run
 */
function startFailure(
  program: string,
  directory: string,
  error: NodeJS.ErrnoException,
): FailureBlock {
  if (!existsSync(directory)) {
    return { what: `${program} could not be started: there is no directory ${directory}` }
  }
  const why: Record<string, string> = {
    // A script of this name may be there; then its first line names an interpreter that is not.
    ENOENT: existsSync(resolve(directory, program))
      ? 'the interpreter that it names does not exist'
      : 'there is no such program',
    EACCES: 'it is not executable',
    ENOEXEC: 'it is not a program for this machine',
    E2BIG: 'its arguments and environment are too long for the system',
    EAGAIN: 'the system refuses another process (fork: EAGAIN; look at `ulimit -u` and pids.max)',
    ENOMEM: 'the system has no memory for another process',
  }
  return {
    what: `${program} could not be started: ${why[error.code ?? ''] ?? error.message}`,
    facts: [['in', directory]],
  }
}
