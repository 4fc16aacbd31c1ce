// Results in a folder of the user's, for all trees on this machine. Several builds may use it at once: each file
// is put in place whole, and a blob that is damaged counts as missing.
import { randomUUID } from 'node:crypto'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { isErrno, unlessErrno } from '../base/index.ts'
import { StoreFault } from './actionresult.ts'
import { sha256, type ToolMemory } from './contents.ts'
import type { Kind, Store } from './store.ts'

/** Files lie in as many folders, by the first two digits of their names. */
const SHARDS = 256

/** What is left of a folder that had become too large. */
const KEPT_SHARE = 0.8

/** A temporary file this old was left by a process that was killed, in milliseconds. */
const LEFT_BEHIND = 3_600_000

const TEMPORARY = '.new-'

export class FolderStore implements Store, ToolMemory {
  readonly name = 'folder'
  readonly reads: boolean
  readonly #folder: string
  readonly #most: number
  readonly #written = new Set<string>()
  /** Why nothing more is written. */
  #failure: string | undefined

  /**
   * @param most bytes that it may hold
   * @throws StoreFault where the folder cannot be used
   */
  constructor(folder: string, most: number, reads: boolean) {
    this.#folder = folder
    this.#most = most
    this.reads = reads
    try {
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
      const { uid, mode } = fs.statSync(folder)
      if (uid !== process.getuid?.()) throw new StoreFault('belongs to another user')
      if ((mode & 0o022) !== 0) throw new StoreFault('can be written by other users')
    } catch (error) {
      throw isErrno(error) ? new StoreFault(`cannot be used: ${error.code}`) : error
    }
  }

  get writes(): boolean {
    return this.#failure === undefined
  }

  async get(kind: Kind, key: string): Promise<Buffer | undefined> {
    const path = this.#place(kind, key)
    const bytes = readOrNothing(path)
    if (bytes === undefined) return undefined
    if (kind === 'cas' && sha256(bytes) !== key) {
      unlessErrno(() => fs.rmSync(path, { force: true }))
      return undefined
    }
    // What was used last is kept longest.
    unlessErrno(() => fs.utimesSync(path, new Date(), new Date()))
    return bytes
  }

  async put(kind: Kind, key: string, bytes: Buffer): Promise<void> {
    if (!this.writes) return
    const path = this.#place(kind, key)
    if (kind === 'cas' && sizeOfFile(path) === bytes.length) return
    this.#write(path, bytes)
    this.#written.add(key.slice(0, 2))
  }

  async later(_bytes: number, work: () => Promise<void>): Promise<void> {
    await work()
  }

  /** What is damaged is missing: the next result takes its place. */
  fault(): void {}

  recall(path: string): string | undefined {
    return readOrNothing(this.#tool(path))?.toString('utf8')
  }

  remember(path: string, text: string): void {
    if (this.writes) this.#write(this.#tool(path), Buffer.from(text))
  }

  /** Builds that end at once may lose a count: it is only shown. */
  count({ hits, misses }: Stats): void {
    if (hits + misses === 0 || !this.writes) return
    const before = statsOf(this.#folder)
    const text = `${before.hits + hits} ${before.misses + misses}`
    this.#write(join(this.#folder, 'stats'), Buffer.from(text))
  }

  async close(): Promise<readonly string[]> {
    for (const shard of this.#written) unlessErrno(() => this.#makeRoom(shard))
    if (this.#written.size > 0) {
      // These two are small: listing them removes what was left half-written.
      for (const path of [join(this.#folder, 'tools'), this.#folder])
        unlessErrno(() => entriesOf(path))
    }
    if (this.#failure === undefined) return []
    return [`results are not kept in ${this.#folder}: ${this.#failure}`]
  }

  #place(kind: Kind, key: string): string {
    return join(this.#folder, kind, key.slice(0, 2), key)
  }

  #tool(path: string): string {
    return join(this.#folder, 'tools', sha256(path))
  }

  /** A failure ends writing for this build, never the build. */
  #write(path: string, bytes: Buffer): void {
    const folder = join(path, '..')
    const fresh = join(folder, `${TEMPORARY}${randomUUID()}`)
    const write = (): true => {
      fs.writeFileSync(fresh, bytes, { mode: 0o600 })
      return true
    }
    try {
      // Nearly always the folder is there.
      if (!unlessErrno(write)) {
        fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
        write()
      }
      fs.renameSync(fresh, path)
    } catch (error) {
      if (!isErrno(error)) throw error
      unlessErrno(() => fs.rmSync(fresh, { force: true }))
      this.#failure ??= error.code ?? error.message
    }
  }

  /**
   * Each folder may hold its share of the whole: so no build has to look at all of them. Of files that are larger
   * than that, one is kept besides.
   */
  #makeRoom(shard: string): void {
    const share = this.#most / SHARDS
    const all = (['ac', 'cas'] as const)
      .flatMap((kind) => entriesOf(join(this.#folder, kind, shard)))
      .sort((a, b) => b.used - a.used)
    const large = all.find(({ size }) => size > share)
    const files = all.filter((file) => file !== large)
    let total = files.reduce((sum, { size }) => sum + size, 0)
    if (total <= share) return
    while (total > share * KEPT_SHARE) {
      const oldest = files.pop()
      if (oldest === undefined) return
      fs.rmSync(oldest.path, { force: true })
      total -= oldest.size
    }
  }
}

export interface Entry {
  readonly path: string
  readonly size: number
  /** When it was used last, in milliseconds since 1970. */
  readonly used: number
}

/** All files of one of the folders; what was left half-written long ago is removed. */
export function entriesOf(folder: string): Entry[] {
  if (!fs.existsSync(folder)) return []
  return fs.readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    const stat = fs.statSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return []
    if (name.startsWith(TEMPORARY)) {
      if (Date.now() - stat.mtimeMs > LEFT_BEHIND) fs.rmSync(path, { force: true })
      return []
    }
    return [{ path, size: stat.size, used: stat.mtimeMs }]
  })
}

/** How often a command found its result, over all builds that used the folder. */
export interface Stats {
  readonly hits: number
  readonly misses: number
}

export function statsOf(folder: string): Stats {
  const text = readOrNothing(join(folder, 'stats'))?.toString('utf8') ?? ''
  const [hits = 0, misses = 0] = /^\d+ \d+$/.test(text) ? text.split(' ').map(Number) : []
  return { hits, misses }
}

function sizeOfFile(path: string): number | undefined {
  return unlessErrno(() => fs.statSync(path))?.size
}

function readOrNothing(path: string): Buffer | undefined {
  return unlessErrno(() => fs.readFileSync(path))
}
