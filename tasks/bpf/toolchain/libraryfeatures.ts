// What the compilers here can use of libraries and the kernel's headers: found out by compiling
// small programs, and remembered until a compiler, a flag or the program changes.
import {
  type Arg,
  type Derived,
  derive,
  optional,
  type Probe,
  packageFile,
  probe,
  splitWords,
  UserError,
} from '../../engine/index.ts'
import { compiles, type Feature } from './compilerprobes.ts'
import type { ManagerName } from './packages.ts'
import { host, type Platform, target } from './platform.ts'
import { clang, llvmConfig } from './programs.ts'

/** A feature of a library, and the packages that bring it. */
export interface LibraryFeature extends Feature {
  /** The packages that bring it; none where it comes with the C library or the kernel. */
  readonly packages: Partial<Readonly<Record<ManagerName, string>>>
}

function programPath(name: string): string {
  return packageFile(`tasks/bpf/toolchain/features/${name}`)
}

/** Compiles a program of ours: no words, or what was said where it failed. */
function tried(name: string, program: string, words: (path: string) => readonly Arg[]): Probe {
  const path = programPath(program)
  return compiles(name, path, words(path))
}

function linked(
  { cc, cflags, ldflags }: Platform,
  name: string,
  program: string,
  libraries: readonly string[],
): Probe {
  return tried(name, program, (path) => [cc, [cflags, path, '-o', '/dev/null', libraries, ldflags]])
}

/** What one machine's compiler can use. */
function featuresOn(platform: Platform) {
  const feature = (
    name: string,
    program: string,
    libraries: readonly string[] = [],
    packages: LibraryFeature['packages'] = {},
  ): LibraryFeature => {
    const probed = linked(platform, name, program, libraries)
    return { name, packages, lack: derive([probed], ([said]) => said) }
  }
  return {
    libelf: feature('libelf', 'libelf.c', ['-lelf'], {
      apt: 'libelf-dev',
      dnf: 'elfutils-libelf-devel',
      pacman: 'libelf',
      zypper: 'libelf-devel',
      apk: 'elfutils-dev',
    }),
    zlib: feature('zlib', 'zlib.c', ['-lz'], {
      apt: 'zlib1g-dev',
      dnf: 'zlib-devel',
      pacman: 'zlib',
      zypper: 'zlib-devel',
      apk: 'zlib-dev',
    }),
    /** What libbpf needs, in one question: most machines have both. */
    libelfAndZlib: feature('libelf and zlib', 'libelf-zlib.c', ['-lelf', '-lz']),
    bpfSyscall: feature('bpf syscall', 'bpfsyscall.c'),
    reallocarray: feature('reallocarray', 'reallocarray.c'),
    libcap: feature('libcap', 'libcap.c', ['-lcap'], {
      apt: 'libcap-dev',
      dnf: 'libcap-devel',
      pacman: 'libcap',
      zypper: 'libcap-devel',
      apk: 'libcap-dev',
    }),
    libcrypto: feature('libcrypto', 'libcrypto.c', ['-lcrypto'], {
      apt: 'libssl-dev',
      dnf: 'openssl-devel',
      pacman: 'openssl',
      zypper: 'libopenssl-devel',
      apk: 'openssl-dev',
    }),
  } as const
}

/** On the machine that programs are built for. */
export const targetFeatures = featuresOn(target)

/** On this machine, where that is another one. */
export const hostFeatures = featuresOn(host)

/** What links with libbfd: by itself, or with what it needs where it is a static library. */
const bfdLibraries: readonly (readonly string[])[] = [
  ['-lbfd', '-ldl', '-lopcodes'],
  ['-lbfd', '-ldl', '-lopcodes', '-liberty'],
  ['-lbfd', '-ldl', '-lopcodes', '-liberty', '-lz'],
]

const bfdWays = bfdLibraries.map((libraries) => linked(target, 'libbfd', 'libbfd.c', libraries))

/** What the compiler said to each way; nothing where it works. */
const bfdSaid = derive(bfdWays, (...ways) => ways.map(([said]) => said))

/** The libraries to link with; undefined where there is no libbfd. */
export const bfd: Derived<readonly string[] | undefined> = derive(
  [bfdSaid],
  (said) => bfdLibraries[said.indexOf(undefined)],
)

const styled = tried('styled disassembler', 'libbfd-styled.c', (path) => [
  target.cc,
  ['-fsyntax-only', target.cflags, path],
])

/** Does init_disassemble_info() take a printer with styles? */
export const bfdStyled = derive([styled], ([said]) => said === undefined)

export const libbfd: LibraryFeature = {
  name: 'libbfd',
  packages: {
    apt: 'binutils-dev',
    dnf: 'binutils-devel',
    pacman: 'binutils',
    zypper: 'binutils-devel',
    apk: 'binutils-dev',
  },
  lack: derive([bfdSaid], (said) => (said.includes(undefined) ? undefined : said[0])),
}

export interface LlvmFlags {
  readonly compile: readonly string[]
  readonly link: readonly string[]
}

function configured(...words: readonly string[]): Probe {
  return probe({
    name: 'flags of LLVM',
    command: [llvmConfig, ...words],
    read: ({ status, stdout }) => (status === 0 ? splitWords(stdout.trim(), 'llvm-config') : []),
  })
}

const llvmCompile = configured('--cflags')
const llvmLink = configured('--ldflags', '--libs', 'mcdisassembler', 'all-targets')

/** What compiles and links with LLVM's disassembler; undefined where there is none. */
export const llvm: Derived<LlvmFlags | undefined> = derive([optional(llvmConfig)], (found) =>
  found === undefined
    ? derive([], (): LlvmFlags | undefined => undefined)
    : derive([llvmCompile, llvmLink], (compile, link) => {
        const flags = { compile: compile.filter((word) => word !== '-D_GNU_SOURCE'), link }
        const works = tried('LLVM', 'llvm.c', (path) => [
          target.cc,
          [flags.compile, path, '-o', '/dev/null', flags.link],
        ])
        return derive([works], ([said]): LlvmFlags | undefined =>
          said === undefined ? flags : undefined,
        )
      }),
)

export const llvmDisassembler: LibraryFeature = {
  name: 'LLVM',
  packages: {
    apt: 'llvm-dev',
    dnf: 'llvm-devel',
    pacman: 'llvm',
    zypper: 'llvm-devel',
    apk: 'llvm-dev',
  },
  lack: derive([llvm], (found) =>
    found === undefined ? 'no llvm-config, or no headers for it' : undefined,
  ),
}

const core = tried('CO-RE', 'core.bpf.c', (path) => [
  clang,
  ['-target', 'bpf', '-g', '-O2', '-c', path, '-o', '/dev/null'],
])

/** Does clang compile for BPF, with relocations for CO-RE? */
export const coRe: LibraryFeature = {
  name: 'clang CO-RE',
  packages: { apt: 'clang', dnf: 'clang', pacman: 'clang', zypper: 'clang', apk: 'clang' },
  lack: derive([optional(clang)], (found) =>
    found === undefined ? 'no clang' : derive([core], ([said]): string | undefined => said),
  ),
}

/** What libbpf and bpftool are built with, in the order in which doctor shows it. */
export const features: readonly LibraryFeature[] = [
  ...[targetFeatures.libelf, targetFeatures.zlib],
  ...[targetFeatures.bpfSyscall, targetFeatures.reallocarray],
  ...[targetFeatures.libcap, libbfd, llvmDisassembler, targetFeatures.libcrypto, coRe],
]

/**
 * No words; asking for it throws a UserError, with the packages, where a feature is missing.
 * @param all there where each of the others is: only where it is not, those are asked for
 */
export function required(all: LibraryFeature, ...each: readonly LibraryFeature[]): Arg {
  return derive([all.lack], (lack): readonly string[] | Derived<readonly string[]> => {
    if (lack === undefined) return []
    return derive(
      each.map((feature) => feature.lack),
      (...lacks) => {
        const at = lacks.findIndex((found) => found !== undefined)
        const missing = each[at]
        const packages = Object.entries(missing?.packages ?? {}).map((pair) => pair.join(': '))
        throw new UserError({
          what:
            missing === undefined
              ? `${all.name} cannot be used together`
              : `${missing.name} is missing`,
          facts: [
            ['the compiler', lacks[at] ?? lack],
            ...(packages.length === 0 ? [] : [['packages', packages.join('\n')] as const]),
          ],
          hint: 'npx tsx tasks.ts setup',
        })
      },
    )
  })
}
