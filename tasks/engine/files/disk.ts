// The file system as the engine uses it: synchronous, relative to one root, with readable errors.
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { dirname, resolve } from 'node:path'
import { bytesOfPath, inTree, isErrno, quoteWord, UserError, unlessErrno } from '../base/index.ts'
import { diskFailure, errnoWords } from './diskfailure.ts'

export interface FileStat {
  /** Modification time in milliseconds since 1970, with fractions. */
  readonly mtime: number
  /** Inode change time, likewise. Unlike mtime, nobody can set it. */
  readonly changed: number
  /** Bytes. */
  readonly size: number
  /** Inode number. */
  readonly ino: number
  /** A device is `other`: it can be read, but has no content of its own. */
  readonly type: 'file' | 'folder' | 'pipe' | 'other'
}

/** The times and sizes of files below /sys and /proc mean nothing. */
export function isPseudo(path: string): boolean {
  return path.startsWith('/sys/') || path.startsWith('/proc/')
}

/** The part of node:fs that globbing needs. */
export type FolderReader = Pick<typeof fs, 'lstatSync' | 'statSync' | 'readdirSync'>

/** Wraps the functions so that `look` is called with each path first. */
export function wrapped(reader: FolderReader, look: (path: string) => void): FolderReader {
  const first = <Call extends (path: never, options: never) => unknown>(call: Call): Call =>
    ((path: never, options: never) => {
      look(String(path))
      return call(path, options)
    }) as Call
  return {
    lstatSync: first(reader.lstatSync),
    statSync: first(reader.statSync),
    readdirSync: first(reader.readdirSync),
  }
}

const OR_NOTHING = { throwIfNoEntry: false } as const

export class Disk {
  /** Absolute path that relative paths start from. */
  readonly root: string
  readonly #here: boolean
  readonly #chunk = Buffer.allocUnsafe(1 << 18)

  constructor(root: string) {
    this.root = root
    this.#here = root === process.cwd()
  }

  /** The path to pass to the system. */
  at(path: string): string {
    return this.#here || path.startsWith('/') ? path : `${this.root}/${path}`
  }

  /** The same for a discovered file, whose name may not be UTF-8. */
  #named(path: string): string | Buffer {
    const at = this.at(path)
    return bytesOfPath(at) ?? at
  }

  /** Follows links. Undefined if nothing can be seen; {@link whyMissing} says why. */
  stat(path: string, at: string | Buffer = this.at(path)): FileStat | undefined {
    try {
      const stat = fs.statSync(at, OR_NOTHING)
      if (stat === undefined) return undefined
      const mtime = exactTime(stat.mtimeMs, at)
      const { size, ino } = stat
      return { mtime, changed: changeTime(stat), size, ino, type: typeOf(stat) }
    } catch (error) {
      // Node refuses a NUL. Checking every name first would cost more than looking at the file.
      const bytes = typeof at === 'string' ? bytesOfPath(at) : undefined
      if (bytes !== undefined) return this.stat(path, bytes)
      if (isErrno(error)) return undefined
      throw error
    }
  }

  /** Why {@link stat} sees nothing, as words to follow the path: `is missing`, for example. */
  whyMissing(path: string): string {
    try {
      const link = fs.lstatSync(this.#named(path), { throwIfNoEntry: false })
      if (link === undefined) return 'is missing'
      fs.statSync(this.#named(path))
      return 'is there now'
    } catch (error) {
      if (!isErrno(error)) throw error
      return error.code === 'ENOENT'
        ? 'is a link to nothing'
        : `cannot be looked at: ${errnoWords(error).what}`
    }
  }

  exists(path: string): boolean {
    return this.stat(path) !== undefined
  }

  /** The first half of the content's SHA-256, in hexadecimal. Undefined if there is no content. */
  digest(path: string): string | undefined {
    let fd: number
    try {
      fd = fs.openSync(this.#named(path), fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ENXIO')) return undefined
      throw this.#failure('read', path, error)
    }
    try {
      const stat = fs.fstatSync(fd)
      if (!stat.isFile()) return undefined
      const hash = createHash('sha256')
      // One read gets all of most files. The sizes of the kernel's files do not say when to stop.
      for (let done = 0; done === 0 || done !== stat.size; ) {
        const length = fs.readSync(fd, this.#chunk, 0, this.#chunk.length, null)
        if (length === 0) break
        hash.update(length === this.#chunk.length ? this.#chunk : this.#chunk.subarray(0, length))
        done += length
      }
      return hash.digest('hex').slice(0, 32)
    } catch (error) {
      throw this.#failure('read', path, error)
    } finally {
      fs.closeSync(fd)
    }
  }

  /** Undefined if the file is missing; empty for a device. @throws UserError for a pipe, too */
  read(path: string): Buffer | undefined {
    let fd: number | undefined
    try {
      fd = fs.openSync(this.#named(path), fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
      const type = typeOf(fs.fstatSync(fd))
      if (type === 'pipe') throw notAFile(path)
      return type === 'other' ? Buffer.alloc(0) : fs.readFileSync(fd)
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
      if (isErrno(error, 'ENXIO')) throw notAFile(path)
      throw this.#failure('read', path, error)
    } finally {
      if (fd !== undefined) fs.closeSync(fd)
    }
  }

  /** Does a file begin with an ASCII text? False if it cannot be read. */
  startsWith(path: string, beginning: string): boolean {
    let fd: number
    try {
      fd = fs.openSync(this.#named(path), fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
    } catch (error) {
      if (isErrno(error)) return false
      throw error
    }
    try {
      const bytes = Buffer.alloc(beginning.length)
      fs.readSync(fd, bytes, 0, bytes.length, 0)
      return bytes.toString('latin1') === beginning
    } catch (error) {
      if (isErrno(error)) return false
      throw error
    } finally {
      fs.closeSync(fd)
    }
  }

  /** Names in a directory; none if it is missing or may not be read. */
  list(folder: string): string[] {
    try {
      return fs.readdirSync(this.at(folder))
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return []
      throw this.#failure('list', folder, error)
    }
  }

  /** The directory reader for globs. */
  get folders(): FolderReader {
    return fs
  }

  /** The path with links resolved; undefined if it leads nowhere. */
  realPath(path: string): string | undefined {
    return unlessErrno(() => fs.realpathSync.native(this.at(path)))
  }

  /** The tree's name for the file that a path leads to, with links resolved; undefined if it leads nowhere. */
  realName(path: string): string | undefined {
    const real = this.realPath(path)
    return real === undefined ? undefined : inTree(real, this.realPath('.') ?? this.root)
  }

  /**
   * True if a directory was renamed to its place, or a link made there, since a change time. A new name in
   * a directory changes both of its times, renaming it only one.
   */
  wasMoved(path: string, since: number): boolean {
    const stat = this.lstat(path)
    if (stat === undefined || changeTime(stat) < since) return false
    return stat.isSymbolicLink() || stat.mtimeMs < since
  }

  /** Does not follow links. Undefined if nothing can be seen. */
  lstat(path: string): fs.Stats | undefined {
    try {
      return fs.lstatSync(this.#named(path), { throwIfNoEntry: false })
    } catch (error) {
      if (isErrno(error)) return undefined
      throw error
    }
  }

  isExecutable(path: string): boolean {
    const at = this.at(path)
    const isFile = unlessErrno(() => {
      fs.accessSync(at, fs.constants.X_OK)
      return fs.statSync(at).isFile()
    })
    return isFile === true
  }

  makeFolder(folder: string): void {
    // Looking is cheaper than getting EEXIST.
    if (this.stat(folder)?.type === 'folder') return
    try {
      fs.mkdirSync(this.at(folder), { recursive: true })
    } catch (error) {
      // A recursive mkdir of Node reports ENOENT for every error; making each directory gets the true one.
      if (isErrno(error, 'ENOENT')) this.#makeEach(folder)
      else throw this.#failure('make the folder', folder, error)
    }
  }

  #makeEach(folder: string): void {
    const at = this.at(folder)
    if (fs.existsSync(at)) return
    if (dirname(folder) !== folder) this.#makeEach(dirname(folder))
    try {
      fs.mkdirSync(at)
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw this.#failure('make the folder', folder, error)
    }
  }

  /** Writes a whole file, and makes its directory. @throws UserError */
  write(path: string, text: string): void {
    this.makeFolder(dirname(path))
    try {
      fs.writeFileSync(this.at(path), text)
    } catch (error) {
      throw this.#failure('write', path, error)
    }
  }

  /** The same for a file of our own: removes whatever is in its place, without following links. */
  replace(path: string, text: string): void {
    this.removeAll(path)
    this.write(path, text)
  }

  /** Removes whatever is at a path of our own, without following links. @throws UserError */
  removeAll(path: string): void {
    try {
      fs.rmSync(this.at(path), { recursive: true, force: true })
    } catch (error) {
      throw this.#failure('remove', path, error)
    }
  }

  /** Replaces one file by another atomically. @throws UserError */
  rename(from: string, to: string): void {
    try {
      fs.renameSync(this.at(from), this.at(to))
    } catch (error) {
      throw this.#failure('write', to, error)
    }
  }

  /** True if there was something to remove. Removes links, not their targets. @throws UserError */
  remove(path: string): boolean {
    try {
      fs.unlinkSync(this.at(path))
      return true
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false
      throw this.#failure('remove', path, error)
    }
  }

  /** Removes a directory if it is empty, then its parents likewise, but never `root`. */
  removeEmptyFolders(folder: string): void {
    for (let at = folder; at !== '.' && at !== '/' && at !== ''; at = dirname(at)) {
      if (resolve(this.root, at) === this.root) return
      const path = this.at(at)
      const removed = unlessErrno(() => {
        fs.rmdirSync(path)
        return true
      })
      if (removed === undefined) return
    }
  }

  /**
   * True if the directory of a path exists and, with links resolved, is inside the root.
   * @param or a directory that may be a link out of the root: inside it counts too
   */
  isInside(path: string, or = '.'): boolean {
    const folder = this.realPath(dirname(path))
    return [this.realPath('.'), this.realPath(or)].some(
      (top) => folder !== undefined && (folder === top || folder.startsWith(`${top}/`)),
    )
  }

  /** True for a directory, false for a link to one. */
  isFolder(path: string): boolean {
    return fs.lstatSync(this.at(path), { throwIfNoEntry: false })?.isDirectory() === true
  }

  /** A text that differs between two files that had the same name one after the other. */
  identity(path: string): string | undefined {
    const stat = fs.statSync(this.at(path), { throwIfNoEntry: false })
    return stat === undefined ? undefined : identityOf(stat)
  }

  /** The same of a file that this process has open; undefined for a terminal or a pipe. */
  identityOfOpen(fd: number): string | undefined {
    const stat = unlessErrno(() => fs.fstatSync(fd))
    return stat?.isFile() === true ? identityOf(stat) : undefined
  }

  /** True if both paths lead to the same file. */
  same(a: string, b: string): boolean {
    const [left, right] = [a, b].map((path) => unlessErrno(() => fs.statSync(this.#named(path))))
    return left !== undefined && left.ino === right?.ino && left.dev === right.dev
  }

  #failure(verb: string, path: string, error: unknown): unknown {
    return isErrno(error) ? diskFailure(verb, path, error) : error
  }
}

/** Reading a pipe or socket would block, and would take data from its real reader. */
function notAFile(path: string): UserError {
  return new UserError({
    what: `cannot read ${path}: it is a pipe or a socket, not a file`,
    hint: `name a file; see what it is: ls -l ${quoteWord(path)}`,
  })
}

function typeOf(stat: fs.Stats): FileStat['type'] {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'folder'
  return stat.isFIFO() || stat.isSocket() ? 'pipe' : 'other'
}

/**
 * A modification time in milliseconds. As a double it may be rounded up to a whole number, which a runtime
 * that cuts off fractions (Deno) never reports. Whole values are therefore asked for exactly.
 */
function exactTime(ms: number, at: string | Buffer): number {
  if (!Number.isInteger(ms) || ms % 1000 === 0) return ms
  const stat = fs.statSync(at, { bigint: true, throwIfNoEntry: false })
  if (stat === undefined || stat.mtimeNs === undefined) return ms
  const whole = stat.mtimeNs / 1_000_000n
  return Number(whole) < ms ? ms - LAST_FRACTION : ms
}

/** The largest fraction of a millisecond that a double of today's date can hold. */
const LAST_FRACTION = 2 ** -12

/** A change time in milliseconds; never too early where the runtime reports whole seconds (Deno). */
export function changeTime({ ctimeMs, mtimeMs }: Pick<fs.Stats, 'ctimeMs' | 'mtimeMs'>): number {
  if (ctimeMs % 1000 !== 0) return ctimeMs
  return Math.floor(mtimeMs / 1000) * 1000 === ctimeMs ? mtimeMs : ctimeMs + 999
}

/** Longer than a tick of a file system's clock, in milliseconds. */
const TICK = 100

/** Would a further change show in its times? Not in the same tick of the file system's clock. */
export function isPastTick({ changed }: Pick<FileStat, 'changed'>): boolean {
  return Date.now() - changed > TICK
}

/** True under Deno, which cuts mtimes to milliseconds and change times to seconds. */
export const coarseTimes = 'deno' in process.versions

/** The inode number of a removed file may be reused at once: its time of birth is not. */
function identityOf({ dev, ino, birthtimeMs }: fs.Stats): string {
  return `${dev}:${ino}:${birthtimeMs}`
}
