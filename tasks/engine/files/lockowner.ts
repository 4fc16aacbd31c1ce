// Whether the owner of a lock lives: by its pid where that means something, else by its socket.
import * as fs from 'node:fs'
import { isErrno } from '../base/index.ts'
import type { Disk } from './disk.ts'
import { LifeSign, socketPath } from './lifesign.ts'

/** Who holds a lock. A pid alone may belong to another process by now; with its start it cannot. */
export interface Owner {
  readonly id: string
  readonly pid: number
  /** When it started, in ticks since boot: field 22 of /proc/PID/stat (proc(5)). */
  readonly start: string
  /** This boot of this kernel; '' where /proc does not say. */
  readonly boot: string
  /** machine-id(5); '' where there is none. */
  readonly machine: string
  /** Process-id namespace: in another one the pid means nothing. */
  readonly pids: string
  /** Does it listen on a socket beside the lock? */
  readonly hasSocket: boolean
  readonly command: string
}

/** `unknown`: nothing here can tell. */
export type Life = 'alive' | 'dead' | 'unknown'

/** File systems that several machines may share, by `f_type` of statfs(2). */
const SHARED = new Set([
  0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0x01021997, 0x65735546, 0x00c36400, 0x01161970,
  0x7461636f,
])

/** What an owner says of itself. */
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
 * | of another boot, on a shared file system | both name one machine id; else nothing can tell |
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

/** When a process started, as {@link Owner.start}; undefined when it has ended. */
export function startOf(pid: number): string | undefined {
  // The second field is the program's name in brackets, which may hold anything.
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
