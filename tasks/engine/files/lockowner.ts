// Decides whether the owner of a lock lives: by its pid in the same pid namespace, else by its socket.
import * as fs from 'node:fs'
import { isErrno } from '../base/index.ts'
import type { Disk } from './disk.ts'
import { LifeSign, socketPath } from './lifesign.ts'

/** The owner of a lock. A pid may have been reused; a pid with a start time has not. */
export interface Owner {
  readonly id: string
  readonly pid: number
  /** Start time in ticks since boot: field 22 of /proc/PID/stat (proc(5)). */
  readonly start: string
  /** Id of this boot; '' if /proc does not say. */
  readonly boot: string
  /** machine-id(5); '' if there is none. */
  readonly machine: string
  /** The pid namespace. In another one the pid means nothing. */
  readonly pids: string
  /** Does it listen on a socket beside the lock? */
  readonly hasSocket: boolean
  readonly command: string
}

/** `unknown`: it cannot be decided on this machine. */
export type Life = 'alive' | 'dead' | 'unknown'

/** File systems that several machines may share, by `f_type` of statfs(2). */
const SHARED = new Set([
  0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0x01021997, 0x65735546, 0x00c36400, 0x01161970,
  0x7461636f,
])

/** This process as an owner. */
export function ownLife(hasSocket: boolean): Omit<Owner, 'id' | 'command'> {
  return {
    pid: process.pid,
    start: startOf(process.pid) ?? '',
    boot: orNothing(() => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()),
    machine: orNothing(() => fs.readFileSync('/etc/machine-id', 'latin1').trim()),
    pids: orNothing(() => fs.readlinkSync('/proc/self/ns/pid')),
    hasSocket,
  }
}

/**
 * | the owner | it is dead when |
 * |---|---|
 * | in this pid namespace | no process has its pid and start time |
 * | in another one of this kernel | its socket refuses |
 * | of another boot, on a disk of this machine alone | always: that boot is over |
 * | of another boot, on a shared file system | both have one machine id; else it is unknown |
 */
export async function isAlive(disk: Disk, lock: string, owner: Owner): Promise<Life> {
  const here = ownLife(false)
  if (owner.boot === here.boot) {
    if (owner.pids === here.pids) return startOf(owner.pid) === owner.start ? 'alive' : 'dead'
    if (!owner.hasSocket) return 'unknown'
    const answer = await LifeSign.answers(disk, socketPath(lock, owner.id))
    return answer === 'accepted' ? 'alive' : answer === 'refused' ? 'dead' : 'unknown'
  }
  if (owner.machine !== '' && owner.machine === here.machine) return 'dead'
  return isShared(disk.at(lock)) ? 'unknown' : 'dead'
}

/** The start time of a process, as in {@link Owner.start}; undefined if it has ended. */
export function startOf(pid: number): string | undefined {
  // The second field is the program's name in brackets, which may contain anything.
  const stat = orNothing(() => fs.readFileSync(`/proc/${pid}/stat`, 'latin1'))
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' ? undefined : fields[19]
}

function isShared(path: string): boolean {
  try {
    return SHARED.has(fs.statfsSync(path).type)
  } catch (error) {
    if (isErrno(error)) return true
    throw error
  }
}

function orNothing(read: () => string): string {
  try {
    return read()
  } catch (error) {
    if (isErrno(error)) return ''
    throw error
  }
}
