// Tests that only some machines can run: run there, and elsewhere counted as skipped, aloud.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Test } from 'uvu'
import { mountTracefs, tracefsLack } from './tracefs.ts'
import { repository } from './tree.ts'

export type Need =
  | 'root'
  | 'bpf'
  | 'btf'
  | 'clang'
  | 'cross'
  | 'kprobes'
  | 'machine-id'
  | 'mounts'
  | 'others'
  | 'tracefs'

const lacks: Readonly<Record<Need, () => string | undefined>> = {
  root: () => (process.getuid?.() === 0 ? undefined : 'not root'),
  bpf: () => (process.getuid?.() === 0 ? undefined : 'not allowed to load BPF'),
  btf: () => (existsSync('/sys/kernel/btf/vmlinux') ? undefined : 'this kernel has no BTF'),
  cross: crossLack,
  clang: () => (inPath('clang') ? undefined : 'no clang here'),
  tracefs: tracefsLack,
  'machine-id': () => (machineId() === '' ? 'this machine has no id' : undefined),
  mounts: () =>
    spawnSync('unshare', ['--mount', 'true']).status === 0
      ? undefined
      : 'no mount namespace of its own here, as in a chroot',
  others: othersLack,
  kprobes: () =>
    existsSync('/sys/bus/event_source/devices/kprobe') ? undefined : 'this kernel has no kprobes',
}

function machineId(): string {
  return existsSync('/etc/machine-id') ? readFileSync('/etc/machine-id', 'utf8').trim() : ''
}

/** Can another user load this repository? Not below a home that is its owner's alone. */
function othersLack(): string | undefined {
  for (let folder = repository; folder !== '/'; folder = dirname(folder))
    if ((statSync(folder).mode & 1) === 0) return `${folder} is closed to other users`
  return undefined
}

/** The prefix of the tools for arm64. */
export const CROSS = 'aarch64-linux-gnu-'

/** What cannot be had without: a compiler for arm64, and for that libelf and zlib. */
function crossLack(): string | undefined {
  const compiler = `${CROSS}gcc`
  if (!inPath(compiler)) return `no ${compiler} here (Debian: gcc-aarch64-linux-gnu)`
  const missing = ['libelf', 'libz'].filter((name) => {
    const found = execFileSync(compiler, [`-print-file-name=${name}.so`], { encoding: 'utf8' })
    return !found.startsWith('/')
  })
  if (missing.length === 0) return undefined
  return `no ${missing.join(' and ')} for arm64 here (Debian: libelf-dev:arm64 zlib1g-dev:arm64)`
}

export function inPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(`${folder}/${program}`))
}

/**
 * Declares a test, or where something is missing one that counts as skipped and says why. With
 * `tracefs` it is mounted before the test, where it is not, and until this process ends.
 */
export function testWith<T>(
  test: Test<T>,
  needs: readonly Need[],
  name: string,
  body: (context: T) => Promise<void> | void,
): void {
  const missing = needs.map((need) => lacks[need]()).filter((reason) => reason !== undefined)
  if (missing.length > 0) skip(test, name, missing.join(', '))
  else
    test(name, (context) => {
      if (needs.includes('tracefs')) mountTracefs()
      return body(context)
    })
}

/** Counts a test as skipped and says why. */
export function skip<T>(test: Test<T>, name: string, reason: string): void {
  process.stdout.write(`skipped: ${name}: ${reason}\n`)
  test.skip(name)
}
