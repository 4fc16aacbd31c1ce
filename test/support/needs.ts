// Tests that only some machines can run: run there, and elsewhere counted as skipped, aloud.
import { existsSync } from 'node:fs'
import type { Test } from 'uvu'

export type Need = 'root' | 'bpf' | 'btf' | 'clang' | 'kprobes' | 'tracefs'

const lacks: Readonly<Record<Need, () => string | undefined>> = {
  root: () => (process.getuid?.() === 0 ? undefined : 'not root'),
  bpf: () => (process.getuid?.() === 0 ? undefined : 'not allowed to load BPF'),
  btf: () => (existsSync('/sys/kernel/btf/vmlinux') ? undefined : 'this kernel has no BTF'),
  clang: () => (inPath('clang') ? undefined : 'no clang here'),
  tracefs: () =>
    ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'].some((folder) =>
      existsSync(`${folder}/events`),
    )
      ? undefined
      : 'tracefs is not mounted',
  kprobes: () =>
    existsSync('/sys/bus/event_source/devices/kprobe') ? undefined : 'this kernel has no kprobes',
}

export function inPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(`${folder}/${program}`))
}

/** Declares a test, or where something is missing one that counts as skipped and says why. */
export function testWith<T>(
  test: Test<T>,
  needs: readonly Need[],
  name: string,
  body: (context: T) => Promise<void> | void,
): void {
  const missing = needs.map((need) => lacks[need]()).filter((reason) => reason !== undefined)
  if (missing.length === 0) test(name, body as never)
  else skip(test, name, missing.join(', '))
}

/** Counts a test as skipped and says why. */
export function skip<T>(test: Test<T>, name: string, reason: string): void {
  process.stdout.write(`skipped: ${name}: ${reason}\n`)
  test.skip(name)
}
