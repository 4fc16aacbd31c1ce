// A folder below a user's home for what nobody else may write or read. Makes no folder.
import * as fs from 'node:fs'
import { isErrno } from '../base/failure.ts'
import type { Disk } from '../files/disk.ts'

/** Below which folder the programs of a user keep what is theirs. */
export interface StateHome {
  readonly folder: string
  /** User id; undefined: this system has none. */
  readonly owner: number | undefined
}

export class PrivateFolder {
  readonly path: string
  readonly #home: StateHome
  readonly #disk: Disk

  constructor(disk: Disk, home: StateHome) {
    this.path = `${home.folder}/bpf-tasks`
    this.#home = home
    this.#disk = disk
  }

  /** A folder itself, no link to one, in which nobody else can put anything. */
  get isSafe(): boolean {
    const stat = this.#disk.lstat(this.path)
    return stat?.isDirectory() === true && this.#isPrivate(stat, 0o022)
  }

  /** What a file says that is plain, its user's, and closed to others; links are not followed. */
  read(name: string, most: number): Buffer | undefined {
    const found = this.isSafe ? readPlain(`${this.path}/${name}`, most) : undefined
    return found !== undefined && this.#isPrivate(found.stat, 0o077) ? found.bytes : undefined
  }

  /** Puts a file in the place of another, where that can be. */
  write(name: string, text: string): void {
    if (!this.isSafe) return
    const half = `${this.path}/${name}.${process.pid}`
    try {
      fs.rmSync(half, { force: true })
      fs.writeFileSync(half, text, { mode: 0o600, flag: 'wx' })
      // Root, for a user who asked by sudo: it stays that user's.
      if (this.#home.owner !== undefined) fs.chownSync(half, this.#home.owner, -1)
      fs.renameSync(half, `${this.path}/${name}`)
    } catch (error) {
      if (!isErrno(error)) throw error
      fs.rmSync(half, { force: true })
    }
  }

  #isPrivate({ uid, mode }: fs.Stats, others: number): boolean {
    const { owner } = this.#home
    return (owner === undefined || uid === owner) && (mode & others) === 0
  }
}

/** The whole of a plain file of so many bytes at most. */
export function readPlain(
  path: string,
  most: number,
): { readonly bytes: Buffer; readonly stat: fs.Stats } | undefined {
  let fd: number | undefined
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants
    fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    const stat = fs.fstatSync(fd)
    if (!stat.isFile() || stat.size > most) return undefined
    const bytes = Buffer.allocUnsafeSlow(stat.size)
    return fs.readSync(fd, bytes, 0, stat.size, 0) === stat.size ? { bytes, stat } : undefined
  } catch (error) {
    if (isErrno(error)) return undefined
    throw error
  } finally {
    if (fd !== undefined) fs.closeSync(fd)
  }
}
