// A process that a test watches line by line, signals, and sees to its end.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** How long anything may take before the test fails, in milliseconds; nothing waits for it. */
const DEADLINE = 30_000

export class Running {
  readonly pid: number
  /** What it wrote until now, line by line, both streams. */
  readonly stdout: string[] = []
  readonly stderr: string[] = []
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  #ended = false
  readonly #watchers = new Set<() => void>()

  /** Starts it in a process group of its own. */
  constructor(
    [program = '', ...args]: readonly string[],
    options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
  ) {
    const child = spawn(program, args, {
      ...options,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    if (child.pid === undefined) throw new Error(`${program} cannot be started`)
    this.pid = child.pid
    for (const [stream, lines] of [
      [child.stdout, this.stdout],
      [child.stderr, this.stderr],
    ] as const) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line)
        for (const look of this.#watchers) look()
      })
    }
    this.#closed = once(child, 'close').then(() => {
      this.#ended = true
      for (const look of this.#watchers) look()
    })
  }

  /** The first line, of those there are or of later ones, that matches; throws when it ends without one. */
  line(pattern: RegExp, deadline: number = DEADLINE): Promise<string> {
    return this.#match(pattern, deadline, 0, 0)
  }

  /** The same, of later lines only. */
  nextLine(pattern: RegExp): Promise<string> {
    return this.#match(pattern, DEADLINE, this.stdout.length, this.stderr.length)
  }

  #match(pattern: RegExp, deadline: number, out: number, err: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const done = (act: () => void): void => {
        clearTimeout(timer)
        this.#watchers.delete(look)
        act()
      }
      const look = (): void => {
        const lines = [...this.stdout.slice(out), ...this.stderr.slice(err)]
        const found = lines.find((line) => pattern.test(line))
        if (found !== undefined) done(() => resolve(found))
        else if (this.#ended) done(() => reject(this.#failure(`ended without ${pattern}`)))
      }
      const timer = setTimeout(
        () => done(() => reject(this.#failure(`no ${pattern} in ${deadline} ms`))),
        deadline,
      )
      this.#watchers.add(look)
      look()
    })
  }

  /** Its exit status, or the signal that ended it, once all that it wrote is read. */
  async end(): Promise<number | NodeJS.Signals | null> {
    const timer = setTimeout(() => this.kill('SIGKILL'), DEADLINE)
    await this.#closed
    clearTimeout(timer)
    return this.#child.signalCode ?? this.#child.exitCode
  }

  /** Sends a signal to it alone. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Sends a signal to it and all in its group, as a terminal does. */
  killGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal)
  }

  /** Ends it, where the test has not. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.#child.kill('SIGKILL')
    await this.#closed
  }

  #failure(what: string): Error {
    return new Error(`${what}\n${[...this.stdout, ...this.stderr].join('\n')}`)
  }
}

export interface BpfHandle {
  readonly kind: 'prog' | 'map' | 'link'
  readonly id: string
}

/** The BPF programs, maps and links that a process holds: proc(5), fdinfo. */
export function bpfOf(pid: number): BpfHandle[] {
  const handles = fs.readdirSync(`/proc/${pid}/fdinfo`).flatMap((file): BpfHandle[] => {
    let text: string
    try {
      text = fs.readFileSync(`/proc/${pid}/fdinfo/${file}`, 'utf8')
    } catch {
      // Closed since its name was read.
      return []
    }
    // The fdinfo of a link names its program as well.
    for (const kind of ['link', 'map', 'prog'] as const) {
      const id = new RegExp(`^${kind}_id:\\s*(\\d+)$`, 'm').exec(text)?.[1]
      if (id !== undefined) return [{ kind, id }]
    }
    return []
  })
  return handles
}

/** Whether the kernel still has it, by bpf(2). */
export function isThere({ kind, id }: BpfHandle): boolean {
  const { status, stderr } = spawnSync(asker(), [kind, id], { encoding: 'utf8' })
  if (status !== 0 && status !== 3) throw new Error(`${kind} ${id}: ${stderr}`)
  return status === 0
}

let compiled: string | undefined

/** The program that asks, compiled for all tests of this process. */
function asker(): string {
  if (compiled !== undefined) return compiled
  const folder = fs.mkdtempSync(join(tmpdir(), 'isthere-'))
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
  const program = join(folder, 'isthere')
  const source = fileURLToPath(new URL('../fixtures/isthere.c', import.meta.url))
  execFileSync('cc', ['-Wall', '-Werror', source, '-o', program])
  compiled = program
  return program
}

/** Those of the handles that are still there; the kernel frees them a little after their end. */
export async function leftOf(handles: readonly BpfHandle[]): Promise<BpfHandle[]> {
  const end = performance.now() + DEADLINE / 3
  for (;;) {
    const left = handles.filter(isThere)
    if (left.length === 0 || performance.now() > end) return left
    await pause(20)
  }
}
