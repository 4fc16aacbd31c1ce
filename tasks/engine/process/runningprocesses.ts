// The processes that run now, and how all of them are ended. Knows no command and starts nothing.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { isErrno } from '../base/index.ts'
import { hasFollowers, processTree } from './processtree.ts'

/** How long a process that was asked to end may take before it is killed, in milliseconds. */
export const GRACE = 1000

/** How often {@link RunningProcesses.allEnded} looks, in milliseconds. */
const LOOK_EVERY = 10

/** Environment variable by which what bodies have started is known, also after its parent has ended. */
const RUN_VARIABLE = 'BPF_TASKS_RUN'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * A command of a build leads a process group, so it is signalled with all that it has started. What the
 * body of a task starts is in the runner's own group, so that it can ask on the terminal. It is found by
 * who started it, and by a mark in its environment, which its children inherit.
 */
export class RunningProcesses {
  readonly #running = new Map<number, { readonly group: boolean }>()
  readonly #mark = `${RUN_VARIABLE}=${randomUUID()}`
  #hasMarked = false
  #ending: NodeJS.Signals | undefined
  #killer: NodeJS.Timeout | undefined

  /** The signal with which all are being ended. */
  get ending(): NodeJS.Signals | undefined {
    return this.#ending
  }

  has(pid: number): boolean {
    return this.#running.has(pid)
  }

  /** A process that is started while all are to end gets the signal at once. */
  began(pid: number, group: boolean): void {
    this.#running.set(pid, { group })
    if (this.#ending !== undefined) this.#signalAll(this.#ending)
  }

  ended(pid: number, group: boolean): void {
    this.#running.delete(pid)
    // What it had started in its group may ignore the signal that ended it.
    if (this.#ending !== undefined && group) send(-pid, 'SIGKILL')
    if (this.#running.size === 0) clearTimeout(this.#killer)
  }

  /**
   * Kills what is left of a group whose command failed: a compiler whose driver was killed would write
   * its outputs after they were removed. Resolves when nothing of it runs: false where nothing was left.
   * @param pid the leader of the group; if it still runs, it is killed with the rest
   */
  async endRest(pid: number): Promise<boolean> {
    if (!hasFollowers(pid)) return false
    const deadline = performance.now() + GRACE
    send(-pid, 'SIGKILL')
    while (hasFollowers(pid) && performance.now() < deadline) await pause(LOOK_EVERY)
    return true
  }

  /** Asks all to end, and any that is still started; kills those that do not. */
  end(signal: NodeJS.Signals): void {
    this.#ending = signal
    this.#signalAll(signal)
    if (this.#running.size > 0) this.#killer ??= setTimeout(() => this.kill(), GRACE)
  }

  /** Kills all at once. */
  kill(): void {
    this.#ending = 'SIGKILL'
    this.#signalAll('SIGKILL')
  }

  /**
   * Stops the groups, or lets them go on. SIGTSTP would not do: the kernel ignores it for a group that
   * no terminal controls. Our own group is stopped by the terminal itself.
   */
  signalGroups(signal: 'SIGSTOP' | 'SIGCONT'): void {
    for (const [pid, { group }] of this.#running) if (group) send(-pid, signal)
  }

  /** Signals one of them with what it has started. False where that is not possible, or not allowed. */
  signal(pid: number, group: boolean, signal: NodeJS.Signals): boolean {
    if (group) return send(-pid, signal)
    const started = processTree([pid]).filter((other) => other !== pid)
    const isSent = send(pid, signal)
    for (const other of started) send(other, signal)
    return isSent
  }

  /** The environment for a process in our own group. */
  marked(environment: Environment): Environment {
    this.#hasMarked = true
    return { ...environment, [RUN_VARIABLE]: this.#mark.slice(RUN_VARIABLE.length + 1) }
  }

  /**
   * After {@link end}: resolves when nothing is left of what bodies have started, even in the background.
   * What does not end in the grace period is killed.
   */
  async allEnded(): Promise<void> {
    const deadline = performance.now() + GRACE
    // One that is ending has no parent of ours any more, so those that were found are kept in mind.
    let left: number[] = []
    while (this.#ending !== undefined) {
      left = this.#processesOfBodies(left)
      if (left.length === 0) return
      const late = performance.now() - deadline
      // Even a killed process may stay: in the kernel, or because it is somebody else's.
      if (late > GRACE) return
      if (late > 0 && this.#ending !== 'SIGKILL') this.kill()
      await pause(LOOK_EVERY)
    }
  }

  #signalAll(signal: NodeJS.Signals): void {
    for (const pid of this.#processesOfBodies()) send(pid, signal)
    for (const [pid, { group }] of this.#running) if (group) send(-pid, signal)
  }

  /** What bodies have started, and what that has started, whether its parent still runs or not. */
  #processesOfBodies(known: readonly number[] = []): number[] {
    if (!this.#hasMarked) return []
    const roots = [...this.#running].flatMap(([pid, { group }]) => (group ? [] : [pid]))
    return processTree([...roots, ...known], this.#mark)
  }
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
