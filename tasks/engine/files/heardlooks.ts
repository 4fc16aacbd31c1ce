// What was seen of files after the last build under --watch, while nothing is heard of them: a build
// need not look at those again before its commands start, only after them.

import type { Ahead } from '../decide/files.ts'
import type { Disk, FileStat } from './disk.ts'

export class HeardLooks implements Ahead {
  /** Undefined for what is to be looked at again. */
  readonly #seen = new Map<string, FileStat | null | undefined>()

  /** Looks at a file, and keeps what it sees. */
  look(path: string, disk: Disk): FileStat | undefined {
    const stat = disk.stat(path)
    this.#seen.set(path, stat ?? null)
    return stat
  }

  /** Something was heard of a path. Of what is in or below a folder nothing is known then either. */
  forget(path: string): void {
    if (this.#seen.has(path)) this.#seen.set(path, undefined)
    else this.#seen.clear()
  }

  /** See {@link Ahead}. */
  take(_number: number, path: string): FileStat | null | undefined {
    return this.#seen.get(path)
  }
}
