// Keeps all that a build decided "nothing to do" by, for the next run to compare (recall.ts).
import * as fs from 'node:fs'
import { isErrno } from '../base/index.ts'
import type { Disk } from '../files/index.ts'
import { keyOf } from './key.ts'
import { recordModules } from './modules.ts'
import { COLUMNS, type MemoHead, memoPath, recall, SEPARATOR, versionOf } from './recall.ts'
import { RecordingDisk } from './recordingdisk.ts'

/** What decides besides settings: where tools are, how modules become a program, how a run looks. */
const VARIABLES = [
  ...['PATH', 'NODE_OPTIONS', 'NODE_PATH', 'TSX_TSCONFIG_PATH', 'V', 'MAKEFLAGS'],
  ...['TERM', 'NO_COLOR', 'FORCE_COLOR', 'GITHUB_ACTIONS', 'CI', 'BPF_TASKS_LOCK'],
]

/** A tick of a file system's clock is shorter, in milliseconds. */
const TICK = 25

/** So many runs of different options and arguments are remembered at once. */
const KEPT = 8

export interface MemoParts {
  readonly root: string
  /** Absolute path of the folder of the engine's own files. */
  readonly state: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The name of the file: see {@link keyOf}. */
  readonly key: string
  /** Records what the declarations follow from; returns why something else may have a say. */
  readonly recordModules: (disk: Disk) => Promise<string | undefined>
  /** How long ago the modules began to be read, in milliseconds. */
  readonly age: () => number
}

/** The parts for the run that this process is. */
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
  /** By the file system's clock: what changed since may not be what was looked at. */
  readonly began: number
}

export class Memo {
  readonly #parts: MemoParts
  #decision: Decision | undefined
  #plan: { readonly disk: RecordingDisk; readonly variables: Set<string> } | undefined
  /** Why nothing can be kept; undefined while nothing speaks against it. */
  because: string | undefined

  constructor(parts: MemoParts) {
    this.#parts = parts
  }

  /** Where a plan is to look, so that it is recorded. @param given settings as they are given */
  world(given: (name: string) => string | undefined): {
    readonly disk: Disk
    readonly setting: (name: string) => string | undefined
  } {
    const disk = new RecordingDisk(this.#parts.root)
    const variables = new Set(VARIABLES)
    this.#plan = { disk, variables }
    // Beside this file each build tells editors what it plans.
    disk.stat('compile_commands.json')
    const setting = (name: string): string | undefined => {
      variables.add(name)
      return given(name)
    }
    return { disk, setting }
  }

  /**
   * The plan found nothing to do.
   * @param hasVolatile was something asked that no state of files can vouch for?
   */
  decided(hasVolatile: boolean): void {
    if (this.#plan === undefined) return
    if (hasVolatile) this.because ??= 'something is asked in each build'
    const lock = fs.statSync(`${this.#parts.state}/lock`, { throwIfNoEntry: false })
    const log = versionOf(`${this.#parts.state}/log`)
    if (lock === undefined) this.because ??= 'there is no lock'
    this.#decision = { ...this.#plan, log, began: lock?.ctimeMs ?? 0 }
  }

  /** The log as it is when the build has ended, still under its lock. */
  logClosed(): void {
    if (this.#decision === undefined) return
    this.#decision = { ...this.#decision, log: versionOf(`${this.#parts.state}/log`) }
  }

  /** Does a memo of an earlier run say now that there is nothing to do? For the check alone. */
  claims(): boolean {
    const { state, key, environment } = this.#parts
    // The lock is ours: what matters is what was before.
    return recall(memoPath(state, key), state, environment, true) !== undefined
  }

  /**
   * Keeps the decision, when the run has said all that it has to say.
   * @returns why it is not kept
   */
  async keep(said: MemoHead['said']): Promise<string | undefined> {
    const decision = this.#decision
    if (decision === undefined) return 'there was something to do'
    if (this.because !== undefined) return this.because
    const { disk, began } = decision
    const young = firstSince(disk, began)
    if (young !== undefined) return `${young} changed since the build began`
    // tsx would read that file, and it may redirect imports.
    if (this.#parts.environment['TSX_TSCONFIG_PATH'] !== undefined)
      return 'TSX_TSCONFIG_PATH is set'
    const modules = new RecordingDisk(this.#parts.root)
    const impure = await this.#parts.recordModules(modules)
    if (impure !== undefined) return impure
    // Modules were read at any time since the process began.
    const edited = firstSince(modules, began - this.#parts.age() - TICK)
    if (edited !== undefined) return `${edited} changed since this run began`
    const unknowable = disk.unknowable ?? modules.unknowable
    if (unknowable !== undefined) return `nothing tells whether ${unknowable} changes`
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
      // A full disk costs a plan in the next run, and no more.
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

/** Whatever else has that name is not ours: a link is not followed. */
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
