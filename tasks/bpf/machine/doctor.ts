// The doctor task: what this machine has of all that building and running BPF takes, line by line.
//
// `gather` looks at the machine and never fails; `checksOf` judges what it saw.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { machine } from 'node:os'
import process from 'node:process'
import {
  type Event,
  isErrno,
  quoteCommand,
  type TaskContext,
  type Tool,
} from '../../engine/index.ts'
import { findProgram } from '../system/sudo.ts'
import { findTracefs, type Tracefs } from '../system/tracefs.ts'
import { type Need, needs, placesOf } from '../toolchain/packages.ts'
import { bpftool, cc, clang, llvmStrip } from '../toolchain/programs.ts'
import { settings } from '../toolchain/settings.ts'
import { type Seen, seeBpftool, seeLibbpf, seeTool } from './chosentools.ts'
import { featureChecks } from './librarychecks.ts'
import { roomCheck } from './parallelcheck.ts'

export type Check = Extract<Event, { type: 'check' }>

/** Undefined stands for: not there, or not to be known because a tool for it is not there. */
export interface Facts {
  readonly clang: Seen
  /** Undefined when clang compiles for the target bpf, else what it said. */
  readonly clangRefusesBpf: string | undefined
  readonly bpftool: Seen
  readonly skeletons: boolean | undefined
  /** The libbpf in bpftool, as `1.5`. */
  readonly bpftoolLibbpf: string | undefined
  readonly cc: Seen
  readonly llvmStrip: Seen
  /** By the name of the need, where its file is; a need that is missing has no entry. */
  readonly files: ReadonlyMap<string, string>
  /** The libbpf to build with. */
  readonly libbpf: Seen
  readonly btf: {
    readonly path: string
    readonly state: 'readable' | 'denied' | 'missing'
    /** A vmlinux.h that makes BTF needless for the build. */
    readonly header: string | undefined
  }
  readonly kprobes: boolean
  readonly tracefs: Tracefs
  readonly rights: {
    readonly root: boolean
    /** The effective capabilities, a bit each: capabilities(7). */
    readonly capabilities: bigint
    /** What kernel.unprivileged_bpf_disabled holds. */
    readonly unprivilegedDisabled: string | undefined
    readonly sudo: boolean
  }
}

const mend = 'npx tsx tasks.ts setup'

/** Tells what is there and what is not; returns 1 when the build could not work. */
export async function diagnose(ctx: TaskContext): Promise<number> {
  const checks = [...checksOf(await gather(ctx)), ...(await featureChecks(ctx)), await roomCheck()]
  for (const check of checks) ctx.emit(check)
  const missing = checks.filter(({ status }) => status === 'missing')
  const warnings = checks.filter(({ status }) => status === 'warning')
  ctx.say(verdict(missing.length, warnings.length))
  return missing.length > 0 ? 1 : 0
}

/** The last line: whether the build can work, and how much there is to say about it. */
export function verdict(missing: number, warnings: number): string {
  if (missing > 0) return `the build cannot work here: ${missing} missing`
  if (warnings > 0) return `the build can work here, with ${counted(warnings, 'warning')}`
  return 'all is well'
}

/** One line for each thing; `missing` only for what the build cannot do without. */
export function checksOf(facts: Facts): Check[] {
  return [
    toolCheck('clang', facts.clang, 'missing'),
    ...targetChecks(facts),
    toolCheck('bpftool', facts.bpftool, 'missing'),
    ...skeletonChecks(facts),
    ...libbpfAgeChecks(facts),
    toolCheck('cc', facts.cc, 'missing'),
    toolCheck('llvm-strip', facts.llvmStrip, 'warning'),
    toolCheck('libbpf', facts.libbpf, 'missing'),
    ...fileChecks(facts),
    btfCheck(facts),
    kprobesCheck(facts),
    tracefsCheck(facts),
    rightsCheck(facts),
  ]
}

function toolCheck(name: string, seen: Seen, otherwise: 'missing' | 'warning'): Check {
  if ('path' in seen) return ok(name, `${seen.path} ${seen.version}`)
  return check(name, otherwise, seen.problem, seen.hint ?? mend)
}

function targetChecks({ clang, clangRefusesBpf }: Facts): Check[] {
  const name = 'clang bpf target'
  if (!('path' in clang)) return []
  if (clangRefusesBpf === undefined) return [ok(name, 'compiles')]
  return [check(name, 'missing', clangRefusesBpf, 'CLANG=/path/to/a/clang that has the target bpf')]
}

function skeletonChecks({ bpftool, skeletons }: Facts): Check[] {
  const name = 'bpftool skeleton'
  if (!('path' in bpftool)) return []
  if (skeletons === true) return [ok(name, 'supported')]
  return [
    check(name, 'missing', 'not supported', 'BPFTOOL=/path/to/a/bpftool of Linux 5.6 or later'),
  ]
}

/** A skeleton may use what only the libbpf of its bpftool has. */
function libbpfAgeChecks({ bpftool, bpftoolLibbpf, libbpf }: Facts): Check[] {
  const name = "bpftool's libbpf"
  if (!('path' in bpftool)) return []
  if (bpftoolLibbpf === undefined) return [ok(name, 'does not say its version')]
  if (!('path' in libbpf) || !isNewer(bpftoolLibbpf, libbpf.version)) {
    return [ok(name, bpftoolLibbpf)]
  }
  const detail = `${bpftoolLibbpf} is newer than the ${libbpf.version} that is linked`
  const hint = 'if a skeleton does not compile: BPFTOOL=/path/to/an/older/bpftool'
  return [check(name, 'warning', detail, hint)]
}

/** Headers, libraries and programs that are known by a file of theirs. */
function fileChecks({ files }: Facts): Check[] {
  return needs.filter(isFile).map(({ name }) => {
    const path = files.get(name)
    return path === undefined ? check(name, 'missing', 'not found', mend) : ok(name, path)
  })
}

/** Which libbpf it is depends on a setting: that has a line of its own. */
function isFile({ name, sign }: Need): boolean {
  return sign.kind !== 'tool' && !name.startsWith('libbpf')
}

function btfCheck({ btf }: Facts): Check {
  const name = 'kernel BTF'
  if (btf.header !== undefined) return ok(name, `not needed: VMLINUX_H is ${btf.header}`)
  switch (btf.state) {
    case 'readable':
      return ok(name, btf.path)
    case 'denied':
      return check(name, 'missing', `${btf.path} may not be read`, `sudo chmod a+r ${btf.path}`)
    case 'missing': {
      const hint = 'VMLINUX_BTF=/path/to/vmlinux, or VMLINUX_H=/path/to/vmlinux.h'
      return check(name, 'missing', `${btf.path} is not there`, hint)
    }
    default:
      return btf.state satisfies never
  }
}

function kprobesCheck({ kprobes }: Facts): Check {
  if (kprobes) return ok('kprobes', 'supported')
  const detail = 'not in this kernel: programs on tracepoints run, those on kprobes do not'
  return check('kprobes', 'warning', detail, 'boot a kernel with CONFIG_KPROBE_EVENTS=y')
}

function tracefsCheck({ tracefs, rights }: Facts): Check {
  switch (tracefs.state) {
    case 'mounted':
      return ok('tracefs', tracefs.path)
    case 'unmounted': {
      const mount = rights.root ? tracefs.mount : ['sudo', ...tracefs.mount]
      return check('tracefs', 'warning', 'not mounted', quoteCommand(mount))
    }
    case 'absent':
      return check(
        'tracefs',
        'warning',
        'not in this kernel',
        'boot a kernel with CONFIG_TRACING=y',
      )
    default:
      return tracefs satisfies never
  }
}

/** CAP_BPF and CAP_PERFMON since Linux 5.8, or CAP_SYS_ADMIN: capabilities(7). */
function rightsCheck({ rights }: Facts): Check {
  const name = 'rights'
  const has = (bit: bigint) => ((rights.capabilities >> bit) & 1n) === 1n
  const [sysAdmin, perfmon, bpf] = [21n, 38n, 39n]
  const user = rights.root ? 'root' : 'not root'
  if (has(sysAdmin)) return ok(name, `${user}, CAP_SYS_ADMIN`)
  if (has(bpf) && has(perfmon)) return ok(name, `${user}, CAP_BPF and CAP_PERFMON`)
  const sysctl = `kernel.unprivileged_bpf_disabled=${rights.unprivilegedDisabled ?? 'unknown'}`
  const detail = `${user}, without CAP_BPF and CAP_PERFMON; ${sysctl}`
  if (rights.root)
    return check(name, 'warning', detail, 'give the container CAP_BPF and CAP_PERFMON')
  const hint = rights.sudo
    ? 'sudo -v  # the run tasks go through sudo'
    : 'su  # there is no sudo here'
  return check(name, 'warning', detail, hint)
}

/** The version of libbpf that `bpftool -V` names, as `1.5`; old ones name none. */
export function libbpfOfBpftool(text: string): string | undefined {
  return /^using libbpf v(\d+\.\d+)/m.exec(text)?.[1]
}

/** The effective capabilities in the text of /proc/self/status; none where it has no such line. */
export function capabilitiesOf(status: string): bigint {
  const digits = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1]
  return digits === undefined ? 0n : BigInt(`0x${digits}`)
}

function isNewer(a: string, b: string): boolean {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number)
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number)
  return aMajor === bMajor ? aMinor > bMinor : aMajor > bMajor
}

/** Looks at everything; what cannot be found out is a fact as well. */
export async function gather(ctx: TaskContext): Promise<Facts> {
  const chosen = await seeBpftool(ctx)
  const seen = {
    clang: await seeTool(ctx, clang),
    bpftool: chosen.seen,
    cc: await seeTool(ctx, cc),
    llvmStrip: await seeTool(ctx, llvmStrip),
    libbpf: await seeLibbpf(ctx),
  }
  const canAsk = 'path' in seen.bpftool && chosen.libbpf === undefined
  const tracefs = findTracefs()
  return {
    ...seen,
    clangRefusesBpf: 'path' in seen.clang ? await refusalOfBpf(ctx) : undefined,
    skeletons: canAsk ? await hasSkeletons(ctx) : 'path' in seen.bpftool ? true : undefined,
    bpftoolLibbpf: canAsk ? libbpfOfBpftool(await said(ctx, [bpftool, '-V'])) : chosen.libbpf,
    files: findFiles(ctx),
    btf: await seeBtf(ctx),
    kprobes: hasKprobes(tracefs),
    tracefs,
    rights: {
      root: process.geteuid?.() === 0,
      capabilities: capabilitiesOf(readText('/proc/self/status')),
      unprivilegedDisabled:
        readText('/proc/sys/kernel/unprivileged_bpf_disabled').trim() || undefined,
      sudo: findProgram('sudo', ctx.environment) !== undefined,
    },
  }
}

/** Compiles nothing for the target: a clang that was built without it says so. */
async function refusalOfBpf(ctx: TaskContext): Promise<string | undefined> {
  const command = [clang, '-target', 'bpf', '-S', '-x', 'c', '/dev/null', '-o', '-']
  const { status, stderr } = await ctx.run(command, { output: 'capture', nothrow: true })
  if (status === 0) return undefined
  return stderr.trim().split('\n')[0] || `clang ended with status ${status}`
}

async function hasSkeletons(ctx: TaskContext): Promise<boolean> {
  return /\bgen skeleton\b/.test(await said(ctx, [bpftool, 'gen', 'help']))
}

async function said(ctx: TaskContext, command: readonly (Tool | string)[]): Promise<string> {
  const { stdout, stderr } = await ctx.run(command, { output: 'capture', nothrow: true })
  return `${stdout}\n${stderr}`
}

function findFiles(ctx: TaskContext): Map<string, string> {
  const files = new Map<string, string>()
  for (const { name, sign } of needs) {
    if (sign.kind === 'tool') continue
    const path =
      sign.kind === 'program'
        ? findProgram(sign.program, ctx.environment)
        : placesOf(sign, machine()).find((place) => existsSync(place))
    if (path !== undefined) files.set(name, path)
  }
  return files
}

async function seeBtf(ctx: TaskContext): Promise<Facts['btf']> {
  const path = (await ctx.ask(settings.VMLINUX_BTF)) ?? '/sys/kernel/btf/vmlinux'
  const header = await ctx.ask(settings.VMLINUX_H)
  try {
    accessSync(path, constants.R_OK)
    return { path, state: 'readable', header }
  } catch (error) {
    return { path, state: isErrno(error, 'EACCES', 'EPERM') ? 'denied' : 'missing', header }
  }
}

/** The kernel's own PMU for them since Linux 4.17, before that a file of tracefs. */
function hasKprobes(tracefs: Tracefs): boolean {
  if (existsSync('/sys/bus/event_source/devices/kprobe')) return true
  return tracefs.state === 'mounted' && existsSync(`${tracefs.path}/kprobe_events`)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function ok(name: string, detail: string): Check {
  return { type: 'check', name, status: 'ok', detail }
}

function check(name: string, status: 'warning' | 'missing', detail: string, hint: string): Check {
  return { type: 'check', name, status, detail, hint }
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}
