// Which processes have a file open, from /proc: proc_pid_fd(5). Opens nothing itself.
import { readdirSync, readFileSync, readlinkSync, type Stats, statSync } from 'node:fs'
import { basename } from 'node:path'
import { quoteCommand } from '../../engine/index.ts'

export interface Opener {
  readonly pid: number
  /** As it was started, or the kernel's name for it. */
  readonly command: string
}

/** Those that this user may look into; only root sees everybody's. */
export function openersOf(path: string): Opener[] {
  const file = look(path)
  if (file === undefined) return []
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids
    .filter((pid) => hasOpen(pid, file, basename(path)))
    .map((pid) => ({ pid: Number(pid), command: commandOf(pid) }))
}

/** By device and inode: another place where its file system is mounted has another path. */
function hasOpen(pid: string, file: Stats, name: string): boolean {
  return descriptors(pid).some((descriptor) => {
    if (!target(descriptor).endsWith(`/${name}`)) return false
    const open = look(descriptor)
    return open?.ino === file.ino && open.dev === file.dev
  })
}

function descriptors(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => `/proc/${pid}/fd/${fd}`)
  } catch {
    return [] // Ended, or somebody else's.
  }
}

function target(descriptor: string): string {
  try {
    return readlinkSync(descriptor)
  } catch {
    return ''
  }
}

function look(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

function commandOf(pid: string): string {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
    return words.length > 0 ? quoteCommand(words) : readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return 'ended meanwhile'
  }
}
