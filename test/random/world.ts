// The tree that the property test edits: every change goes to the disk and to the model alike.
import * as fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Knobs, type PlainEdge, plainEdges } from './declare.ts'
import { type Spec, SYSTEM } from './graphs.ts'
import { Model, type ModelBuild } from './model.ts'

/** When the files of a new tree were last changed, in seconds: whole, so that it can be put back. */
const LONG_AGO = 1_600_000_000

let worlds = 0

/** Where files are in memory, if there is such a place. */
export function memoryFolder(): string {
  return fs.realpathSync(fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir())
}

export class World {
  readonly root: string
  readonly system: string
  readonly spec: Spec
  readonly model = new Model()
  readonly knobs: Knobs = { flags: new Map(), fields: new Map(), mode: undefined, launcher: 'none' }
  /** Every version that a path ever had. */
  readonly history = new Map<string, { readonly text: string; readonly time: number }[]>()
  /** The build during which edits are made. */
  build: ModelBuild | undefined
  #ago = LONG_AGO
  readonly #ticker: number

  constructor(spec: Spec) {
    this.spec = spec
    // Every other one lies where one has lain before: results of commands that name the folder are known there.
    const base = join(memoryFolder(), `bpf-tasks-random-${process.pid}-${worlds++ % 3}`)
    fs.rmSync(base, { recursive: true, force: true })
    fs.mkdirSync(base)
    this.root = `${base}/tree`
    this.system = `${base}/system`
    fs.mkdirSync(this.root)
    this.#ticker = fs.openSync(`${base}/tick`, 'w')
    for (const [path, text] of spec.files) {
      this.write(path, text, 'replace')
      if (path.startsWith('bin/')) fs.chmodSync(this.at(path), 0o755)
      this.setTime(path)
    }
  }

  [Symbol.dispose](): void {
    fs.closeSync(this.#ticker)
    fs.rmSync(dirname(this.root), { recursive: true, force: true })
  }

  at(path: string): string {
    return path.startsWith(SYSTEM)
      ? this.system + path.slice(SYSTEM.length)
      : `${this.root}/${path}`
  }

  edges(): PlainEdge[] {
    return plainEdges(this.spec, this.knobs, this.model.files)
  }

  text(path: string): string {
    return this.model.files.get(path)?.text ?? ''
  }

  /** Writes a file in its place, or puts a new one there; `again`: with one write just before. */
  write(path: string, text: string, how: 'place' | 'replace' | 'again', blurred = false): void {
    const at = this.at(path)
    fs.mkdirSync(dirname(at), { recursive: true })
    const mode = path.startsWith('bin/') ? 0o755 : 0o644
    if (how === 'again') fs.writeFileSync(at, text.replaceAll(/\w/g, 'x'))
    if (how === 'replace') {
      fs.writeFileSync(`${at}.tmp`, text, { mode })
      fs.renameSync(`${at}.tmp`, at)
    } else fs.writeFileSync(at, text, { mode })
    this.#changed(path, text, blurred)
  }

  /** Gives a file a modification time in seconds; without one, a time long ago that no file has. */
  setTime(path: string, seconds: number = this.#ago--): void {
    fs.utimesSync(this.at(path), seconds, seconds)
    this.#changed(path, this.text(path), false)
  }

  remove(path: string): void {
    fs.rmSync(this.at(path), { force: true })
    this.model.files.delete(path)
    this.build?.edited(path)
  }

  /** Moves a file, with its time, over another or to a new name. */
  rename(from: string, to: string): void {
    const text = this.text(from)
    fs.mkdirSync(dirname(this.at(to)), { recursive: true })
    fs.renameSync(this.at(from), this.at(to))
    this.model.files.delete(from)
    this.build?.edited(from)
    this.#changed(to, text, false)
  }

  /** Waits until the clock of the file system has moved on, by looking at it. */
  tick(): void {
    const read = (): number => {
      fs.fchmodSync(this.#ticker, 0o600)
      return fs.fstatSync(this.#ticker).ctimeMs
    }
    const first = read()
    while (read() <= first);
  }

  #changed(path: string, text: string, blurred: boolean): void {
    const time = fs.statSync(this.at(path)).mtimeMs
    this.model.put(path, text, time, blurred)
    this.build?.edited(path)
    const versions = this.history.get(path)
    if (versions === undefined) this.history.set(path, [{ text, time }])
    else versions.push({ text, time })
  }
}

const natural = { statSync: fs.statSync, lstatSync: fs.lstatSync, fstatSync: fs.fstatSync }

/**
 * Lets every file time be a multiple of `milliseconds`, as on a kernel whose clock ticks that slowly
 * (10 at CONFIG_HZ=100; many file systems before Linux 6.13). 0: as this machine has it.
 */
export function setGrain(milliseconds: number): void {
  const coarse = (stat: fs.Stats | undefined): fs.Stats | undefined => {
    if (stat === undefined || typeof stat.mtimeMs === 'bigint') return stat
    for (const time of ['mtimeMs', 'ctimeMs'] as const) {
      stat[time] = Math.floor(stat[time] / milliseconds) * milliseconds
    }
    return stat
  }
  const { statSync, lstatSync, fstatSync } = natural
  const patched =
    milliseconds === 0
      ? natural
      : {
          statSync: (path: fs.PathLike, options?: fs.StatSyncOptions) =>
            coarse(statSync(path, options) as fs.Stats | undefined),
          lstatSync: (path: fs.PathLike, options?: fs.StatSyncOptions) =>
            coarse(lstatSync(path, options) as fs.Stats | undefined),
          fstatSync: (fd: number) => coarse(fstatSync(fd)),
        }
  Object.assign(process.getBuiltinModule('node:fs'), patched)
  syncBuiltinESMExports()
}
