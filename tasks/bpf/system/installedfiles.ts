// What was installed where: files put in place one by one, written down, and taken away again.
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { isErrno, quoteCommand, UserError } from '../../engine/index.ts'

/** One file to install. */
export interface Item {
  /** Absolute. A link is installed as a link. */
  readonly from: string
  /** Absolute, DESTDIR included. */
  readonly to: string
  readonly mode: number
  /** Install a link to this instead. */
  readonly leadsTo?: string
}

interface Installed {
  readonly path: string
  /** SHA-256 of what was installed; of a link, where it leads. */
  readonly digest: string
}

interface Install {
  /** What was installed, for example `libbpf`. */
  readonly name: string
  readonly destination: string
  readonly files: readonly Installed[]
  /** Folders that were made for it, parents first. */
  readonly folders: readonly string[]
}

/** What became of the files of an install; absolute paths. */
export interface Uninstalled {
  readonly removed: readonly string[]
  /** Changed since they were installed. */
  readonly kept: readonly string[]
  /** Outside of where this installs to. */
  readonly outside: readonly string[]
}

/** All installs that were made from here and are still there. */
export class Manifest {
  readonly #path: string
  #installs: readonly Install[]

  /** @param path where the manifest is kept; absolute */
  constructor(path: string) {
    this.#path = path
    this.#installs = readInstalls(path)
  }

  /**
   * Puts files in place, each at once, and remembers them, also when it cannot put them all.
   * @param destination what the user calls the place: DESTDIR and PREFIX
   * @throws UserError where a folder or file cannot be written
   */
  install(name: string, destination: string, items: readonly Item[]): void {
    const before = this.#find(name, destination)
    const files = new Map(before?.files.map((file) => [file.path, file]))
    const folders = new Set(before?.folders)
    try {
      for (const item of items) {
        for (const folder of makeFolders(dirname(item.to))) folders.add(folder)
        place(item)
        files.set(item.to, { path: item.to, digest: digestOf(item.to) ?? '' })
      }
    } catch (error) {
      throw isErrno(error) ? cannotInstall(name, destination, error) : error
    } finally {
      if (files.size + folders.size > 0) {
        this.#replace({ name, destination, files: [...files.values()], folders: [...folders] })
      }
    }
  }

  /**
   * Removes what an install put there: not what was changed since, no directory with more in it, and
   * nothing outside of the folders that it installs to, whatever the record says: anybody may have
   * edited that, and uninstall mostly runs as root.
   * @param within absolute folders, links in them not resolved
   * @param dryRun only say what would be removed
   * @throws UserError where nothing was installed there, or a file cannot be removed
   */
  uninstall(
    name: string,
    destination: string,
    within: readonly string[],
    dryRun: boolean,
  ): Uninstalled {
    const install = this.#find(name, destination)
    if (install === undefined) throw this.#nothing(name, destination)
    const removed: string[] = []
    const kept: string[] = []
    const outside: string[] = []
    const isWithin = (path: string): boolean => liesWithin(path, within)
    try {
      for (const { path, digest } of install.files) {
        if (!isWithin(path)) {
          outside.push(path)
          continue
        }
        const now = digestOf(path)
        if (now === undefined) continue
        if (now !== digest) {
          kept.push(path)
          continue
        }
        if (!dryRun) fs.unlinkSync(path)
        removed.push(path)
      }
      if (dryRun) return { removed, kept, outside }
      for (const folder of install.folders.filter(isWithin).reverse()) removeIfEmpty(folder)
    } catch (error) {
      throw isErrno(error) ? cannotInstall(name, destination, error) : error
    }
    this.#installs = this.#installs.filter((other) => other !== install)
    this.#write()
    return { removed, kept, outside }
  }

  #find(name: string, destination: string): Install | undefined {
    return this.#installs.find(
      (install) => install.name === name && install.destination === destination,
    )
  }

  #replace(install: Install): void {
    const others = this.#installs.filter(
      ({ name, destination }) => name !== install.name || destination !== install.destination,
    )
    this.#installs = [...others, install]
    this.#write()
  }

  #write(): void {
    if (this.#installs.length === 0) {
      fs.rmSync(this.#path, { force: true })
      return
    }
    fs.mkdirSync(dirname(this.#path), { recursive: true })
    fs.writeFileSync(`${this.#path}.new`, `${JSON.stringify(this.#installs, undefined, 2)}\n`)
    fs.renameSync(`${this.#path}.new`, this.#path)
  }

  #nothing(name: string, destination: string): UserError {
    const known = this.#installs.filter((install) => install.name === name)
    return new UserError({
      what: `no ${name} was installed to ${destination} from here`,
      facts:
        known.length === 0
          ? []
          : [['installed', known.map((install) => install.destination).join('\n')]],
      hint: 'name the same PREFIX and DESTDIR as for the install',
    })
  }
}

function readInstalls(path: string): readonly Install[] {
  let text: string
  try {
    text = fs.readFileSync(path, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  }
  try {
    const data: unknown = JSON.parse(text)
    if (Array.isArray(data) && data.every(isInstall)) return data
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new UserError({
    what: `${path} is no record of what was installed`,
    hint: `move it away: ${quoteCommand(['mv', path, `${path}.old`])}`,
  })
}

function isInstall(value: unknown): value is Install {
  if (typeof value !== 'object' || value === null) return false
  const { name, destination, files, folders } = value as Record<string, unknown>
  return (
    typeof name === 'string' &&
    typeof destination === 'string' &&
    Array.isArray(files) &&
    files.every((file) => typeof file?.path === 'string' && typeof file.digest === 'string') &&
    Array.isArray(folders) &&
    folders.every((folder) => typeof folder === 'string')
  )
}

/** Makes a folder with its parents. @returns those that were not there, parents first */
function makeFolders(folder: string): string[] {
  if (fs.existsSync(folder)) return []
  const made = makeFolders(dirname(folder))
  fs.mkdirSync(folder)
  fs.chmodSync(folder, 0o755)
  return [...made, folder]
}

/** Under another name first: whoever opens the file sees the old one or the new one. */
function place({ from, to, mode, leadsTo }: Item): void {
  const fresh = join(dirname(to), `.${process.pid}.new`)
  fs.rmSync(fresh, { force: true })
  try {
    if (leadsTo !== undefined) {
      fs.symlinkSync(leadsTo, fresh)
    } else if (fs.lstatSync(from).isSymbolicLink()) {
      fs.symlinkSync(fs.readlinkSync(from), fresh)
    } else {
      fs.copyFileSync(from, fresh)
      fs.chmodSync(fresh, mode)
    }
    fs.renameSync(fresh, to)
  } finally {
    fs.rmSync(fresh, { force: true })
  }
}

function digestOf(path: string): string | undefined {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  const hash = createHash('sha256')
  if (stat.isSymbolicLink()) return hash.update(fs.readlinkSync(path)).digest('hex')
  return stat.isFile() ? hash.update(fs.readFileSync(path)).digest('hex') : ''
}

/** Does a path lie below one of some folders, as it is written and with links resolved? */
function liesWithin(path: string, folders: readonly string[]): boolean {
  const isBelow = (at: string, folder: string): boolean =>
    folder === '/' || at === folder || at.startsWith(`${folder}/`)
  const written = resolve(path)
  const real = join(realPath(dirname(written)), basename(written))
  return folders.some((folder) => isBelow(written, folder) && isBelow(real, realPath(folder)))
}

/** With links resolved, as far up as the path is there. */
function realPath(path: string): string {
  try {
    return fs.realpathSync.native(path)
  } catch (error) {
    if (!isErrno(error)) throw error
    return path === '/' ? path : join(realPath(dirname(path)), basename(path))
  }
}

function removeIfEmpty(folder: string): void {
  try {
    fs.rmdirSync(folder)
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) throw error
  }
}

function cannotInstall(name: string, destination: string, error: NodeJS.ErrnoException): UserError {
  const reasons: Record<string, string> = {
    EACCES: 'permission denied',
    EPERM: 'not permitted',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
    ENOTDIR: 'a part of the path is not a folder',
    EISDIR: 'a folder is in the way',
  }
  const denied = error.code === 'EACCES' && process.geteuid?.() !== 0
  return new UserError({
    what: `cannot write ${name} in ${destination}: ${reasons[error.code ?? ''] ?? error.message}`,
    facts: error.path === undefined ? [] : [['path', error.path]],
    hint: `name a place that can be written: PREFIX=DIR or DESTDIR=DIR${denied ? ', or be root (sudo)' : ''}`,
  })
}
