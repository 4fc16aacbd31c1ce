// The doctor task: what this machine has of all that building and running BPF takes, line by line.
import { availableParallelism } from 'node:os'
import {
  type Event,
  loadLimits,
  placesOfResults,
  quoteCommand,
  type TaskContext,
} from '../../engine/index.ts'
import { headerNeeds, type Need, needs } from '../toolchain/index.ts'
import type { Finding } from './chosentools.ts'
import { featureLines } from './librarychecks.ts'
import { gatherFacts, headerPath, type MachineFacts } from './machinefacts.ts'

export type DoctorLine = Extract<Event, { type: 'check' }>

const mend = 'npx tsx tasks.ts setup'

/**
 * Tells what is there and what is not; returns 1 when the build could not work.
 * @param headers those that the sources of the tree include
 */
export async function diagnose(ctx: TaskContext, headers: readonly string[] = []): Promise<number> {
  const checks = [
    ...linesOf(await gatherFacts(ctx)),
    ...wordSizeLine(headerPath),
    ...headerLines(headers, headerPath),
    ...(await featureLines(ctx)),
    await parallelLineHere(),
    ...(await resultLines(ctx)),
  ]
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
export function linesOf(facts: MachineFacts): DoctorLine[] {
  return [
    toolLine('clang', facts.clang, 'missing'),
    ...targetLines(facts),
    toolLine('bpftool', facts.bpftool, 'missing'),
    ...skeletonLines(facts),
    ...libbpfAgeLines(facts),
    toolLine('cc', facts.cc, 'missing'),
    toolLine('llvm-strip', facts.llvmStrip, 'warning'),
    toolLine('libbpf', facts.libbpf, 'missing'),
    ...fileLines(facts),
    btfLine(facts),
    kprobesLine(facts),
    tracefsLine(facts),
    rightsLine(facts),
  ]
}

function toolLine(name: string, seen: Finding, otherwise: 'missing' | 'warning'): DoctorLine {
  if ('path' in seen) return ok(name, `${seen.path} ${seen.version}`)
  return check(name, otherwise, seen.problem, seen.hint ?? mend)
}

function targetLines({ clang, clangRefusesBpf }: MachineFacts): DoctorLine[] {
  const name = 'clang bpf target'
  if (!('path' in clang)) return []
  if (clangRefusesBpf === undefined) return [ok(name, 'compiles')]
  return [check(name, 'missing', clangRefusesBpf, 'CLANG=/path/to/a/clang that has the target bpf')]
}

function skeletonLines({ bpftool, skeletons }: MachineFacts): DoctorLine[] {
  const name = 'bpftool skeleton'
  if (!('path' in bpftool)) return []
  if (skeletons === true) return [ok(name, 'supported')]
  return [
    check(name, 'missing', 'not supported', 'BPFTOOL=/path/to/a/bpftool of Linux 5.6 or later'),
  ]
}

/** A skeleton may use what only the libbpf of its bpftool has. */
function libbpfAgeLines({ bpftool, bpftoolLibbpf, libbpf }: MachineFacts): DoctorLine[] {
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
function fileLines({ files }: MachineFacts): DoctorLine[] {
  return needs.filter(isFile).map(({ name }) => {
    const path = files.get(name)
    return path === undefined ? check(name, 'missing', 'not found', mend) : ok(name, path)
  })
}

/**
 * Clang defines no __x86_64__ for BPF, so a header of glibc includes the part for 32 bits. Few programs include one,
 * so nothing is wrong where that is not installed. Other libraries have no such part.
 */
export function wordSizeLine(pathOf: (header: string) => string | undefined): DoctorLine[] {
  const name = '32-bit C headers'
  if (pathOf('gnu/stubs-64.h') === undefined) return []
  const path = pathOf('gnu/stubs-32.h')
  return [
    ok(
      name,
      path ??
        'not here: only BPF programs that include headers of the C library need gnu/stubs-32.h (libc6-dev-i386 or glibc-devel.i686), or defines: { __x86_64__: true }',
    ),
  ]
}

/** Headers that only some tools need: these are left out where theirs is missing. */
export function headerLines(
  headers: readonly string[],
  pathOf: (header: string) => string | undefined,
): DoctorLine[] {
  return headers
    .filter((header) => headerNeeds.has(header))
    .map((header) => {
      const path = pathOf(header)
      if (path !== undefined) return ok(header, path)
      return check(header, 'warning', 'not found: tools that include it are left out', mend)
    })
}

/** Which libbpf it is depends on a setting: that has a line of its own. */
function isFile({ name, sign }: Need): boolean {
  return sign.kind !== 'tool' && !name.startsWith('libbpf')
}

function btfLine({ btf }: MachineFacts): DoctorLine {
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

function kprobesLine({ kprobes }: MachineFacts): DoctorLine {
  if (kprobes) return ok('kprobes', 'supported')
  const detail = 'not in this kernel: programs on tracepoints run, those on kprobes do not'
  return check('kprobes', 'warning', detail, 'boot a kernel with CONFIG_KPROBE_EVENTS=y')
}

function tracefsLine({ tracefs, rights }: MachineFacts): DoctorLine {
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
function rightsLine({ rights }: MachineFacts): DoctorLine {
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

/** Where results of commands are kept; a server is asked. */
async function resultLines(ctx: TaskContext): Promise<DoctorLine[]> {
  const places = await placesOfResults(ctx)
  return places.flatMap(({ name, isRight, detail, hint = '' }) => {
    if (isRight === undefined) return []
    const line = name === 'folder' ? 'kept results' : 'cache server'
    return isRight ? ok(line, detail) : check(line, 'warning', detail, hint)
  })
}

/** Looks at the memory that is free now. */
async function parallelLineHere(): Promise<DoctorLine> {
  const { freeMemory, jobsFor, mebibytes, readKernelText } = await loadLimits()
  const processors = availableParallelism()
  const free = freeMemory(readKernelText)
  return parallelLine(processors, jobsFor(processors, free), free && mebibytes(free))
}

/** @param free as a person reads it; undefined where nothing tells */
export function parallelLine(
  processors: number,
  jobs: number,
  free: string | number | undefined,
): DoctorLine {
  const name = 'at once'
  const room = free === undefined ? 'memory unknown' : `${free} of memory free`
  if (jobs === processors) {
    return ok(name, `${jobs} commands: every processor, ${room}`)
  }
  const detail = `${jobs} of ${processors} commands: ${room}`
  return check(name, 'warning', detail, 'end what uses the memory: ps --sort -rss -e')
}

function isNewer(a: string, b: string): boolean {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number)
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number)
  return aMajor === bMajor ? aMinor > bMinor : aMajor > bMajor
}

function ok(name: string, detail: string): DoctorLine {
  return { type: 'check', name, status: 'ok', detail }
}

function check(
  name: string,
  status: 'warning' | 'missing',
  detail: string,
  hint: string,
): DoctorLine {
  return { type: 'check', name, status, detail, hint }
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}
