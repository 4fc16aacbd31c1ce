// All that a guest has: busybox, the tree's programs, and the script that runs them and reports.
import { readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { quoteCommand, quoteWord, UserError } from '../../../engine/index.ts'
import { cpio, type Entry, foldersOf } from './cpio.ts'
import { machines } from './machine.ts'

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
  ...['false', 'touch', 'ln', 'mv', 'dd', 'env', 'test', 'insmod', 'ip', 'ping', 'nc', 'wget'],
  ...['tr', 'seq', 'date', 'hostname', 'usleep', 'find', 'xargs', 'sed', 'awk'],
] as const

/** Longest time of one command in a guest, in seconds; the whole guest is bounded as well. */
const JOB_SECONDS = 100

/** What an initramfs is made of. */
export interface GuestPlan {
  /** By the kernel's name. */
  readonly arch: string
  readonly files: readonly GuestFile[]
  readonly jobs: readonly GuestJob[]
}

/**
 * @param root absolute folder that relative paths start in
 * @throws UserError for a program of another architecture, or one that needs libraries
 */
export function initramfs(root: string, busybox: string, plan: GuestPlan): Buffer {
  const machine = machines.get(plan.arch)
  if (machine === undefined) throw new UserError({ what: `there are no guests for ${plan.arch}` })
  const contents: Entry[] = [
    { kind: 'file', path: 'init', bytes: Buffer.from(initScript(plan.jobs, machine.results)) },
    { kind: 'file', path: 'bin/busybox', bytes: program(busybox, plan.arch) },
    ...APPLETS.map((name): Entry => ({ kind: 'link', path: `bin/${name}`, target: 'busybox' })),
    // Without it the kernel gives the script no standard streams.
    { kind: 'device', path: 'dev/console', major: 5, minor: 1 },
    ...plan.files.map(({ path, from }): Entry => {
      return { kind: 'file', path: inside(path), bytes: program(resolve(root, from), plan.arch) }
    }),
  ]
  const places = ['proc/x', 'sys/x', 'tmp/x', 'run/x', ...contents.map(({ path }) => path)]
  return cpio([...foldersOf(places), ...contents])
}

/** Modules of a kernel, which the script loads in this order; the kernel unpacks it over the rest. */
export function modulesArchive(paths: readonly string[]): Buffer {
  const files = paths.map((path, at): Entry => {
    const name = `modules/${String(at).padStart(3, '0')}-${basename(path)}`
    return { kind: 'file', path: name, bytes: readFileSync(path) }
  })
  return cpio([...foldersOf(['modules/x']), ...files])
}

/** Types that are found in place of the kernel's own. */
export function btfArchive(path: string): Buffer {
  return cpio([{ kind: 'file', path: 'kernel.btf', bytes: readFileSync(path) }])
}

/** `e_machine` of objects for BPF: elf(5). */
const EM_BPF = 247

/** What a file holds; a program has to be one that runs in the guest. */
function program(path: string, arch: string): Buffer {
  const bytes = readFileSync(path)
  if (!bytes.subarray(0, 4).equals(Buffer.from('\x7fELF'))) return bytes
  const isLittle = bytes[5] === 1
  const found = isLittle ? bytes.readUInt16LE(18) : bytes.readUInt16BE(18)
  const machine = machines.get(arch)
  if (found !== EM_BPF && found !== machine?.elf) {
    throw new UserError({
      what: `${path} is not a program for ${arch}, which the guest is`,
      hint: `build for it: CROSS_COMPILE=${machine?.cross}`,
    })
  }
  // Such a program names who loads them, near its beginning: elf(5), PT_INTERP.
  if (found !== EM_BPF && bytes.subarray(0, 4096).includes('/ld-')) {
    throw new UserError({
      what: `${path} needs libraries, which the guests do not have`,
      hint: 'one that is linked statically is needed: Debian has busybox-static',
    })
  }
  return bytes
}

/**
 * The first process. The console is the first serial port; results go to the second, which the
 * kernel never writes to: each a line that says how many bytes follow and what they hash to.
 */
export function initScript(jobs: readonly GuestJob[], results: string): string {
  const lines = jobs.map(({ name, words }) => `run ${quoteWord(name)} ${quoteCommand(words)}`)
  return `#!/bin/sh
export PATH=/bin HOME=/ PS1='guest# '
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tracefs tracefs /sys/kernel/tracing
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
mode=$(cat /proc/cmdline)
case "$mode" in
*bpf-tasks.btf=hidden*) mount -t tmpfs none /sys/kernel/btf ;;
esac
# Where libbpf looks when the kernel has no BTF itself.
[ ! -e /kernel.btf ] || { mkdir -p /boot && ln -s /kernel.btf "/boot/vmlinux-$(uname -r)"; }
for module in /modules/*; do
	[ ! -e "$module" ] || insmod "$module"
done
cd /
send() {
	set -- "$1" "$2" $(sha256sum /tmp/out)
	echo "{\\"name\\":\\"$1\\",\\"status\\":$2,\\"bytes\\":$(stat -c %s /tmp/out),\\"sha256\\":\\"$3\\"}"
	cat /tmp/out
	echo
} > /dev/${results}
run() {
	name=$1
	shift
	echo "bpf-tasks: $name"
	timeout ${JOB_SECONDS} "$@" > /tmp/out
	send "$name" $?
}
case "$mode" in
*bpf-tasks=shell*)
	echo "Linux $(uname -r). The programs are in /build. To leave: poweroff -f"
	setsid cttyhack sh
	poweroff -f
	;;
esac
stty raw -echo < /dev/${results}
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
