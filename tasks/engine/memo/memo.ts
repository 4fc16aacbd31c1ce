// Stores everything that a decision "nothing to do" was based on. recall.ts compares it in the next run.
import * as fs from 'node:fs'
import { isErrno } from '../base/index.ts'
import type { Disk } from '../files/index.ts'
import { keyOf } from './key.ts'
import { recordModules } from './modules.ts'
import { COLUMNS, type MemoHead, memoPath, recall, SEPARATOR, versionOf } from './recall.ts'
import { RecordingDisk } from './recordingdisk.ts'

/** Variables that matter besides settings: where tools are, how modules load, how output looks. */
const VARIABLES = [
  ...['PATH', 'NODE_OPTIONS', 'NODE_PATH', 'TSX_TSCONFIG_PATH', 'V', 'MAKEFLAGS'],
  ...['TERM', 'NO_COLOR', 'FORCE_COLOR', 'GITHUB_ACTIONS', 'CI', 'BPF_TASKS_LOCK'],
]

/** Longer than a tick of a file system's clock, in milliseconds. */
const TICK = 25

/** How many memos are kept, each for other options and arguments. */
const KEPT = 8

export interface MemoParts {
  readonly root: string
  /** Absolute path of the directory that the engine keeps its own files in. */
  readonly state: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Name of the file: see {@link keyOf}. */
  readonly key: string
  /** Records the modules that declare the tasks; returns why they may depend on something else. */
  readonly recordModules: (disk: Disk) => Promise<string | undefined>
  /** How long ago the process began to read modules, in milliseconds. */
  readonly age: () => number
}

/** The parts for this process. */
export function memoPartsOf(
  run: NodeJS.Process,
  script: string,
  root: string,
  state: string,
  isDist: boolean,
): MemoParts {
  const more = (run.env['NODE_OPTIONS'] ?? '').split(/\s+/).filter((word) => word !== '')
  return {
    root,
    state,
    environment: run.env,
    key: keyOf(run),
    recordModules: (disk) => recordModules(script, [...run.execArgv, ...more], isDist, disk),
    age: () => performance.now(),
  }
}

/** A decision that may be kept. */
interface Decision {
  readonly disk: RecordingDisk
  readonly variables: ReadonlySet<string>
  readonly log: string
  /** When the build began, by the file system's clock: a file that changed since may have been read before. */
  readonly began: number
  /** How old the process was then, at most, in milliseconds. */
  readonly age: number
}

export class Memo {
  readonly #parts: MemoParts
  #decision: Decision | undefined
  #plan: (Pick<Decision, 'disk' | 'age'> & { readonly variables: Set<string> }) | undefined
  /** Why nothing can be kept; undefined as long as something can. */
  because: string | undefined

  constructor(parts: MemoParts) {
    this.#parts = parts
  }

  /** The disk and the settings that a plan must use, so that all it asks is recorded. @param given the settings */
  world(given: (name: string) => string | undefined): {
    readonly disk: Disk
    readonly setting: (name: string) => string | undefined
  } {
    const disk = new RecordingDisk(this.#parts.root)
    const variables = new Set(VARIABLES)
    this.#plan = { disk, variables, age: this.#parts.age() }
    // A build that finds this file keeps it up to date, so its presence matters.
    disk.stat('compile_commands.json')
    const setting = (name: string): string | undefined => {
      variables.add(name)
      return given(name)
    }
    return { disk, setting }
  }

  /**
   * Call this when the plan found nothing to do.
   * @param hasVolatile was an answer used that must be asked for in each build?
   */
  decided(hasVolatile: boolean): void {
    if (this.#plan === undefined) return
    if (hasVolatile) this.because ??= 'something is asked in each build'
    const lock = fs.statSync(`${this.#parts.state}/lock`, { throwIfNoEntry: false })
    const log = versionOf(`${this.#parts.state}/log`)
    if (lock === undefined) this.because ??= 'there is no lock'
    this.#decision = { ...this.#plan, log, began: lock?.ctimeMs ?? 0 }
  }

  /** Call this when the log is closed and the lock is still held. */
  logClosed(): void {
    if (this.#decision === undefined) return
    this.#decision = { ...this.#decision, log: versionOf(`${this.#parts.state}/log`) }
  }

  /** Does an earlier memo say that there is nothing to do? Only for BPF_TASKS_CHECK_MEMO. */
  claims(): boolean {
    const { state, key, environment } = this.#parts
    // The lock that exists is our own.
    return recall(memoPath(state, key), state, environment, true) !== undefined
  }

  /**
   * Writes the memo. Call this when the run has printed everything.
   * @returns why it was not written
   */
  async keep(said: MemoHead['said']): Promise<string | undefined> {
    const decision = this.#decision
    if (decision === undefined) return 'there was something to do'
    if (this.because !== undefined) return this.because
    const { disk, began, age } = decision
    const young = firstSince(disk, began)
    if (young !== undefined) return `${young} changed since the build began`
    // It names a file that tsx reads, and that may redirect imports.
    if (this.#parts.environment['TSX_TSCONFIG_PATH'] !== undefined)
      return 'TSX_TSCONFIG_PATH is set'
    const modules = new RecordingDisk(this.#parts.root)
    const impure = await this.#parts.recordModules(modules)
    if (impure !== undefined) return impure
    // Modules may have been read at any time since the process began.
    const edited = firstSince(modules, began - age - TICK)
    if (edited !== undefined) return `${edited} changed since this run began`
    const unknowable = disk.unknowable ?? modules.unknowable
    if (unknowable !== undefined) return `a change of ${unknowable} cannot be seen`
    if (decision.log === '') return 'there is no log'
    this.#write(decision, modules, said)
    return undefined
  }

  #write(decision: Decision, modules: RecordingDisk, said: MemoHead['said']): void {
    const { state, key, environment } = this.#parts
    const disks = [modules, decision.disk]
    const paths = disks.flatMap((disk) => disk.paths)
    const head: MemoHead = {
      variables: [...decision.variables].map((name) => [name, environment[name] ?? null]),
      links: disks.flatMap((disk) => [...disk.links]),
      contents: disks.flatMap((disk) => [...disk.contents]),
      log: decision.log,
      said,
      count: paths.length,
    }
    const columns = new Float64Array(paths.length * COLUMNS)
    let at = 0
    for (const column of ['changed', 'inodes', 'sizes'] as const) {
      for (const disk of disks) {
        columns.set(disk[column].values.subarray(0, disk[column].length), at)
        at += disk[column].length
      }
    }
    const text = Buffer.from([JSON.stringify(head), ...paths, ''].join(SEPARATOR))
    const path = memoPath(state, key)
    const half = `${path}.${process.pid}`
    try {
      makeFolder(`${state}/memo`)
      fs.writeFileSync(half, text, { flag: 'wx', mode: 0o644 })
      fs.appendFileSync(half, new Uint8Array(columns.buffer))
      fs.renameSync(half, path)
      removeOldest(`${state}/memo`)
    } catch (error) {
      // If the disk is full, the next run plans again. Nothing else is lost.
      if (!isErrno(error)) throw error
      fs.rmSync(half, { recursive: true, force: true })
    }
  }
}

/** The first path that changed at or after a moment. */
function firstSince({ paths, changed }: RecordingDisk, moment: number): string | undefined {
  const at = changed.values.subarray(0, changed.length).findIndex((time) => time >= moment)
  return at === -1 ? undefined : paths[at]
}

/** Replaces anything else of that name, a link too: it is not ours. */
function makeFolder(path: string): void {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false })
  if (stat?.isDirectory() === true) return
  if (stat !== undefined) fs.rmSync(path, { recursive: true, force: true })
  fs.mkdirSync(path)
}

function removeOldest(folder: string): void {
  const all = fs.readdirSync(folder).map((name) => {
    const path = `${folder}/${name}`
    return { path, time: fs.lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }
  })
  for (const { path } of all.sort((a, b) => b.time - a.time).slice(KEPT))
    fs.rmSync(path, { recursive: true, force: true })
}
