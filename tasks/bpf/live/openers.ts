// Which processes have a file open, from /proc: proc_pid_fd(5). Opens nothing itself.
import { readdirSync, readFileSync, readlinkSync, type Stats, statSync } from 'node:fs'
import { basename } from 'node:path'
import { quoteCommand, unlessErrno } from '../../engine/index.ts'

export interface Opener {
  readonly pid: number
  /** As it was started, or the kernel's name for it. */
  readonly command: string
}

/** Those that this user may look into; only root sees everybody's. */
export function openersOf(path: string): Opener[] {
  const file = unlessErrno(() => statSync(path))
  if (file === undefined) return []
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids
    .filter((pid) => hasOpen(pid, file, basename(path)))
    .map((pid) => ({ pid: Number(pid), command: commandOf(pid) }))
}

/** By device and inode: another place where its file system is mounted has another path. */
function hasOpen(pid: string, file: Stats, name: string): boolean {
  return descriptors(pid).some((descriptor) => {
    if (unlessErrno(() => readlinkSync(descriptor))?.endsWith(`/${name}`) !== true) return false
    const open = unlessErrno(() => statSync(descriptor))
    return open?.ino === file.ino && open.dev === file.dev
  })
}

function descriptors(pid: string): string[] {
  // None of one that has ended, or is somebody else's.
  const names = unlessErrno(() => readdirSync(`/proc/${pid}/fd`)) ?? []
  return names.map((fd) => `/proc/${pid}/fd/${fd}`)
}

function commandOf(pid: string): string {
  const read = (name: string) => unlessErrno(() => readFileSync(`/proc/${pid}/${name}`, 'utf8'))
  const words = read('cmdline')?.split('\0').slice(0, -1) ?? []
  return words.length > 0 ? quoteCommand(words) : (read('comm')?.trim() ?? 'ended meanwhile')
}
