// One build at a time in one build folder: who holds it, waiting for them, taking over from the dead.

import { randomUUID } from 'node:crypto'
import * as fs from 'node:fs'
import { basename, dirname } from 'node:path'
import { isErrno } from '../base/failure.ts'
import { type Disk, diskFailure } from './disk.ts'
import { bootId } from './kernelfile.ts'

/** Who holds a lock. A pid alone may belong to another process by now; with its start it cannot. */
interface Owner {
  readonly id: string
  readonly pid: number
  /** When it started, in ticks since boot: field 22 of /proc/PID/stat (proc(5)). */
  readonly start: string
  /** Boot and process-id namespace: elsewhere the pid means nothing. */
  readonly where: string
  readonly command: string
}

/** How often a waiting build looks whether the lock is free, in milliseconds. */
const LOOK_EVERY = 50

/** A lock of more bytes is none. */
const LARGEST = 1 << 16

/** So many claims may be built on claims; more are no work of ours. */
const DEEPEST = 3

/** How long a killed process may take to be gone, in milliseconds. */
const KILL_TAKES = 2000

/** Environment variable by which processes that a dead build left behind are known. */
export const LOCK_VARIABLE = 'BPF_TASKS_LOCK'

export class Lock {
  readonly id: string
  /** True when whoever held it before died holding it. */
  readonly tookOver: boolean
  /** What each command of this build has in {@link LOCK_VARIABLE}. */
  readonly mark: string
  readonly #disk: Disk
  readonly #path: string

  private constructor(disk: Disk, path: string, id: string, tookOver: boolean) {
    this.tookOver = tookOver
    this.#disk = disk
    this.#path = path
    this.id = id
    this.mark = markOf(disk, path, id)
  }

  /**
   * Takes the lock, after whoever holds it.
   * @param onWait told once, for whom
   * @returns undefined when `signal` ended the waiting
   * @throws UserError where the folder cannot be written
   */
  static async take(
    disk: Disk,
    path: string,
    command: string,
    signal: AbortSignal,
    onWait: (owner: string) => void,
  ): Promise<Lock | undefined> {
    const me: Owner = {
      id: randomUUID(),
      pid: process.pid,
      start: startOf(process.pid) ?? '',
      where: here(),
      command,
    }
    let told = false
    let tookOver = false
    for (;;) {
      if (signal.aborted) return undefined
      const seen = look(disk, path)
      tookOver ||= seen.kind === 'garbage' || (seen.kind === 'owner' && !isAlive(seen.owner))
      const holder = tryTake(disk, path, me)
      if (holder === undefined) {
        removeLeftovers(disk, path)
        return new Lock(disk, path, me.id, tookOver)
      }
      if (!told) onWait(`process ${holder.pid} (${holder.command})`)
      told = true
      await pause(LOOK_EVERY, signal)
    }
  }

  release(): void {
    if (readOwner(this.#disk, this.#path)?.id === this.id) this.#disk.remove(this.#path)
  }
}

/**
 * What processes of a build are known by: its lock, and the folder in which that lies. So a lock that
 * was copied or made up ends nothing that another tree runs.
 */
export function markOf(disk: Disk, path: string, id: string): string {
  return `${id} ${disk.lstat(dirname(path))?.ino ?? ''}`
}

/** Undefined when the lock is ours now, else who holds it. */
function tryTake(disk: Disk, path: string, me: Owner, depth = 0): Owner | undefined {
  for (;;) {
    if (create(disk, path, me)) return undefined
    const seen = look(disk, path)
    if (seen.kind === 'nothing') continue
    if (seen.kind === 'owner' && isAlive(seen.owner)) return seen.owner
    // Only one may remove a lock that holds nothing, or it might remove the next owner's. Who may
    // is settled by a lock of its own, named after the dead one, which can itself be taken over.
    const dead = seen.kind === 'owner' ? seen.owner.id : 'garbage'
    if (depth === DEEPEST) {
      fs.rmSync(disk.at(path), { recursive: true, force: true })
      continue
    }
    const claim = `${path}.${dead}`
    const claimant = tryTake(disk, claim, me, depth + 1)
    if (claimant !== undefined) return claimant
    const now = look(disk, path)
    if (now.kind === 'owner' ? now.owner.id === dead : now.kind === seen.kind) {
      if (now.kind === 'owner') endOrphans(markOf(disk, path, dead))
      fs.rmSync(disk.at(path), { recursive: true, force: true })
    }
    disk.remove(claim)
  }
}

/** Makes the lock with its whole content at once, or finds that there is one. */
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
    // Whoever held the lock before left the folder empty, and so removed it.
    if (isErrno(error, 'ENOENT')) return false
    throw isErrno(error) ? diskFailure('write', path, error) : error
  }
}

type Seen =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'owner'; readonly owner: Owner }

/** Removes what processes left that were killed while they took a lock. Others just try again. */
function removeLeftovers(disk: Disk, path: string): void {
  const folder = dirname(path)
  for (const name of disk.list(folder)) {
    if (!name.startsWith(`${basename(path)}.`)) continue
    fs.rmSync(disk.at(`${folder}/${name}`), { recursive: true, force: true })
  }
}

/** What stands at the path of a lock, which may be anything; links are not followed. */
function look(disk: Disk, path: string): Seen {
  for (;;) {
    const before = disk.lstat(path)
    if (before === undefined) return { kind: 'nothing' }
    const owner = readOwner(disk, path)
    if (owner !== undefined) return { kind: 'owner', owner }
    // It may have been released, and taken by another, while it was read.
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
    const { id, pid, start, where, command } = owner as Partial<Record<keyof Owner, unknown>>
    const texts = [id, start, where, command]
    if (!texts.every((text) => typeof text === 'string') || typeof pid !== 'number')
      return undefined
    if (!/^[0-9a-f-]{36}$/.test(String(id))) return undefined
    return owner as Owner
  } catch {
    return undefined
  }
}

function isAlive(owner: Owner): boolean {
  // Another container's pids cannot be asked about: believe that it lives.
  if (owner.where !== here()) return bootOf(owner.where) === bootOf(here())
  return startOf(owner.pid) === owner.start
}

/** Kills what a build left running when it was killed: it would write into the next one's files. */
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
    } catch {
      // It ended, or it is somebody else's.
    }
  }
}

function startOf(pid: number): string | undefined {
  try {
    // The second field is the program's name in brackets, which may hold anything.
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

function here(): string {
  try {
    return `${bootId()} ${fs.readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return ''
  }
}

function bootOf(where: string): string | undefined {
  return where.split(' ')[0]
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
