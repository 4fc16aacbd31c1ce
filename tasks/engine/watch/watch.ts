// Build, wait for a change, build again. Knows when; how to build and what to watch is handed in.
import { basename, dirname, resolve } from 'node:path'
import { inTree, isWithin } from '../base/index.ts'
import type { Disk } from '../files/index.ts'
import { Causes } from './causes.ts'
import { Poller } from './poller.ts'
import { Watcher, type Watching } from './watcher.ts'
import { changedSince, treeFolders, type WatchList } from './watchlist.ts'

export interface WatchParts {
  readonly disk: Disk
  /** Folder of what is generated: changes there are our own. */
  readonly out: string
  /** Absolute paths of the files that the declarations are made of. */
  readonly scripts: readonly string[]
  readonly signal: AbortSignal
  /** How often to look at files, in milliseconds; undefined: the system reports what changes. */
  readonly poll: number | undefined
  /**
   * Builds, and starts what is to run after. Returns what to watch, undefined where it could not
   * be told what the build reads.
   * @param changed why, empty the first time
   * @param changedAt when the first of those changed, on the clock of performance.now()
   */
  readonly build: (changed: readonly string[], changedAt: number) => Promise<WatchList | undefined>
  /** Told when there is nothing to do but wait, with how much is watched. */
  readonly onWait: (files: number, folders: number) => void
  /** Told which files builds change themselves, so that they start no other build. */
  readonly onHeld: (paths: readonly string[]) => void
  /** Called when the declarations changed. True: they hold, and this process is to be replaced. */
  readonly mayReload: () => Promise<boolean>
}

/** So long nothing may change before a build begins, in milliseconds: one save is several events. */
const QUIET = 5

/** What no build has read and changes so soon after one, in milliseconds, comes with it. */
const AFTER = 100

/** How long git may take over a checkout before we build all the same, in milliseconds. */
const GIT_PATIENCE = 10_000

/** Names that editors use for files of their own: swap, backup, lock, and vim's probe 4913. */
const EDITORS_OWN = /^\.#|^#.*#$|~$|\.sw[a-z]$|^4913$|^\.~lock/

export class Watch {
  readonly #parts: WatchParts
  readonly #watcher: Watching
  /** See {@link AFTER}; what is only seen by looking is seen later. */
  readonly #after: number
  readonly #scripts: readonly string[]
  readonly #gitLock: string | undefined
  readonly #causes: Causes
  /** Standard output and error, where they are files. */
  readonly #ownFiles: ReadonlySet<string>
  /** Until when a change comes with a build, on the clock of performance.now(). */
  #busyUntil = 0
  #firstAt = 0
  #lastAt = 0
  #list: WatchList | undefined
  #failure: unknown
  #isAsked = false
  #isStopped = false
  #wake: () => void = () => {}

  constructor(parts: WatchParts) {
    this.#parts = parts
    this.#scripts = parts.scripts.map((path) => inTree(path, parts.disk.root))
    this.#gitLock = gitLock(parts.disk)
    this.#causes = new Causes(parts.disk)
    this.#ownFiles = new Set([1, 2].flatMap((fd) => parts.disk.identityOfOpen(fd) ?? []))
    this.#after = AFTER + (parts.poll ?? 0)
    const onChange = (path: string): void => this.#heard(path)
    this.#watcher =
      parts.poll !== undefined
        ? new Poller(parts.disk, parts.poll, onChange)
        : new Watcher(parts.disk, onChange, (error) => {
            this.#failure ??= error
            this.#wake()
          })
    parts.signal.addEventListener('abort', () => this.#wake())
  }

  /** Builds now, whether anything changed or not. */
  again(): void {
    this.#isAsked = true
    this.#wake()
  }

  /** Ends {@link run} after the build at hand. */
  stop(): void {
    this.#isStopped = true
    this.#wake()
  }

  /**
   * Goes on until it is aborted, or until the declarations changed and this process is to be
   * replaced. @throws UserError where the system does not watch
   */
  async run(): Promise<'ended' | 'reload'> {
    const { signal, build, mayReload } = this.#parts
    try {
      // Before the first build too, so that what is edited during it is heard of.
      this.#watch()
      let changed: readonly string[] = []
      while (!signal.aborted && !this.#isStopped) {
        if (changed.some((path) => this.#scripts.includes(path)) && (await mayReload())) {
          return 'reload'
        }
        this.#busyUntil = Number.POSITIVE_INFINITY
        const list = await build(changed, this.#firstAt)
        this.#list = list ?? this.#list
        const started = this.#watch()
        // What changed while it was not watched yet. Where the build could not even be planned, that
        // is not known: something in a folder that is new to us.
        const missed = list === undefined ? started : changedSince(list, this.#parts.disk)
        for (const path of missed) this.#note(path)
        // Changes that the system has reported by now count as caused by this build.
        await this.#watcher.settle()
        this.#busyUntil = performance.now()
        changed = await this.#nextChanges()
      }
      return 'ended'
    } finally {
      this.#watcher.close()
    }
  }

  /** Files that are there; those whose appearing would matter are not counted. */
  #fileCount(): number {
    const seen = [...(this.#list?.files.values() ?? [])].filter((facts) => facts !== undefined)
    return seen.length + this.#scripts.length
  }

  #watch(): string[] {
    const { disk, out } = this.#parts
    const list = this.#list
    const files = [...this.#scripts, ...(list?.files.keys() ?? []), ...(list?.outputs ?? [])]
    if (this.#gitLock !== undefined) files.push(this.#gitLock)
    // Without a list nothing is known but the tree.
    const folders =
      list === undefined ? treeFolders('.', disk, out) : [...list.folders, ...list.names.keys()]
    return this.#watcher.set({ files, folders })
  }

  #heard(path: string): void {
    if (path === this.#gitLock) this.#wake()
    else if (this.#matters(path)) this.#note(path)
  }

  #matters(path: string): boolean {
    const { disk, out } = this.#parts
    const { files, names, folders, outputs } = this.#list ?? NOTHING
    const isBuilding = this.#busyUntil === Number.POSITIVE_INFINITY
    if (isWithin(path, out)) return !isBuilding && outputs.has(path) && !disk.exists(path)
    if (files.has(path)) return true
    if (EDITORS_OWN.test(path.slice(path.lastIndexOf('/') + 1))) return false
    const identity = disk.identity(path)
    if (identity !== undefined && this.#ownFiles.has(identity)) return false
    const listed = folders.has(dirname(path)) ? undefined : names.get(dirname(path))
    // In a folder that a pattern looks into, no more than the names matter.
    return listed === undefined || listed.has(basename(path)) !== (identity !== undefined)
  }

  #note(path: string): void {
    const now = performance.now()
    this.#lastAt = now
    if (this.#causes.isEmpty) this.#firstAt = now
    // A log of what a build says may be written after it; an input is changed by the build itself.
    const after = this.#list?.files.has(path) === true ? 0 : this.#after
    this.#causes.add(path, now < this.#busyUntil + after)
    this.#wake()
  }

  /** Waits until something changed and no more changes are coming. Empty when it is asked for or ended. */
  async #nextChanges(): Promise<readonly string[]> {
    const { signal, onWait, onHeld } = this.#parts
    let isSaid = false
    while (!signal.aborted && !this.#isStopped) {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#isAsked) {
        this.#isAsked = false
        return []
      }
      if (this.#causes.isEmpty) {
        if (!isSaid) onWait(this.#fileCount(), this.#watcher.folderCount)
        isSaid = true
        await this.#woken()
        continue
      }
      const now = performance.now()
      const git = this.#gitLock !== undefined && this.#parts.disk.exists(this.#gitLock)
      // While git writes files it holds this lock; when that goes we are woken.
      const left = git ? this.#firstAt + GIT_PATIENCE - now : this.#lastAt + QUIET - now
      if (left > 0) {
        await this.#woken(left)
        continue
      }
      const { changed, held } = this.#causes.take()
      if (held.length > 0) onHeld(held)
      if (changed.length > 0) return changed
    }
    return []
  }

  #woken(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** What is known before the first build was planned. */
const NOTHING: WatchList = {
  files: new Map(),
  folders: new Set(),
  names: new Map(),
  outputs: new Set(),
}

/** The file that git holds while it changes the working tree, where there is a repository. */
function gitLock(disk: Disk): string | undefined {
  for (let folder = disk.root; ; folder = dirname(folder)) {
    const at = resolve(folder, '.git')
    if (disk.isFolder(at)) return inTree(`${at}/index.lock`, disk.root)
    const link = disk.exists(at) ? /^gitdir: (.+)$/m.exec(String(disk.read(at)))?.[1] : undefined
    if (link !== undefined) return inTree(resolve(folder, link, 'index.lock'), disk.root)
    if (folder === '/') return undefined
  }
}
