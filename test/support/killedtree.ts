// A small C program that is built, killed in the middle of it, and built again: its tree, the runs that
// are killed, and the builds after them, which need no process of their own.
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { createInterface } from 'node:readline'
import type { Totals } from '../../tasks/engine/base/index.ts'
import { Builder } from '../../tasks/engine/build/build.ts'
import { Disk } from '../../tasks/engine/files/disk.ts'
import { loadGlob } from '../../tasks/engine/files/glob.ts'
import { LOCK_VARIABLE, markOf as lockMark } from '../../tasks/engine/files/lock.ts'
import { Executor } from '../../tasks/engine/process/executor.ts'
import { BUILD, EDITED, killedTasks, PARTS } from './killedgraph.ts'
import { repository, Tree } from './tree.ts'

export class KilledTree extends Tree {
  /** Which of its two texts each edited file has. */
  readonly variants = new Map<string, number>()

  constructor() {
    super()
    this.write('src/common.h', '#include "made.h"\nint printf(const char *, ...);\n')
    this.write('src/b.in', '#define B 1\n')
    for (const part of PARTS) this.write(`src/${part}.c`, text(part, 0))
    const calls = PARTS.map((part) => `${part}()`).join(' + ')
    const declarations = PARTS.map((part) => `int ${part}(void);`).join('\n')
    this.write('src/main.c', `${declarations}\nint main(void) { return ${calls}; }\n`)
    for (const path of EDITED) this.edit(path, 0)
  }

  edit(path: string, variant: number): void {
    this.variants.set(path, variant)
    const part = path.slice('src/'.length, path.lastIndexOf('.'))
    this.write(path, path.endsWith('.in') ? `#define A ${variant}\n` : text(part, variant))
  }

  /** Says which texts the files have. */
  get state(): string {
    return [...this.variants].map((entry) => entry.join(' ')).join(', ')
  }

  /** A build in this process. */
  async build(): Promise<Totals | undefined> {
    const executor = await Executor.load()
    const disk = new Disk(this.root)
    const builder = new Builder({
      disk,
      state: `${BUILD}/.tasks`,
      tasks: killedTasks,
      setting: () => undefined,
      loadGlob,
      path: (process.env['PATH'] ?? '').split(':'),
      colour: false,
      environment: { ...environment(), LC_ALL: 'C.UTF-8' },
      executor: async () => executor,
      emit: () => {},
      signal: new AbortController().signal,
      command: 'the build after a kill',
    })
    const { targets } = killedTasks.build
    const asked = { jobs: 2, keepGoing: true, digest: false } as const
    const request = { ...asked, targets, files: [], notes: [], members: [] } as const
    return builder.build({ ...request, force: false, dryRun: false })
  }
}

/** Something for a compiler to do for some milliseconds. */
function text(part: string, variant: number): string {
  return `#include "common.h"\nint ${part}(void) { printf("%d\\n", A + B); return ${variant}; }\n`
}

/** A line for each file below the build folder, but the engine's own: its name and its content. */
export function outputsOf(tree: Tree): string[] {
  const names = fs.readdirSync(tree.at(BUILD), { recursive: true, encoding: 'utf8' }).sort()
  return names.flatMap((name) => {
    const path = tree.at(`${BUILD}/${name}`)
    // Archivers and compilers that are killed leave files behind that only they know the names of.
    if (name.startsWith('.tasks') || /^st\w{6}$|-[0-9a-f]{8}\.(o|pch)\.tmp$/.test(name)) return []
    if (fs.statSync(path).isDirectory()) return []
    return [`${name} ${createHash('sha256').update(fs.readFileSync(path)).digest('hex')}`]
  })
}

let compiled: Compiled | undefined

/** This repository's engine and tasks, compiled once: a run that is killed soon should start soon. */
export function compiledTasks(): Compiled {
  compiled ??= new Compiled()
  return compiled
}

class Compiled {
  readonly #tree = new Tree()
  /** Scripts to run, as tasks.ts would be. */
  readonly killed: string
  readonly demos: string

  constructor() {
    const { root } = this.#tree
    const options = ['--noEmit', 'false', '--allowImportingTsExtensions', 'false', '--rootDir', '.']
    const more = ['--rewriteRelativeImportExtensions', '--ignoreConfig', '--noCheck']
    const target = ['--target', 'es2023', '--module', 'nodenext', '--types', 'node']
    const sources = ['tasks.ts', 'test/support/killedgraph.ts']
    execFileSync(
      `${repository}/node_modules/.bin/tsc`,
      [...options, ...more, ...target, '--outDir', root, ...sources],
      { cwd: repository, stdio: ['ignore', 'inherit', 'inherit'] },
    )
    // The one import whose name is put together, and so not rewritten.
    const chooser = 'tasks/chosenrooms.js'
    this.#tree.write(chooser, this.#tree.read(chooser).replaceAll('room.ts', 'room.js'))
    this.#tree.write(
      'killed.js',
      `import { main } from './tasks/engine/index.js'\n` +
        `import { killedTasks } from './test/support/killedgraph.js'\n` +
        `await main(killedTasks)\n`,
    )
    this.killed = `${root}/killed.js`
    this.demos = `${root}/tasks.js`
    process.once('exit', () => this.#tree[Symbol.dispose]())
  }
}

/** Runs a build to its end. @returns its exit status */
export async function runAll(script: string, tree: Tree): Promise<number | null> {
  const child = spawn(process.execPath, [script, '-C', tree.root, 'build', '-q'], {
    env: environment(),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [status] = (await once(child, 'exit')) as [number | null]
  return status
}

/**
 * Runs a build until so many events of a kind; then `act` is done, to the process with that id.
 * @param act returns false where it came too late
 */
export async function runUntil(
  script: string,
  tree: Tree,
  events: number,
  act: (pid: number) => boolean,
  kind = /./,
): Promise<{ readonly acted: boolean; readonly status: number | null }> {
  const child = spawn(process.execPath, [script, '-C', tree.root, 'build', '-k', '--json'], {
    env: environment(),
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  // What the killed run started holds no pipe of ours: its end is the end of the runner alone.
  const exit = once(child, 'exit')
  let seen = 0
  let acted = false
  for await (const line of createInterface({ input: child.stdout })) {
    if (!kind.test(line) || ++seen !== events || child.pid === undefined) continue
    acted = act(child.pid)
  }
  const [status] = (await exit) as [number | null]
  return { acted, status }
}

function environment(): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env
  // A result that was kept would take the place of what is to be killed.
  return { PATH, HOME, ACTION_CACHE_DIR: 'off' }
}

/** Keeps this processor busy, for a time that no clock's tick decides. */
export function busy(rounds: number): void {
  let sum = 0
  for (let at = 0; at < rounds * 10_000; at++) sum = Math.imul(sum ^ at, 31)
  if (sum === 1) throw new Error('never')
}

/** The mark in the environment of everything that the run which holds the lock has started. */
export function markOf(tree: Tree): string | undefined {
  try {
    const owner = JSON.parse(tree.read(`${BUILD}/.tasks/lock`)) as { id?: unknown }
    if (typeof owner.id !== 'string') return undefined
    const mark = lockMark(new Disk(tree.root), `${BUILD}/.tasks/lock`, owner.id)
    return `${LOCK_VARIABLE}=${mark}`
  } catch {
    return undefined
  }
}

/** Processes with this in their environment. */
export function marked(mark: string): number[] {
  return pids().filter((pid) => {
    try {
      return fs.readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark)
    } catch {
      return false
    }
  })
}

/** Processes that another one started, directly or not. */
export function startedBy(ancestor: number): number[] {
  const parents = new Map<number, number>()
  for (const pid of pids()) {
    try {
      const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
      parents.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // It has ended.
    }
  }
  const found = new Set([ancestor])
  for (const pid of found) {
    for (const [child, parent] of parents) if (parent === pid) found.add(child)
  }
  found.delete(ancestor)
  return [...found]
}

function pids(): number[] {
  return fs.readdirSync('/proc').map(Number).filter(Number.isInteger)
}
