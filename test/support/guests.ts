// Whether guests can be booted here, and which of a tree are running.
import { readdirSync, readFileSync } from 'node:fs'
import { inPath } from './needs.ts'

/** Why guests cannot be had here; undefined where they can. */
export function guestLack(): string | undefined {
  if (process.arch !== 'x64') return 'these guests are for x86_64'
  for (const program of ['qemu-system-x86_64', 'busybox', 'apt-get', 'clang'])
    if (!inPath(program)) return `no ${program} here`
  return undefined
}

/** Process ids of qemu with files below a folder. */
export function guests(root: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return /^qemu-system-/.test(words[0] ?? '') && words.join(' ').includes(root)
    } catch {
      return false
    }
  })
}
