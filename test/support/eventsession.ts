// A run that goes on while the test acts: its events or lines are waited for, no clock is.
import type { ChildProcess } from 'node:child_process'
import type { Event } from '../../tasks/engine/index.ts'
import type { Tree } from './tree.ts'

type Of<T extends Event['type']> = Extract<Event, { type: T }>

/** A run that says nothing for so long, in milliseconds, will not say it any more. */
const PATIENCE = 30_000

export class Session {
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  readonly #ended: Promise<number | null>
  #read = 0
  #stderr = ''
  #wake: () => void = () => {}

  /** @param wrap what to run instead of the command: one that starts it */
  constructor(
    tree: Tree,
    args: readonly string[],
    environment: Record<string, string> = {},
    wrap?: (command: readonly string[]) => readonly string[],
  ) {
    const child = tree.start([...args, '--json'], environment, wrap)
    this.#child = child
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      this.#lines.push(...lines)
      this.#wake()
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    this.#ended = new Promise((resolve) =>
      child.on('close', (status) => {
        resolve(status)
        this.#wake()
      }),
    )
  }

  /** Resolves with its exit status when it ended. */
  get ended(): Promise<number | null> {
    return this.#ended
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** The next event of a type; those before it are passed over and returned by {@link passed}. */
  async next<T extends Event['type']>(type: T): Promise<Of<T>> {
    this.passed = []
    for (;;) {
      while (this.#read < this.#lines.length) {
        const event = JSON.parse(this.#lines[this.#read++] ?? '') as Event
        if (event.type === type) return event as Of<T>
        this.passed.push(event)
      }
      if (this.#child.exitCode !== null) throw new Error(`it ended before ${type}: ${this.#stderr}`)
      await new Promise<void>((resolve, reject) => {
        const late = (): void =>
          reject(new Error(`no ${type} came; ${JSON.stringify(this.passed)}`))
        const timer = setTimeout(late, PATIENCE)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** What came before the event that was last waited for. */
  passed: Event[] = []

  /** First outputs of the commands that were started before that event. */
  get ran(): string[] {
    return this.passed.flatMap((event) => (event.type === 'start' ? [event.outputs[0] ?? ''] : []))
  }

  /** Presses Ctrl-C: the whole group is signalled. Returns the exit status. */
  async interrupt(): Promise<number | null> {
    if (this.#child.exitCode === null) process.kill(-this.pid, 'SIGINT')
    return await this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      process.kill(-this.pid, 'SIGKILL')
    }
    await this.#ended
  }
}
