// Which folders were read to match patterns, and how they were then: what a remembered match holds for.
import { resolve } from 'node:path'
import { type Disk, type FolderReader, wrapped } from '../files/index.ts'

/** A change may not show in a file's time for as long as a tick of its file system, in milliseconds. */
const TICK = 25

/** A path with its time and size: what a remembered answer compares. */
export function stampText(path: string, disk: Disk): string {
  const stat = disk.stat(path)
  return stat === undefined ? `${path} missing` : `${path} ${stat.mtime} ${stat.size}`
}

/** The {@link stampText} of a folder; undefined where its time cannot tell yet that nothing comes or goes. */
export function seenFact(path: string, disk: Disk): string | undefined {
  const changed = disk.stat(path)?.changed ?? 0
  return Date.now() - changed < TICK ? undefined : stampText(path, disk)
}

export function stillAsSeen(fact: string, disk: Disk): boolean {
  const missing = / missing$/.exec(fact)
  const path = missing === null ? fact.replace(/ \S+ \S+$/, '') : fact.slice(0, missing.index)
  return fact === stampText(path, disk)
}

/** Reads folders for a library, and notes what was looked at. */
export class RecordingFolders {
  readonly #disk: Disk
  readonly #paths = new Set<string>()

  constructor(disk: Disk) {
    this.#disk = disk
  }

  get reader(): FolderReader {
    return wrapped(this.#disk.folders, (path) => this.#paths.add(resolve(this.#disk.root, path)))
  }

  /** Undefined where one of them changed so lately that a further change might not show. */
  facts(): readonly string[] | undefined {
    const facts = [...this.#paths].map((path) => seenFact(path, this.#disk))
    return facts.every((fact) => fact !== undefined) ? facts : undefined
  }
}
