// Which sealed files are as this user left them: of those no seal need be verified, for which Node
// would load its cryptography, a fifth of what a null build takes.
import { type Version, versionOf } from '../files/disk.ts'
import type { PrivateFolder } from './privatefolder.ts'

/** Name of the file in the user's private folder: a line for each, the newest first. */
const NAME = 'written'

/** So many are remembered: two for each tree in which somebody works. */
const MOST = 128

/** Bytes; no such file is larger. */
const LARGEST = 1 << 15

export class Written {
  readonly #folders: readonly PrivateFolder[]

  /** @param folders where users keep that; the last one is our own */
  constructor(folders: readonly PrivateFolder[]) {
    this.#folders = folders
  }

  has(form: string, version: Version): boolean {
    const line = lineOf(form, version)
    return this.#folders.some((folder) => lines(folder).includes(line))
  }

  add(form: string, version: Version): void {
    const line = lineOf(form, version)
    const own = this.#folders.find((folder) => folder.isSafe)
    if (own === undefined) return
    const others = lines(own).filter((other) => other !== line)
    own.write(NAME, `${[line, ...others].slice(0, MOST).join('\n')}\n`)
  }
}

function lines(folder: PrivateFolder): readonly string[] {
  return folder.read(NAME, LARGEST)?.toString().split('\n').slice(0, -1) ?? []
}

function lineOf(form: string, version: Version): string {
  return `${form}: ${versionOf(version)}`
}
