// What the doctor looks at on this machine. It judges nothing, and what it cannot find out is a fact too.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { machine } from 'node:os'
import process from 'node:process'
import { isErrno, type TaskContext, type Tool, unlessErrno } from '../../engine/index.ts'
import { findProgram, findTracefs, type Tracefs } from '../system/index.ts'
import { bpftool, cc, clang, llvmStrip, needs, placesOf, settings } from '../toolchain/index.ts'
import { type Finding, lookForBpftool, lookForLibbpf, lookForTool } from './chosentools.ts'

/** Undefined stands for: not there, or not to be known because a tool for it is not there. */
export interface MachineFacts {
  readonly clang: Finding
  /** Undefined when clang compiles for the target bpf, else what it said. */
  readonly clangRefusesBpf: string | undefined
  readonly bpftool: Finding
  readonly skeletons: boolean | undefined
  /** The libbpf in bpftool, as `1.5`. */
  readonly bpftoolLibbpf: string | undefined
  readonly cc: Finding
  readonly llvmStrip: Finding
  /** By the name of the need, where its file is; a need that is missing has no entry. */
  readonly files: ReadonlyMap<string, string>
  /** The libbpf to build with. */
  readonly libbpf: Finding
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

/** Looks at everything; what cannot be found out is a fact as well. */
export async function gatherFacts(ctx: TaskContext): Promise<MachineFacts> {
  const chosen = await lookForBpftool(ctx)
  const seen = {
    clang: await lookForTool(ctx, clang),
    bpftool: chosen.seen,
    cc: await lookForTool(ctx, cc),
    llvmStrip: await lookForTool(ctx, llvmStrip),
    libbpf: await lookForLibbpf(ctx),
  }
  const canAsk = 'path' in seen.bpftool && chosen.libbpf === undefined
  const tracefs = findTracefs()
  return {
    ...seen,
    clangRefusesBpf: 'path' in seen.clang ? await refusalOfBpf(ctx) : undefined,
    skeletons: canAsk ? await hasSkeletons(ctx) : 'path' in seen.bpftool ? true : undefined,
    bpftoolLibbpf: canAsk ? libbpfOfBpftool(await said(ctx, [bpftool, '-V'])) : chosen.libbpf,
    files: findFiles(ctx),
    btf: await lookForBtf(ctx),
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

/** Where a header of the system is; undefined where it is not. */
export function headerPath(file: string): string | undefined {
  return placesOf({ kind: 'header', file }, machine()).find((place) => existsSync(place))
}

async function lookForBtf(ctx: TaskContext): Promise<MachineFacts['btf']> {
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
  return unlessErrno(() => readFileSync(path, 'utf8')) ?? ''
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
