// What has changed since the last build, and what of it that build itself has brought about. Watches
// nothing and builds nothing.
//
// A command may change its own input, and a failing build may write a log beside the sources: each
// build would be the cause of another, for ever.
import type { Disk } from '../files/index.ts'

/** So many builds in a row may follow from a file whose content differs after each of them. */
const MOST = 3

/** A change that came with a build, and started another one. */
interface Echo {
  /** Builds in a row. */
  readonly rounds: number
  /** Content of the file after the last of them; of a folder, which one it is and when it changed. */
  readonly digest: string | undefined
  readonly isHeld: boolean
  /** Has it changed since the last build began? */
  readonly isRecent: boolean
}

export class Causes {
  readonly #disk: Disk
  /** By path: did it come with a build, and only then? */
  readonly #heard = new Map<string, boolean>()
  #echoes = new Map<string, Echo>()

  constructor(disk: Disk) {
    this.#disk = disk
  }

  get isEmpty(): boolean {
    return this.#heard.size === 0
  }

  /** @param withBuild it came while a build ran, or right after it */
  add(path: string, withBuild: boolean): void {
    this.#heard.set(path, withBuild && this.#heard.get(path) !== false)
  }

  /**
   * What to build for: nothing where builds have caused all of it again and again.
   * @returns `held`: what was left out for that reason, each path when it first is
   */
  take(): { readonly changed: string[]; readonly held: string[] } {
    const changed: string[] = []
    const held: string[] = []
    const echoes = new Map<string, Echo>()
    for (const [path, withBuild] of this.#heard) {
      const echo = withBuild ? this.#echo(path) : undefined
      if (echo === undefined) changed.push(path)
      else {
        echoes.set(path, echo)
        if (!echo.isHeld) changed.push(path)
        else if (this.#echoes.get(path)?.isHeld !== true) held.push(path)
      }
    }
    this.#heard.clear()
    for (const [path, echo] of this.#echoes) {
      if (echoes.has(path)) continue
      // Without a build all stays as it was; with one, what does not come with it has stopped.
      if (changed.length === 0) echoes.set(path, echo)
      else if (echo.isHeld && echo.isRecent) echoes.set(path, { ...echo, isRecent: false })
    }
    this.#echoes = echoes
    return { changed, held }
  }

  #echo(path: string): Echo {
    const before = this.#echoes.get(path)
    const stat = this.#disk.stat(path)
    const digest =
      stat?.type === 'file'
        ? this.#disk.digest(path)
        : stat && `${this.#disk.identity(path)} ${stat.mtime}`
    const rounds = (before?.rounds ?? 0) + 1
    const isHeld = before !== undefined && (before.digest === digest || rounds > MOST)
    return { rounds, digest, isHeld, isRecent: true }
  }
}
