// A run of the command line that has been started: what it wrote so far, and its end.
import type { ChildProcess } from 'node:child_process'
import * as fs from 'node:fs'
import { availableParallelism } from 'node:os'
import type { Ran, Tree } from './tree.ts'

/** A run that takes this long in milliseconds hangs, unless a test says more: it is killed, and the test fails. */
const HANGS = 20_000
/** How often a condition without an event of its own is looked at, in milliseconds. */
const LOOK_EVERY = 10

export interface Ended extends Ran {
  readonly signal: NodeJS.Signals | null
}

export class Started {
  readonly child: ChildProcess
  /** Rejects when the run hangs. */
  readonly ended: Promise<Ended>
  stdout = ''
  stderr = ''

  constructor(child: ChildProcess, hangs = HANGS) {
    this.child = child
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    this.ended = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.kill()
        reject(new Error(`hangs; it wrote ${JSON.stringify(this.stdout + this.stderr)}`))
      }, hangs)
      child.on('close', (status, signal) => {
        clearTimeout(timer)
        resolve({ status, signal, stdout: this.stdout, stderr: this.stderr })
      })
    })
    this.ended.catch(() => {})
  }

  /** Starts `tasks.ts` of the tree, in a process group of its own. */
  static of(tree: Tree, args: readonly string[] = ['build']): Started {
    return new Started(tree.start(args))
  }

  /** Resolves when it has written this to either stream; rejects when it ends without. */
  wrote(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if ((this.stdout + this.stderr).includes(text)) resolve()
      }
      look()
      this.child.stdout?.on('data', look)
      this.child.stderr?.on('data', look)
      const missed = (): void => reject(new Error(`ended without ${text}: ${this.stderr}`))
      this.ended.then(missed, missed)
    })
  }

  /** Sends a signal to the runner alone. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  kill(): void {
    this.child.kill('SIGKILL')
  }

  [Symbol.dispose](): void {
    if (this.child.exitCode === null && this.child.signalCode === null) this.kill()
  }
}

/** Processes that work in a folder, by their command lines. Zombies do not. */
export function livingIn(folder: string): string[] {
  return fs.readdirSync('/proc').flatMap((entry) => {
    try {
      const cwd = fs.readlinkSync(`/proc/${entry}/cwd`)
      if (cwd !== folder && !cwd.startsWith(`${folder}/`)) return []
      return [fs.readFileSync(`/proc/${entry}/cmdline`, 'latin1').replaceAll('\0', ' ').trim()]
    } catch {
      return []
    }
  })
}

/** Looks until a condition holds; for what no event tells of. False when it does not in time. */
export async function until(condition: () => boolean, within = 2000): Promise<boolean> {
  const deadline = performance.now() + within
  while (!condition()) {
    if (performance.now() > deadline) return false
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY))
  }
  return true
}

/** Does the same with each item, as many at once as there are processors. */
export async function withEach<T>(
  items: readonly T[],
  body: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items]
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await body(item)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
}
