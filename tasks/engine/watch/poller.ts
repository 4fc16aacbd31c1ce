// Changes of files as one sees them by looking again and again: for folders of which the system reports no change,
// such as those that a virtual machine shares with its host.
import { dirname } from 'node:path'
import { UserError } from '../base/index.ts'
import type { Disk } from '../files/index.ts'
import type { Watching, Wish } from './watcher.ts'

/** Looking takes at most this part of the time, however many files there are. */
const MOST_LOAD = 0.1

/** A file that is not there. */
const ABSENT = ''

export class Poller implements Watching {
  readonly #disk: Disk
  readonly #interval: number
  readonly #onChange: (path: string) => void
  #files: ReadonlySet<string> = new Set()
  #folders: ReadonlySet<string> = new Set()
  /** How each path was when it was last looked at: the files, and all that lies in the folders. */
  #seen: ReadonlyMap<string, string> = new Map()
  #timer: NodeJS.Timeout | undefined

  /** @param interval in milliseconds @param onChange called with the path as it was wished for */
  constructor(disk: Disk, interval: number, onChange: (path: string) => void) {
    this.#disk = disk
    this.#interval = interval
    this.#onChange = onChange
  }

  get folderCount(): number {
    return new Set([...this.#folders, ...[...this.#files].map(dirname)]).size
  }

  set({ files, folders }: Wish): string[] {
    this.settle()
    const started = [...folders].filter((folder) => !this.#folders.has(folder))
    this.#files = new Set(files)
    this.#folders = new Set(folders)
    const before = this.#seen
    this.#seen = new Map([...this.#look()].map(([path, now]) => [path, before.get(path) ?? now]))
    if (this.#timer === undefined) this.#wait(this.#interval)
    return started
  }

  settle(): void {
    const before = this.#seen
    this.#seen = this.#look()
    for (const path of new Set([...before.keys(), ...this.#seen.keys()]))
      if (before.get(path) !== this.#seen.get(path)) this.#onChange(path)
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      const began = performance.now()
      this.settle()
      this.#wait(Math.max(this.#interval, (performance.now() - began) / MOST_LOAD))
    }, ms)
  }

  #look(): Map<string, string> {
    const seen = new Map<string, string>()
    for (const path of this.#files) seen.set(path, this.#facts(path))
    for (const folder of this.#folders) {
      for (const name of this.#disk.list(folder)) {
        const path = folder === '.' ? name : `${folder}/${name}`
        if (!seen.has(path)) seen.set(path, this.#facts(path))
      }
    }
    return seen
  }

  /** Without the inode: some shared folders give a file another one in each look. */
  #facts(path: string): string {
    const stat = this.#disk.stat(path)
    if (stat === undefined) return ABSENT
    const { type, size, mtime, changed } = stat
    return `${type} ${size} ${mtime} ${changed}`
  }
}

/**
 * How often to look at files, in milliseconds; undefined: not at all, the system reports changes.
 * @param option the value of `--poll`, in seconds
 * @param setting that of WATCH_POLL
 * @throws UserError where it is not a time
 */
export function pollInterval(
  option: string | undefined,
  setting: string | undefined,
): number | undefined {
  const [name, text] = option === undefined ? ['WATCH_POLL', setting ?? ''] : ['--poll', option]
  if (text === '') return undefined
  const seconds = Number(text)
  if (seconds >= 0.01 && seconds <= 60) return seconds * 1000
  throw new UserError({
    what: `${name} is not a number of seconds between 0.01 and 60: ${text}`,
    hint: `for example ${name}=0.5`,
    status: 2,
  })
}
