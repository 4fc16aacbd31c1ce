// Boots one kernel in qemu, bounded in time and memory, and reports how that ended.
import * as fs from 'node:fs'
import { join } from 'node:path'
import { isErrno } from '../../../engine/index.ts'
import type { Machine } from './machine.ts'
import { type Result, readResults } from './results.ts'

/** How the guest's instructions are run: by the processor itself, or by qemu's translator. */
export type Accelerator = 'kvm' | 'tcg'

/** What the guest's script does: its jobs, only boot, or a shell for a person. */
export type GuestMode = 'jobs' | 'trial' | 'shell'

export interface Boot {
  readonly machine: Machine
  /** Absolute path of the kernel. */
  readonly image: string
  readonly accelerator: Accelerator
  /** Absolute path of the initramfs. */
  readonly initramfs: string
  /** Act as a kernel without BTF of its own. */
  readonly hidesBtf: boolean
}

/** A boot that is waited for. */
export interface BoundedBoot extends Boot {
  /** Absolute folder for what the guest writes. */
  readonly folder: string
  /** After which it is ended. */
  readonly seconds: number
}

/** Why a guest did not come to its end. */
export interface Problem {
  readonly what: string
  /** The lines of its console that say where. */
  readonly console: readonly string[]
}

export interface GuestRun {
  readonly results: readonly Result[]
  /** What `uname -r` said in it; null where it did not get to that. */
  readonly release: string | null
  readonly problem: Problem | null
  /** All of its console. */
  readonly console: string
  readonly ms: number
}

/** Runs one command to its end. */
export type Start = (
  words: readonly string[],
) => Promise<{ readonly status: number | null; readonly stderr: string }>

/** Of a guest, in MiB. */
export const MEMORY = 512
const CONSOLE_LINES = 15

export async function runGuest(
  start: Start,
  boot: BoundedBoot,
  mode: GuestMode,
): Promise<GuestRun> {
  fs.mkdirSync(boot.folder, { recursive: true })
  const consoleFile = join(boot.folder, 'console')
  const resultsFile = join(boot.folder, 'results')
  for (const file of [consoleFile, resultsFile]) fs.rmSync(file, { force: true })
  const ports = boot.machine.ports(`file:${consoleFile}`, `file:${resultsFile}`)
  const started = performance.now()
  const words = [...bounded(boot.seconds), ...qemu(boot, mode), ...ports]
  const { status, stderr } = await start(words)
  const ms = Math.round(performance.now() - started)
  const results = readResults(readOrNothing(resultsFile))
  const console = readOrNothing(consoleFile).toString('utf8').replaceAll('\r', '')
  const release = results.find(({ name }) => name === 'boot')?.output.trim() ?? null
  const ended = results.some(({ name }) => name === (mode === 'trial' ? 'boot' : 'end'))
  const what = ended ? undefined : whatHappened(status, console, ms, boot.seconds)
  const lines = [...tellingLines(console), ...nonEmpty(stderr)]
  return { results, release, ms, console, problem: what ? { what, console: lines } : null }
}

/** A guest with its console on the terminal. */
export function shellCommand(boot: Boot): readonly string[] {
  return [...qemu(boot, 'shell'), ...boot.machine.ports('mon:stdio', 'null')]
}

/** Ended when the time is over, and with who started it, even when that is killed: prctl(2), PDEATHSIG. */
function bounded(seconds: number): string[] {
  const withParent = ['setpriv', '--pdeathsig', 'KILL']
  return [...withParent, 'timeout', '--kill-after=2', `${seconds}`, ...withParent]
}

function qemu({ machine, ...boot }: Boot, mode: GuestMode): string[] {
  const options = [`console=${machine.console}`, 'quiet', 'panic=-1', 'rdinit=/init']
  const own = [`bpf-tasks=${mode}`, ...(boot.hidesBtf ? ['bpf-tasks.btf=hidden'] : [])]
  return [
    machine.program,
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-monitor', 'none'],
    ...['-accel', boot.accelerator, ...machine.arguments, '-smp', '2', '-m', `${MEMORY}`],
    ...['-kernel', boot.image, '-initrd', boot.initramfs],
    ...['-append', [...options, ...own].join(' ')],
  ]
}

/** What became of a guest that did not report all. */
export function whatHappened(
  status: number | null,
  console: string,
  ms: number,
  seconds: number,
): string {
  const panic = /Kernel panic - not syncing: (.*)/.exec(console)?.[1]
  const where = whereItWas(console)
  if (panic !== undefined) return `panicked${where}: ${panic.trim()}`
  if (ms >= seconds * 1000) return `did not end within ${seconds} s${where}`
  if (status !== 0) return status === null ? 'was killed' : `was ended: qemu's status is ${status}`
  return `ended before it had reported all${where}`
}

/** The job that the guest's script began last: it says so on the console, and the kernel may end that very line. */
function whereItWas(console: string): string {
  const job = [...console.matchAll(/^bpf-tasks: (.+?)(?:\[ *\d+\.\d{6}\].*)?$/gm)].at(-1)?.[1]
  return job === undefined ? '' : ` in ‘${job}’`
}

/** Where it panicked from there on, else the end. */
function tellingLines(console: string): readonly string[] {
  const lines = nonEmpty(console)
  const panic = lines.findIndex((line) => line.includes('Kernel panic'))
  const start = panic === -1 ? Math.max(0, lines.length - CONSOLE_LINES) : panic
  return lines.slice(start, start + CONSOLE_LINES)
}

function nonEmpty(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.trim() !== '')
}

function readOrNothing(path: string): Buffer {
  try {
    return fs.readFileSync(path)
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
    return Buffer.alloc(0)
  }
}
