// All that a guest has: busybox, the tree's programs, and the script that runs them and tells.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { quoteCommand, quoteWord } from '../../../engine/index.ts'
import { cpio, type Entry, foldersOf } from './cpio.ts'

/** A command to run in a guest, and what its output is called in the results. */
export interface GuestJob {
  readonly name: string
  readonly words: readonly string[]
}

/** A file of the guest: the same path as in the tree, but maybe of another build. */
export interface GuestFile {
  readonly path: string
  /** Where its contents are here. */
  readonly from: string
}

/** What the script and a person in the shell use. */
const APPLETS = [
  ...['sh', 'mount', 'cat', 'echo', 'uname', 'stat', 'sha256sum', 'stty', 'timeout', 'poweroff'],
  ...['ls', 'ps', 'dmesg', 'grep', 'head', 'tail', 'sleep', 'kill', 'true', 'vi', 'less', 'setsid'],
  ...['cttyhack', 'id', 'mkdir', 'rm', 'cp', 'wc', 'clear', 'reset'],
] as const

/** Longest time of one command in a guest, in seconds; the whole guest is bounded as well. */
const JOB_SECONDS = 100

/** @param root absolute folder that relative paths start in */
export function initramfs(
  root: string,
  busybox: string,
  files: readonly GuestFile[],
  jobs: readonly GuestJob[],
): Buffer {
  const contents: Entry[] = [
    { kind: 'file', path: 'init', bytes: Buffer.from(initScript(jobs)) },
    { kind: 'file', path: 'bin/busybox', bytes: readFileSync(busybox) },
    ...APPLETS.map((name): Entry => ({ kind: 'link', path: `bin/${name}`, target: 'busybox' })),
    // Without it the kernel gives the script no standard streams.
    { kind: 'device', path: 'dev/console', major: 5, minor: 1 },
    ...files.map(({ path, from }): Entry => {
      return { kind: 'file', path: inside(path), bytes: readFileSync(resolve(root, from)) }
    }),
  ]
  const places = ['proc/x', 'sys/x', 'tmp/x', ...contents.map(({ path }) => path)]
  return cpio([...foldersOf(places), ...contents])
}

/**
 * The first process. The console is the first serial port; results go to the second, which the
 * kernel never writes to: each a line that says how many bytes follow and what they hash to.
 */
export function initScript(jobs: readonly GuestJob[]): string {
  const lines = jobs.map(({ name, words }) => `run ${quoteWord(name)} ${quoteCommand(words)}`)
  return `#!/bin/sh
export PATH=/bin HOME=/ PS1='guest# '
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tracefs tracefs /sys/kernel/tracing
cd /
send() {
	set -- "$1" "$2" $(sha256sum /tmp/out)
	echo "{\\"name\\":\\"$1\\",\\"status\\":$2,\\"bytes\\":$(stat -c %s /tmp/out),\\"sha256\\":\\"$3\\"}"
	cat /tmp/out
	echo
} > /dev/ttyS1
run() {
	name=$1
	shift
	timeout ${JOB_SECONDS} "$@" > /tmp/out
	send "$name" $?
}
mode=$(cat /proc/cmdline)
case "$mode" in
*bpf-tasks=shell*)
	echo "Linux $(uname -r). The programs are in /build. To leave: poweroff -f"
	setsid cttyhack sh
	poweroff -f
	;;
esac
stty raw -echo < /dev/ttyS1
run boot uname -r
case "$mode" in
*bpf-tasks=trial*) poweroff -f ;;
esac
${lines.join('\n')}
run end true
poweroff -f
`
}

function inside(path: string): string {
  return path.replace(/^\/+/, '')
}
