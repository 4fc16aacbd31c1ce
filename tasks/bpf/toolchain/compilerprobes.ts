// Questions about this machine's compilers, remembered against the compilers' identity.
import { endianness } from 'node:os'
import {
  type Arg,
  type Derived,
  derive,
  type Probe,
  probe,
  type Tool,
  UserError,
} from '../../engine/index.ts'
import { bpftool, cc, clang } from './programs.ts'
import { compilerEnvironment, settings } from './settings.ts'

/**
 * The names that libbpf's bpf_tracing.h has for architectures, with those that uname -m, compilers,
 * Debian and the kernel's Makefile have for the same.
 */
const ARCHITECTURES: readonly (readonly [arch: string, names: RegExp])[] = [
  ['x86', /^(x86|x86_64|amd64|i[3-6]86)$/],
  ['arm64', /^(arm64|aarch64)(e|ec|_be|_32|_ilp32)?$/],
  ['arm', /^arm(v\d\w*|el|eb|hf)?$/],
  ['powerpc', /^(powerpc|ppc)(spe|32|64)?(le|el)?$/],
  ['mips', /^mips(isa)?(32|64)?(r\d)?(el|eb|n32|n32el)?$/],
  ['riscv', /^riscv(32|64)?(be|gc)?$/],
  ['loongarch', /^loong(arch)?(32|64)?$/],
  ['s390', /^s390x?$/],
  ['sparc', /^sparc(64|v\d|64v)?$/],
  ['arc', /^arc(v\d|eb|hs)?$/],
]

const KNOWN = ARCHITECTURES.map(([arch]) => arch)

/**
 * The kernel's name for an architecture, by any of its names.
 * @throws UserError that lists the known ones
 */
export function archOf(machine: string): string {
  const found = ARCHITECTURES.find(([, names]) => names.test(machine))
  if (found === undefined) throw unknownArchitecture(machine)
  return found[0]
}

export function knownArch(name: unknown): boolean {
  return typeof name === 'string' && ARCHITECTURES.some(([, names]) => names.test(name))
}

function unknownArchitecture(name: string): UserError {
  return new UserError({
    what: `unknown architecture ${name}`,
    facts: [['known', KNOWN.join(' ')]],
    hint: 'set it: ARCH=x86',
    status: 2,
  })
}

/** What the compiler of user space builds for, `x86_64-linux-gnu`: its first part is the machine. */
export const compilerTarget: Probe = probe({
  name: 'target of the compiler',
  command: [cc, '-dumpmachine'],
  read: ({ stdout }) => {
    const triple = stdout.trim()
    if (triple === '') throw new UserError({ what: 'the compiler does not say what it builds for' })
    return [triple]
  },
})

/**
 * What is built for, as the kernel names it and as `-D__TARGET_ARCH_x86`, which bpf_tracing.h asks
 * for, has it: ARCH, or what the compiler builds for.
 */
export const arch: Derived<string> = derive([settings.ARCH], (set): string | Derived<string> => {
  if (set === undefined) {
    return derive([compilerTarget], ([triple = '']) => archOf(triple.split('-')[0] ?? ''))
  }
  return archOf(set)
})

/** What to say where ARCH is set, and the compiler of user space builds for another machine: nothing else is asked. */
export const otherArchNotes: Derived<readonly string[]> = derive([settings.ARCH], (set) => {
  if (set === undefined) return []
  return derive([compilerTarget], ([triple = '']) => {
    const machine = triple.split('-')[0] ?? ''
    if (!knownArch(machine) || archOf(machine) === archOf(set)) return []
    return [
      `ARCH=${set} is for BPF programs alone: the compiler builds loaders for ${archOf(machine)}; CROSS_COMPILE=PREFIX- names one for ${archOf(set)}`,
    ]
  })
})

const bigEndian = ['s390', 'sparc']

/** Nothing, or the byte order where it is not this machine's, which clang takes by itself. */
export function byteOrder(name: Derived<string>): Arg {
  return derive([name], (built) =>
    endianness() === 'LE' && bigEndian.includes(built) ? ['-mbig-endian'] : [],
  )
}

/** What llc makes: BPF in the byte order of this machine, or in the other one. */
export function llcTarget(name: Derived<string>): Arg {
  return derive([name], (built) =>
    endianness() === 'LE' && bigEndian.includes(built) ? '-march=bpfeb' : '-march=bpf',
  )
}

/** Fails where clang has no BPF target; as words of a command it adds nothing. */
export const bpfTarget: Probe = probe({
  name: 'clang knows the BPF target',
  command: [clang, '--print-targets'],
  read: ({ stdout }) => {
    if (/^\s*bpf\s/m.test(stdout)) return []
    throw new UserError({
      what: 'this clang cannot compile for BPF',
      facts: [
        ['it knows', [...stdout.matchAll(/^\s+(\S+)\s+-/gm)].map(([, name]) => name).join(' ')],
      ],
      hint: 'install a clang that can: npx tsx tasks.ts setup, or name one: CLANG=/path/to/clang',
    })
  },
})

/** Fails where bpftool makes no skeletons; as words of a command it adds nothing. */
export const bpftoolSkeletons: Probe = probe({
  name: 'bpftool makes skeletons',
  command: [bpftool, 'gen', 'help'],
  read: ({ stdout, stderr }) => {
    if (/\bskeleton\b/.test(stdout + stderr)) return []
    throw new UserError({
      what: 'this bpftool cannot make skeletons',
      facts: [['it said', (stdout + stderr).trim()]],
      hint: 'install a newer one: npx tsx tasks.ts setup, or name one: BPFTOOL=/path/to/bpftool',
    })
  },
})

/** Nothing, or as what clang is to compile and look around: it finds the headers of that architecture then. */
export const crossTarget = derive([settings.CROSS_COMPILE], (cross) =>
  cross === undefined ? [] : derive([compilerTarget], ([triple = '']) => [`--target=${triple}`]),
)

/**
 * Where clang looks for system headers when it builds for what `cc` builds for. For the BPF target it
 * leaves out the multiarch folder, and so does not find asm/types.h.
 */
export const systemFolders: Probe = probe({
  name: 'system header folders of clang',
  command: [clang, crossTarget, '-v', '-E', '-'],
  read: ({ stderr }) => includeFolders(stderr),
})

/** Those folders as flags that keep them behind all others. */
export const systemIncludes = derive([systemFolders], (folders) =>
  folders.flatMap((folder) => ['-idirafter', folder]),
)

/**
 * The folders in which a compile looks for headers, first one first, as the compiler itself lists them
 * for these very words and variables.
 * @param words of the compile; what has no say in this is left out, so that most compiles share a question
 */
export function searchedFolders(compiler: Tool, words: Arg, language: 'c' | 'c++' = 'c'): Probe {
  return probe({
    name: `header folders of ${compiler.name}`,
    command: [compiler, deciding(words), '-v', '-E', '-x', language, '-'],
    environment: compilerEnvironment,
    read: ({ stderr }) => listedFolders(stderr),
  })
}

/** Macros, warnings, optimisation and debug information decide nothing about folders. */
function deciding(words: Arg): Arg {
  if (!isList(words)) return words
  return words
    .filter((word) => typeof word !== 'string' || !/^-([DU].|W(?!p,)|O|g(?!cc))/.test(word))
    .map(deciding)
}

/**
 * The folders in what `cc -v -E -` says, those of `#include "…"` first. One that is not there, or is
 * another by a link, is named apart, without its place: it counts as first, because what appears in it may
 * be preferred to all, and as last, because all may be preferred to what is read from it.
 */
export function listedFolders(text: string): string[] {
  const listed = includeFolders(text, '"..."').filter((folder) => folder !== BRACKETS)
  const ignored = [...text.matchAll(/^ignoring (?:nonexistent|duplicate) directory "(.*)"$/gm)]
    .map(([, folder = '']) => folder)
    .filter((folder) => !listed.includes(folder))
  return [...ignored, ...listed, ...ignored]
}

const BRACKETS = '#include <...> search starts here:'

/** The folders in what `cc -v -E -` says on standard error, from a heading on. */
export function includeFolders(text: string, from: '<...>' | '"..."' = '<...>'): string[] {
  const [, after = ''] = text.split(`#include ${from} search starts here:\n`)
  const [list = ''] = after.split(/^End of search list\.?$/m)
  return list
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.endsWith('(framework directory)'))
}

/**
 * What a static libelf needs besides zlib: since 0.189 mostly libzstd, which is linked in where the
 * compiler finds it.
 */
export const libelfNeeds: Probe = probe({
  name: 'libzstd for a static libelf',
  command: [cc, '-print-file-name=libzstd.a'],
  environment: compilerEnvironment,
  read: ({ stdout }) => (stdout.trim().startsWith('/') ? ['-lzstd'] : []),
})

/**
 * Something that is there or not.
 * @example
 * const needed: readonly Feature[] = [fileFeature('third_party/lib.h')]
 */
export interface Feature {
  readonly name: string
  /** Undefined where it is there, else the first thing that the compiler said. */
  readonly lack: Derived<string | undefined>
}

/**
 * Does a small program compile: no words, or the first thing that was said where it does not. No warning
 * decides that, whatever -Werror somebody has among their flags.
 */
export function compiles(name: string, program: string, command: readonly Arg[]): Probe {
  return probe({
    name: `feature ${name}`,
    command: [...command, '-w'],
    environment: compilerEnvironment,
    inputs: [program],
    depfile: (path) => ['-MD', '-MF', path],
    // What is missing may be installed.
    isKept: (words) => words.length === 0,
    read: ({ status, stderr }) => {
      if (status === 0) return []
      const lines = stderr.split('\n').filter((line) => line !== '')
      return [lines.find((line) => /error|cannot find/.test(line)) ?? lines[0] ?? 'it failed']
    },
  })
}

function isList(arg: Arg): arg is readonly Arg[] {
  return Array.isArray(arg)
}
