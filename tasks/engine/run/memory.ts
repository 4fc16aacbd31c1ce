// How much memory commands may still use: of the machine, and of the control groups it is in.
//
// https://docs.kernel.org/filesystems/proc.html (meminfo), https://docs.kernel.org/admin-guide/cgroup-v2.html
import { posix } from 'node:path'

/** The text of a file of the kernel; undefined where there is none. */
export type ReadText = (path: string) => string | undefined

export const MIB = 1 << 20

/** What one command is expected to need, in bytes: a compiler with a header of 100,000 lines takes some 200 MiB. */
const FOR_ONE = 256 * MIB

const GROUPS = '/sys/fs/cgroup'

/** Bytes that can be used without swapping or being killed; undefined where nothing says so. */
export function freeMemory(read: ReadText): number | undefined {
  const machine = /^MemAvailable:\s+(\d+) kB$/m.exec(read('/proc/meminfo') ?? '')?.[1]
  const known = [...groupsRoom(read), ...(machine === undefined ? [] : [Number(machine) * 1024])]
  return known.length === 0 ? undefined : Math.max(0, Math.min(...known))
}

/**
 * How many commands at once there is memory for, at most `wanted` and at least one.
 * @param one what one needs, in bytes
 */
export function jobsFor(wanted: number, free: number | undefined, one = FOR_ONE): number {
  return free === undefined ? wanted : Math.max(1, Math.min(wanted, Math.floor(free / one)))
}

/** Is there memory for one command more? */
export function hasRoomForOne(free: number | undefined): boolean {
  return free === undefined || free >= FOR_ONE
}

/** Whole MiB, as a person reads it. */
export function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / MIB)} MiB`
}

/** What each group that this process is in leaves it: limits count at every level. */
function groupsRoom(read: ReadText): number[] {
  const room: number[] = []
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (path === undefined || controllers === undefined) continue
    const two = controllers === ''
    if (!two && !controllers.split(',').includes('memory')) continue
    const root = two ? GROUPS : `${GROUPS}/memory`
    for (let at = path; ; at = posix.dirname(at)) {
      const folder = posix.join(root, at)
      const left = two
        ? leftOf(read, folder, 'memory.max', 'memory.current', 'inactive_file')
        : leftOf(
            read,
            folder,
            'memory.limit_in_bytes',
            'memory.usage_in_bytes',
            'total_inactive_file',
          )
      if (left !== undefined) room.push(left)
      if (at === '/' || at === '.') break
    }
  }
  return room
}

/** The limit less what is used and cannot be dropped. */
function leftOf(
  read: ReadText,
  folder: string,
  limit: string,
  used: string,
  droppable: string,
): number | undefined {
  const most = Number(read(`${folder}/${limit}`)?.trim() || Number.NaN)
  const now = Number(read(`${folder}/${used}`)?.trim() || Number.NaN)
  // `max`, and in version 1 a number beyond all memory: no limit.
  if (!Number.isFinite(most) || !Number.isFinite(now) || most > 2 ** 60) return undefined
  const stat = new RegExp(`^${droppable} (\\d+)$`, 'm').exec(read(`${folder}/memory.stat`) ?? '')
  return most - now + Number(stat?.[1] ?? 0)
}
