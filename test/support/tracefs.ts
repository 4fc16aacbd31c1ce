// Tracefs for tests that start tools directly: mounted where it is not, until this process ends.
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { findTracefs } from '../../tasks/bpf/system/tracefs.ts'

/** A script that mounts it where it is not; for mounts of its own, as `inOwnMounts` has them. */
export const withTracefs =
  '[ -e /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing'

/** A script after which it is mounted nowhere. */
export const withoutTracefs =
  'for at in /sys/kernel/debug /sys/kernel/tracing; do ' +
  'while umount "$at" 2>/dev/null; do :; done; done'

let kept = false

/** Where it is not mounted now, it will not be when this process has ended, whoever mounts it. */
export function leaveTracefs(): void {
  const tracefs = findTracefs()
  if (kept || tracefs.state !== 'unmounted') return
  kept = true
  const [place = ''] = tracefs.mount.slice(-1)
  process.once('exit', () => spawnSync('umount', [place]))
}

/** For the rest of this process it is mounted: for root, on a kernel that has it. */
export function mountTracefs(): void {
  const tracefs = findTracefs()
  if (tracefs.state !== 'unmounted') return
  leaveTracefs()
  const [program = '', ...args] = tracefs.mount
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

/** Why no test can have it here. */
export function tracefsLack(): string | undefined {
  switch (findTracefs().state) {
    case 'mounted':
      return undefined
    case 'unmounted':
      return process.getuid?.() === 0 ? undefined : 'tracefs is not mounted, and only root may'
    case 'absent':
      return 'this kernel shows no tracefs'
  }
}
