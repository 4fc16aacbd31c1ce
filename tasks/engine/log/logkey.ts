// The secret that a log is sealed with: random bytes that only its user can read, outside of any tree.
import { createHmac, randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { isErrno } from '../base/failure.ts'
import type { Disk } from '../files/disk.ts'
import { PrivateFolder, readPlain, type StateHome } from './privatefolder.ts'
import { Written } from './written.ts'

/** Its name in the private folder of a user. */
const NAME = 'key'

/** Bytes of a key. */
const LENGTH = 32

/** Folders that may have to be made in a home: .local, state and bpf-tasks. */
const BELOW_HOME = 3

/** Who gives a log its key. */
export interface Keys {
  /** Undefined where there is none yet. Writes nothing. */
  readonly find: () => Buffer | undefined
  /** The one that there is, or a new one. */
  readonly make: () => Buffer
  /** Sealed files as they were left. */
  readonly written: Written
}

/**
 * Where a key may be, by the XDG base directory specification; the last is our own. Root by sudo
 * goes on with what the user has built who asked for it, so that user's key comes first.
 */
export function stateHomes(
  environment: Readonly<Record<string, string | undefined>>,
): readonly StateHome[] {
  const { XDG_STATE_HOME = '', HOME, SUDO_UID = '' } = environment
  const below = HOME || homeOf(userInfo)
  // As the specification says: a relative one is to be ignored.
  const folder = [XDG_STATE_HOME, below && `${below}/.local/state`].find((at) => at.startsWith('/'))
  const me = process.geteuid?.()
  const own = folder === undefined ? [] : [{ folder, owner: me }]
  if (me !== 0 || !/^[1-9]\d*$/.test(SUDO_UID)) return own
  const owner = Number(SUDO_UID)
  const home = homeOf(() => ({ homedir: homeInPasswd(SUDO_UID) }))
  return [{ folder: `${home}/.local/state`, owner }, ...own.map((o) => ({ ...o, owner })), ...own]
}

function homeOf(info: () => { readonly homedir: string }): string {
  try {
    return info().homedir
  } catch {
    // A container may run as a number that has no name.
    return ''
  }
}

/** passwd(5): name, password, user id, group id, comment, home. */
function homeInPasswd(uid: string): string {
  const lines = fs.readFileSync('/etc/passwd', 'utf8').split('\n')
  return lines.map((line) => line.split(':')).find(([, , id]) => id === uid)?.[5] ?? ''
}

/**
 * The key in `bpf-tasks/key` below a {@link StateHome}. It counts only as a plain file of that user
 * that nobody else can read. Where no such file can be, one beside the log has to do.
 */
export class UserKeys implements Keys {
  readonly #disk: Disk
  readonly #homes: readonly StateHome[]
  readonly #folders: readonly PrivateFolder[]
  readonly #beside: string
  readonly written: Written

  /**
   * @param homes as {@link stateHomes} gives them
   * @param state folder of the log
   */
  constructor(disk: Disk, homes: readonly StateHome[], state: string) {
    this.#disk = disk
    this.#homes = homes
    this.#folders = homes.map((home) => new PrivateFolder(disk, home))
    this.#beside = disk.at(`${state}/key`)
    this.written = new Written(this.#folders)
  }

  find(): Buffer | undefined {
    for (const folder of this.#folders) {
      const key = readOwn(folder)
      if (key !== undefined) return key
    }
    return readBound(this.#beside)
  }

  make(): Buffer {
    const found = this.find()
    if (found !== undefined) return found
    const [own, folder] = [this.#homes.at(-1), this.#folders.at(-1)]
    const made = own === undefined || folder === undefined ? undefined : this.#tryMake(own, folder)
    if (made !== undefined) return made
    // One build at a time has this folder, so that nothing of another one is thrown away.
    fs.rmSync(this.#beside, { recursive: true, force: true })
    makeKey(this.#beside, () => readBound(this.#beside))
    // Where even that cannot be read again, the log is good for this build alone.
    return readBound(this.#beside) ?? randomBytes(LENGTH)
  }

  /** Undefined where the system does not let us have one there. */
  #tryMake(home: StateHome, own: PrivateFolder): Buffer | undefined {
    const folders = this.#missingFolders(home, own)
    if (folders === undefined) return undefined
    try {
      // One by one: where a folder cannot be, as in /proc, Node's own recursion never ends.
      for (const folder of folders) makeFolder(folder)
      makeKey(`${own.path}/${NAME}`, () => readOwn(own))
      return readOwn(own)
    } catch (error) {
      if (isErrno(error)) return undefined
      throw error
    }
  }

  /** The folders to make for a key, outermost first; undefined where they are not ours to make. */
  #missingFolders(home: StateHome, own: PrivateFolder): string[] | undefined {
    const folders: string[] = []
    let above = own.path
    let stat = this.#disk.lstat(above)
    if (stat !== undefined) return own.isSafe ? [] : undefined
    for (; stat === undefined && above !== '/'; stat = this.#disk.lstat(above)) {
      folders.unshift(above)
      above = dirname(above)
    }
    // Not the home itself: who has none is told of one that is nowhere.
    if (folders.length > BELOW_HOME) return undefined
    // Root may be told of another user's home, and would leave a folder there that they cannot use.
    const mayMake = home.owner === undefined || stat?.uid === home.owner || stat?.uid === 0
    return mayMake ? folders : undefined
  }
}

function readOwn(folder: PrivateFolder): Buffer | undefined {
  const bytes = folder.read(NAME, LENGTH)
  return bytes?.length === LENGTH ? bytes : undefined
}

/**
 * A key that may have come with the tree, log and all. Which number and time a file gets when it is
 * made, nobody can choose: with these it is another key in every copy.
 */
function readBound(path: string): Buffer | undefined {
  const read = readPlain(path, LENGTH)
  if (read === undefined || read.bytes.length !== LENGTH) return undefined
  const { ino, ctimeMs } = read.stat
  return createHmac('sha256', read.bytes).update(`${ino} ${ctimeMs}`).digest()
}

function makeFolder(path: string): void {
  try {
    fs.mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Somebody else needed it as well.
    if (!isErrno(error, 'EEXIST')) throw error
  }
}

/** Puts a new key where there is none, or something that counts as none; of two at once, one wins. */
function makeKey(path: string, read: () => Buffer | undefined): void {
  const fresh = `${path}.${process.pid}`
  fs.rmSync(fresh, { force: true })
  fs.writeFileSync(fresh, randomBytes(LENGTH), { mode: 0o600, flag: 'wx' })
  try {
    if (isLinked(fresh, path) || read() !== undefined) return
    fs.unlinkSync(path)
    isLinked(fresh, path)
  } finally {
    fs.unlinkSync(fresh)
  }
}

/** False where there is something already. */
function isLinked(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to)
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    throw error
  }
}
