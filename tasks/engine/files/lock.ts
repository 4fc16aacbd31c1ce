// The lock of a build directory: takes it, waits for its owner, takes over from a dead one.
import { randomUUID } from 'node:crypto'
import * as fs from 'node:fs'
import { basename, dirname } from 'node:path'
import { isErrno, quoteWord, UserError } from '../base/index.ts'
import type { Disk } from './disk.ts'
import { diskFailure } from './diskfailure.ts'
import { LifeSign, socketPath } from './lifesign.ts'
import { isAlive, type Owner, ownLife, startOf } from './lockowner.ts'

/** How often a waiting build tries again, in milliseconds. */
const LOOK_EVERY = 50

/** A larger file is not a lock, in bytes. */
const LARGEST = 1 << 16

/** The longest chain of claims on claims that we would make. */
const DEEPEST = 3

/** How long a killed process may take to end, in milliseconds. */
const KILL_TAKES = 2000

/** Environment variable that marks the processes of a build, so that those of a dead one are found. */
export const LOCK_VARIABLE = 'BPF_TASKS_LOCK'

/** What a waiting build shows: who owns the lock, and how to go on if the owner may be dead. */
export interface Holder {
  readonly text: string
  /** False if nothing proves that the owner lives: it may be on another machine. */
  readonly isProven: boolean
}

export class Lock {
  readonly id: string
  /** True if the last owner died while it held the lock. */
  readonly tookOver: boolean
  /** The value of {@link LOCK_VARIABLE} for the commands of this build. */
  readonly mark: string
  readonly #disk: Disk
  readonly #path: string
  readonly #lifeSign: LifeSign | undefined

  private constructor(
    disk: Disk,
    path: string,
    id: string,
    tookOver: boolean,
    lifeSign: LifeSign | undefined,
  ) {
    this.tookOver = tookOver
    this.#disk = disk
    this.#path = path
    this.id = id
    this.mark = markOf(disk, path, id)
    this.#lifeSign = lifeSign
  }

  /**
   * Takes the lock, after waiting for its owner if there is one.
   * @param ownMark {@link LOCK_VARIABLE} of this process, set if a command of a build started it
   * @param onWait called once, before waiting
   * @returns undefined if `signal` ended the waiting
   * @throws UserError if the directory cannot be written, or if the owner waits for this very process
   */
  static async acquire(
    disk: Disk,
    path: string,
    { command, ownMark }: { readonly command: string; readonly ownMark?: string | undefined },
    signal: AbortSignal,
    onWait: (holder: Holder) => void,
  ): Promise<Lock | undefined> {
    const id = randomUUID()
    const lifeSign = await LifeSign.give(disk, socketPath(path, id))
    const me: Owner = { id, ...ownLife(lifeSign !== undefined), command }
    let hasTold = false
    let tookOver = false
    try {
      for (;;) {
        if (signal.aborted) break
        const seen = readLock(disk, path)
        tookOver ||=
          seen.kind === 'garbage' ||
          (seen.kind === 'owner' && (await isAlive(disk, path, seen.owner)) === 'dead')
        const holder = await tryAcquire(disk, path, me)
        if (holder === undefined) {
          await removeLeftovers(disk, path, id)
          return new Lock(disk, path, id, tookOver, lifeSign)
        }
        if (ownMark !== undefined && ownMark === markOf(disk, path, holder.id))
          throw waitsForItself(holder, command)
        if (!hasTold) onWait(await described(disk, path, holder))
        hasTold = true
        await pause(LOOK_EVERY, signal)
      }
    } catch (error) {
      lifeSign?.end()
      throw error
    }
    lifeSign?.end()
    return undefined
  }

  release(): void {
    if (readOwner(this.#disk, this.#path)?.id === this.id) this.#disk.remove(this.#path)
    this.#lifeSign?.end()
  }
}

async function described(disk: Disk, path: string, holder: Owner): Promise<Holder> {
  const who = `process ${holder.pid} (${holder.command})`
  if ((await isAlive(disk, path, holder)) === 'alive') return { text: who, isProven: true }
  const file = quoteWord(disk.at(path))
  const text = `${who} on another machine or in another container, which cannot be asked whether it still runs; if it does not: rm ${file}`
  return { text, isProven: false }
}

/** A command that builds its own tree would wait for its own end. */
function waitsForItself(holder: Owner, command: string): UserError {
  return new UserError({
    what: 'this build was started by a command of a build of the same tree, and would wait for it',
    facts: [
      ['builds here', `process ${holder.pid} (${holder.command})`],
      ['started by it', command],
    ],
    hint: 'take the call out of the edge: name what it builds as an input instead',
  })
}

/**
 * The mark of a build's processes: its lock and the directory of the lock. So a copied or forged lock
 * cannot end processes of another tree.
 */
export function markOf(disk: Disk, path: string, id: string): string {
  return `${id} ${disk.lstat(dirname(path))?.ino ?? ''}`
}

/** The owner of the lock; undefined if it is ours now. */
async function tryAcquire(
  disk: Disk,
  path: string,
  me: Owner,
  depth = 0,
): Promise<Owner | undefined> {
  for (;;) {
    if (create(disk, path, me)) return undefined
    const seen = readLock(disk, path)
    if (seen.kind === 'nothing') continue
    if (seen.kind === 'owner' && (await isAlive(disk, path, seen.owner)) !== 'dead')
      return seen.owner
    // Only one process may remove a dead lock, or it might remove the next owner's. A lock named after
    // the dead one decides which process may; it can be taken over in turn.
    const dead = seen.kind === 'owner' ? seen.owner.id : 'garbage'
    if (depth === DEEPEST) {
      fs.rmSync(disk.at(path), { recursive: true, force: true })
      continue
    }
    const claim = `${path}.${dead}`
    const claimant = await tryAcquire(disk, claim, me, depth + 1)
    if (claimant !== undefined) return claimant
    const now = readLock(disk, path)
    if (now.kind === 'owner' ? now.owner.id === dead : now.kind === seen.kind) {
      if (now.kind === 'owner') {
        endOrphans(markOf(disk, path, dead))
        disk.remove(socketPath(path, dead))
      }
      fs.rmSync(disk.at(path), { recursive: true, force: true })
    }
    disk.remove(claim)
  }
}

/** Makes the lock with its whole content at once; false if there is one already. */
function create(disk: Disk, path: string, me: Owner): boolean {
  const at = disk.at(path)
  const own = `${at}.${me.id}.new`
  disk.makeFolder(dirname(path))
  try {
    fs.writeFileSync(own, JSON.stringify(me), { mode: 0o644, flag: 'wx' })
    try {
      fs.linkSync(own, at)
    } finally {
      fs.unlinkSync(own)
    }
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    // The last owner left the directory empty and removed it.
    if (isErrno(error, 'ENOENT')) return false
    throw isErrno(error) ? diskFailure('write', path, error) : error
  }
}

type Seen =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'owner'; readonly owner: Owner }

/**
 * Removes the leftovers of processes that were killed while they took a lock. Processes that still wait
 * just try again. Sockets of living processes stay.
 */
async function removeLeftovers(disk: Disk, path: string, own: string): Promise<void> {
  const folder = dirname(path)
  for (const name of disk.list(folder)) {
    const beside = `${folder}/${name}`
    if (!name.startsWith(`${basename(path)}.`) || beside === socketPath(path, own)) continue
    if (name.endsWith('.sock') && (await LifeSign.answers(disk, beside)) !== 'refused') continue
    fs.rmSync(disk.at(beside), { recursive: true, force: true })
  }
}

/** The content of a lock, which may be anything. Does not follow links. */
function readLock(disk: Disk, path: string): Seen {
  for (;;) {
    const before = disk.lstat(path)
    if (before === undefined) return { kind: 'nothing' }
    const owner = readOwner(disk, path)
    if (owner !== undefined) return { kind: 'owner', owner }
    // Another process may have taken it while it was read.
    const after = disk.lstat(path)
    if (after?.ino === before.ino && after.ctimeMs === before.ctimeMs) return { kind: 'garbage' }
  }
}

function readOwner(disk: Disk, path: string): Owner | undefined {
  try {
    const stat = disk.lstat(path)
    if (stat?.isFile() !== true || stat.size > LARGEST) return undefined
    const owner: unknown = JSON.parse(fs.readFileSync(disk.at(path), 'utf8'))
    if (typeof owner !== 'object' || owner === null) return undefined
    const { id, pid, start, boot, machine, pids, hasSocket, command } = owner as Partial<
      Record<keyof Owner, unknown>
    >
    const texts = [id, start, boot, machine, pids, command]
    if (!texts.every((text) => typeof text === 'string')) return undefined
    if (typeof pid !== 'number' || typeof hasSocket !== 'boolean') return undefined
    return /^[0-9a-f-]{36}$/.test(String(id)) ? (owner as Owner) : undefined
  } catch (error) {
    // It is incomplete, or was removed while it was read.
    if (error instanceof SyntaxError || isErrno(error)) return undefined
    throw error
  }
}

/** Kills the processes of a dead build, which would write to the files of the next one. */
function endOrphans(of: string): void {
  const mark = `${LOCK_VARIABLE}=${of}`
  for (const entry of fs.readdirSync('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    try {
      if (!fs.readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark)) continue
      process.kill(pid, 'SIGKILL')
      const deadline = performance.now() + KILL_TAKES
      while (startOf(pid) !== undefined && performance.now() < deadline);
    } catch (error) {
      // It has ended, or belongs to another user.
      if (!isErrno(error)) throw error
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}
