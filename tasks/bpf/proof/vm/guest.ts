// Boots one kernel in qemu, bounded in time and memory, and tells how that ended.
import { accessSync, constants, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isErrno, type TaskContext, UserError, unlessErrno } from '../../../engine/index.ts'
import { findProgram } from '../../system/index.ts'
import type { Kernel } from './kernel.ts'
import { type Result, readResults } from './results.ts'

/** How the guest's instructions are run: by the processor itself, or by qemu's translator. */
export type Accelerator = 'kvm' | 'tcg'

/** What the guest's script does: its jobs, only boot, or a shell for a person. */
export type GuestMode = 'jobs' | 'trial' | 'shell'

export interface Boot {
  readonly kernel: Kernel
  readonly accelerator: Accelerator
  /** Absolute path of the initramfs. */
  readonly initramfs: string
  /** Absolute folder for what the guest writes. */
  readonly folder: string
  /** After which it is ended. */
  readonly seconds: number
}

export interface GuestRun {
  readonly results: readonly Result[]
  /** What `uname -r` said in it. */
  readonly release: string | undefined
  /** Why it did not come to its end, with the last lines of its console; undefined where it did. */
  readonly problem: { readonly what: string; readonly console: string } | undefined
  readonly ms: number
}

const MEMORY = 512
const CONSOLE_LINES = 15

/** @throws UserError where qemu itself fails */
export async function runGuest(ctx: TaskContext, boot: Boot, mode: GuestMode): Promise<GuestRun> {
  rmSync(boot.folder, { recursive: true, force: true })
  mkdirSync(boot.folder, { recursive: true })
  const consoleFile = join(boot.folder, 'console')
  const resultsFile = join(boot.folder, 'results')
  const ports = ['-serial', `file:${consoleFile}`, '-serial', `file:${resultsFile}`]
  const started = performance.now()
  const words = [...bounded(boot.seconds), ...qemu(ctx, boot, mode), ...ports]
  const { status, stderr } = await ctx.run(words, { output: 'capture', nothrow: true })
  const ms = performance.now() - started
  const results = readResults(readOrNothing(resultsFile))
  const text = readOrNothing(consoleFile).toString('utf8')
  const release = results.find(({ name }) => name === 'boot')?.output.trim()
  const ended = results.some(({ name }) => name === (mode === 'trial' ? 'boot' : 'end'))
  const what = ended ? undefined : whatHappened(status, text, ms, boot.seconds)
  const console = [tellingLines(text), stderr.trim()].filter((part) => part !== '').join('\n')
  return { results, release, ms, problem: what === undefined ? undefined : { what, console } }
}

/** A guest with its console on the terminal; returns qemu's exit status. */
export async function guestShell(ctx: TaskContext, boot: Boot): Promise<number> {
  const words = [...qemu(ctx, boot, 'shell'), '-serial', 'mon:stdio', '-serial', 'null']
  const { status } = await ctx.run(words, { nothrow: true })
  return status ?? 130
}

/** Whether a guest boots with /dev/kvm: that it is there does not say so. */
export async function chooseAccelerator(
  ctx: TaskContext,
  boot: Omit<Boot, 'accelerator'>,
): Promise<{ readonly accelerator: Accelerator; readonly why: string }> {
  const canUse = unlessErrno(() => {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK)
    return true
  })
  if (canUse === undefined) return { accelerator: 'tcg', why: '/dev/kvm is not to be had' }
  const trial = await runGuest(ctx, { ...boot, accelerator: 'kvm' }, 'trial')
  if (trial.problem === undefined) return { accelerator: 'kvm', why: 'it boots a guest' }
  const [said = `it ${trial.problem.what}`] = trial.problem.console.split('\n').filter(Boolean)
  return { accelerator: 'tcg', why: `/dev/kvm boots no guest: ${said}` }
}

/** Ended when the time is over, and with the runner, even when that is killed: prctl(2), PDEATHSIG. */
function bounded(seconds: number): string[] {
  const withParent = ['setpriv', '--pdeathsig', 'KILL']
  return [...withParent, 'timeout', '--kill-after=2', `${seconds}`, ...withParent]
}

function qemu(ctx: TaskContext, boot: Boot, mode: GuestMode): string[] {
  const program = 'qemu-system-x86_64'
  if (findProgram(program, ctx.environment) === undefined) {
    throw new UserError({ what: `${program} is not here`, hint: 'npx tsx tasks.ts setup --vm' })
  }
  const options = ['console=ttyS0', 'quiet', 'panic=-1', 'rdinit=/init', `bpf-tasks=${mode}`]
  return [
    program,
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-monitor', 'none'],
    ...['-accel', boot.accelerator, '-cpu', 'max', '-smp', '2', '-m', `${MEMORY}`],
    ...['-kernel', boot.kernel.image, '-initrd', boot.initramfs, '-append', options.join(' ')],
  ]
}

/** What became of a guest that did not tell all. */
export function whatHappened(
  status: number | null,
  console: string,
  ms: number,
  seconds: number,
): string {
  const panic = /Kernel panic - not syncing: (.*)/.exec(console)?.[1]
  if (panic !== undefined) return `panicked: ${panic.trim()}`
  if (ms >= seconds * 1000) return `did not end within ${seconds} s`
  if (status !== 0) return status === null ? 'was killed' : `was ended: qemu's status is ${status}`
  return 'ended before it had told all'
}

/** Where it panicked from there on, else the end. */
function tellingLines(console: string): string {
  const lines = console
    .replaceAll('\r', '')
    .split('\n')
    .filter((line) => line.trim() !== '')
  const panic = lines.findIndex((line) => line.includes('Kernel panic'))
  const start = panic === -1 ? Math.max(0, lines.length - CONSOLE_LINES) : panic
  return lines.slice(start, start + CONSOLE_LINES).join('\n')
}

function readOrNothing(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
    return Buffer.alloc(0)
  }
}
