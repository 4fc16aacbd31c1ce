// Argument lists to processes. The only file that imports zx; no shell ever sees a command.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import type { $, ProcessOutput, ProcessPromise } from 'zx/core'
import { type FailureBlock, isErrno, UserError } from './failure.ts'

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

/** How long an asked process may take to end before it is killed, in milliseconds. */
const GRACE = 1000

export class Executor implements Processes {
  readonly shell: Shell
  readonly #output: typeof ProcessOutput
  readonly #running = new Map<number, { readonly group: boolean }>()
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

  async run(command: Command): Promise<Exit> {
    const [program = '', ...args] = command.words
    const started = performance.now()
    const start = this.shell as unknown as ZxStart
    const pending = start({
      cwd: command.directory,
      env: command.environment,
      stdio: [...command.stdio],
      detached: command.group,
      nothrow: true,
      quiet: true,
      // Lines that are handed on as they come are not kept as well.
      ...(command.onLine === undefined ? {} : { store: nothingKept() }),
      // zx asks for a shell and a way to quote, for the line that it would hand to that shell. Its
      // hook for starting the process gets the words instead, and the line is used by nobody.
      shell: 'none',
      quote: (word: string) => word,
      spawn: (_line: string, _args: readonly string[], options: object) =>
        spawn(program, args, { ...options, shell: false }),
    })`${command.words}`
    const pid = pending.pid
    if (pid !== undefined) this.#running.set(pid, { group: command.group })
    if (this.#ending !== undefined) this.#signal(this.#killed ? 'SIGKILL' : this.#ending)
    const forget = pid === undefined ? () => {} : this.#endOnAbort(pid, command)
    if (command.onLine !== undefined) {
      splitLines(pending.stdout, command.onLine)
      splitLines(pending.stderr, command.onLine)
    }
    const output = await pending
    forget()
    if (pid !== undefined) {
      this.#running.delete(pid)
      // What it had started in its group may be deaf to the signal that ended it.
      if (this.#ending !== undefined && command.group) send(-pid, 'SIGKILL')
    }
    if (this.#running.size === 0) clearTimeout(this.#killer)
    const ms = performance.now() - started
    const { cause, exitCode, signal, stdout, stderr } = output
    const failure = isErrno(cause) ? startFailure(program, command, cause) : undefined
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

/** How a shell would count a process that a signal ended: 128 and the signal's number. */
export function signalStatus(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal]
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

function splitLines(
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

function startFailure(
  program: string,
  command: Command,
  error: NodeJS.ErrnoException,
): FailureBlock {
  if (!existsSync(command.directory)) {
    return { what: `${program} could not be started: there is no folder ${command.directory}` }
  }
  const why: Record<string, string> = {
    ENOENT: 'there is no such program',
    EACCES: 'it is not executable',
    ENOEXEC: 'it is no program of this machine',
    E2BIG: 'its arguments are too long for the system',
    EAGAIN: 'the system has no room for another process',
    ENOMEM: 'the system has no memory for it',
  }
  return {
    what: `${program} could not be started: ${why[error.code ?? ''] ?? error.message}`,
    facts: [['in', command.directory]],
  }
}
