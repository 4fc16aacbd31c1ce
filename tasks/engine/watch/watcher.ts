// Changes of files as the system tells of them, folder by folder. Alone imports the system's watch.
//
// Folders are watched, not files: a file that an editor replaces, or git removes and makes again,
// is another file under the same name, and a watch on the first one would be deaf from then on.
import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { isErrno, UserError } from '../base/index.ts'
import type { Disk } from '../files/index.ts'

/** What to hear of: names in folders, or all that happens in a folder. */
export interface Wish {
  readonly files: Iterable<string>
  readonly folders: Iterable<string>
}

/** Whoever hears of changes: from the system, or by looking. */
export interface Watching {
  readonly folderCount: number
  /** Hears of these from now on, and of nothing else. Returns folders that were not watched before. */
  set(wish: Wish): string[]
  /** Reports all that has changed by now. */
  settle(): void | Promise<void>
  close(): void
}

interface Watched {
  readonly watcher: FSWatcher
  /** As {@link Disk.identity} gives it: a folder that was made again is another one. */
  readonly identity: string
  names: ReadonlySet<string>
  whole: boolean
}

export class Watcher implements Watching {
  readonly #disk: Disk
  readonly #onChange: (path: string) => void
  readonly #onFailure: (error: unknown) => void
  readonly #folders = new Map<string, Watched>()
  /** Where a path really is, links followed; looked up once. */
  readonly #real = new Map<string, string>()

  /** @param onChange called with the path as it was wished for, or below a folder as it is named */
  constructor(disk: Disk, onChange: (path: string) => void, onFailure: (error: unknown) => void) {
    this.#disk = disk
    this.#onChange = onChange
    this.#onFailure = onFailure
  }

  get folderCount(): number {
    return this.#folders.size
  }

  /**
   * Hears of these from now on, and of nothing else. Returns folders that were not watched before.
   * @throws UserError where the system refuses
   */
  set(wish: Wish): string[] {
    const names = new Map<string, Set<string>>()
    const whole = new Set<string>()
    const add = (path: string): void => {
      const folder = dirname(path)
      const known = names.get(folder)
      if (known !== undefined) {
        known.add(basename(path))
        return
      }
      names.set(folder, new Set([basename(path)]))
      // The folder itself may go and come back, or not be there yet: then its parent tells.
      if (folder !== '.' && folder !== '/' && !this.#isSystem(folder)) add(folder)
    }
    for (const path of wish.files) {
      add(path)
      const real = this.#realPath(path)
      if (real !== path) add(real)
    }
    for (const folder of wish.folders) {
      whole.add(folder)
      if (folder !== '.') add(folder)
    }
    const wanted = new Set([...names.keys(), ...whole])
    for (const folder of [...this.#folders.keys()]) {
      if (!wanted.has(folder) || this.#folders.get(folder)?.identity !== this.#identity(folder)) {
        this.#forget(folder)
      }
    }
    const started: string[] = []
    for (const folder of wanted) {
      const known = this.#folders.get(folder)
      const watched = known ?? this.#start(folder)
      if (watched === undefined) continue
      if (known === undefined) started.push(folder)
      watched.names = names.get(folder) ?? new Set()
      watched.whole = whole.has(folder)
    }
    return started
  }

  /** Is it a path of a wish in which no link is followed? */
  isPlain(path: string): boolean {
    return this.#real.get(path) === path
  }

  /** What the system has reported arrives in the next turn of the event loop. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
  }

  close(): void {
    for (const folder of [...this.#folders.keys()]) this.#forget(folder)
  }

  #start(folder: string): Watched | undefined {
    const identity = this.#identity(folder)
    if (identity === undefined) return undefined
    try {
      const watcher = watch(this.#disk.at(folder), (_kind, name) => this.#heard(folder, name))
      watcher.on('error', (error) => {
        this.#forget(folder)
        // A folder that is removed may say so as an error; its parent tells when it is back.
        if (!isErrno(error, 'ENOENT', 'EPERM')) this.#onFailure(watchFailure(folder, error))
      })
      const watched = { watcher, identity, names: new Set<string>(), whole: false }
      this.#folders.set(folder, watched)
      return watched
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
      throw watchFailure(folder, error)
    }
  }

  #heard(folder: string, name: string | null): void {
    const watched = this.#folders.get(folder)
    if (watched === undefined) return
    if (name !== null && !watched.whole && !watched.names.has(name)) return
    const path = name === null || folder === '.' ? (name ?? folder) : `${folder}/${name}`
    // It may be a link by now, or be none any more.
    if (this.#folders.has(path)) this.#real.clear()
    else this.#real.delete(path)
    this.#onChange(path)
  }

  #forget(folder: string): void {
    this.#folders.get(folder)?.watcher.close()
    this.#folders.delete(folder)
  }

  #identity(folder: string): string | undefined {
    const stat = this.#disk.stat(folder)
    return stat?.type === 'folder' ? this.#disk.identity(folder) : undefined
  }

  /** Folders outside of the tree come and go with packages, not within an editing session. */
  #isSystem(folder: string): boolean {
    return folder.startsWith('/') && !folder.startsWith(`${this.#disk.root}/`)
  }

  #realPath(path: string): string {
    const known = this.#real.get(path)
    if (known !== undefined) return known
    let real = this.#disk.realPath(path) ?? path
    if (real.startsWith(`${this.#disk.root}/`)) real = real.slice(this.#disk.root.length + 1)
    this.#real.set(path, real)
    return real
  }
}

/** Why the system does not watch, and what mends it (inotify(7)). */
function watchFailure(folder: string, error: unknown): unknown {
  if (!isErrno(error)) return error
  const limits: Record<string, readonly [what: string, name: string, value: number]> = {
    ENOSPC: ['all inotify watches of this user are in use', 'max_user_watches', 524_288],
    EMFILE: ['all inotify instances of this user are in use', 'max_user_instances', 512],
  }
  const limit = limits[error.code ?? '']
  if (limit === undefined) {
    return new UserError({ what: `cannot watch ${folder}: ${error.message}` })
  }
  const [what, name, value] = limit
  return new UserError({
    what: `cannot watch ${folder}: ${what}`,
    facts: [['limit', `/proc/sys/fs/inotify/${name}`]],
    hint: `raise it: sudo sysctl fs.inotify.${name}=${value}\nor look at files instead: -w --poll`,
  })
}
