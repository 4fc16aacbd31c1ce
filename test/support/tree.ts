// A disposable tree with a tasks.ts of its own, and the real command line run in it.
import { spawn, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Event } from '../../tasks/engine/index.ts'
import { quickestCommand } from './runtimes.ts'

export const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export class Tree {
  readonly root: string

  constructor() {
    this.root = fs.mkdtempSync(join(fs.realpathSync(tmpdir()), 'bpf-tasks-'))
    fs.symlinkSync(`${repository}/node_modules`, `${this.root}/node_modules`)
    this.write('package.json', '{ "type": "module" }')
  }

  at(path: string): string {
    return join(this.root, path)
  }

  write(path: string, text: string | Buffer): void {
    fs.mkdirSync(dirname(this.at(path)), { recursive: true })
    fs.writeFileSync(this.at(path), text)
  }

  read(path: string): string {
    return fs.readFileSync(this.at(path), 'utf8')
  }

  exists(path: string): boolean {
    return fs.existsSync(this.at(path))
  }

  remove(path: string): void {
    fs.rmSync(this.at(path), { recursive: true, force: true })
  }

  /** Gives a file another time without changing it. */
  touch(path: string, seconds: number = Date.now() / 1000): void {
    fs.utimesSync(this.at(path), seconds, seconds)
  }

  /** tasks.ts with the engine's door imported as in this repository. */
  tasks(body: string): void {
    this.write(
      'tasks.ts',
      `import { cacheTasks, cosmetic, derive, edge, glob, main, pool, probe, setting, source, task, taskFamily, tool, UserError } ` +
        `from '${repository}/tasks/engine/index.ts'\n` +
        `import { bpfRules } from '${repository}/tasks/bpf/index.ts'\n` +
        `void [cacheTasks, cosmetic, derive, edge, glob, pool, probe, setting, source, taskFamily, tool, UserError, bpfRules]\n${body}`,
    )
  }

  /** Words that run `tasks.ts`, before its arguments. */
  get command(): readonly string[] {
    return quickestCommand()
  }

  /** Runs `tasks.ts` with these arguments, to its end. */
  run(args: readonly string[] = [], environment: Readonly<Record<string, string>> = {}): Ran {
    const [program = '', ...words] = this.command
    const { status, stdout, stderr } = spawnSync(program, [...words, ...args], {
      cwd: this.root,
      env: { ...cleanEnvironment(), ...environment },
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    return { status, stdout, stderr }
  }

  /** Starts `tasks.ts` in a process group of its own, for tests that signal or watch it. */
  start(
    args: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
    wrap: (command: readonly string[]) => readonly string[] = (command) => command,
  ) {
    const [program = '', ...words] = wrap([...this.command, ...args])
    return spawn(program, words, {
      cwd: this.root,
      env: { ...cleanEnvironment(), ...environment },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  /** The events of a run with `--json`. */
  events(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Event[] {
    return eventsOf(this.run([...args, '--json'], environment).stdout)
  }

  /** First outputs of the edges that a run ran, sorted. */
  ran(args: readonly string[], environment: Readonly<Record<string, string>> = {}): string[] {
    return this.events(args, environment)
      .flatMap((event) => (event.type === 'start' ? [event.outputs[0] ?? ''] : []))
      .sort()
  }

  [Symbol.dispose](): void {
    fs.rmSync(this.root, { recursive: true, force: true })
  }
}

/** One event a line; throws where a line is none. */
export function eventsOf(text: string): Event[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event)
}

/** Without what the terminal or the caller of the tests has set. */
function cleanEnvironment(): Record<string, string> {
  const { PATH = '', HOME = '', TMPDIR, BPF_TASKS_CHECK_MEMO } = process.env
  return {
    PATH,
    HOME,
    // What a test builds is not to be known from another one.
    ACTION_CACHE_DIR: 'off',
    ...(TMPDIR === undefined ? {} : { TMPDIR }),
    ...(BPF_TASKS_CHECK_MEMO === undefined ? {} : { BPF_TASKS_CHECK_MEMO }),
  }
}
