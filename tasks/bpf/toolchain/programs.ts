// The programs that build BPF: how each is called, found, and told apart by version.
import { type Tool, tool } from '../../engine/index.ts'
import { settings } from './settings.ts'

/** Debian (llvm-19), Alpine (llvm19) and Gentoo keep LLVM's tools here under their plain names. */
const llvmFolders = ['/usr/sbin', '/usr/lib/llvm*/bin', '/usr/lib/llvm/*/bin'] as const

const mend = 'npx tsx tasks.ts setup'

/** Tools for the machine that programs are built for, where that is another one. */
const crossPrefix = {
  setting: settings.CROSS_COMPILE,
  hint: 'correct CROSS_COMPILE, or install the compiler that it names: Debian has gcc-aarch64-linux-gnu and others',
} as const

/** The dynamic linker lists the libraries that clang is made of instead of starting it. */
const llvmLibraries = {
  args: ['--version'],
  environment: { LD_TRACE_LOADED_OBJECTS: '1' },
  pattern: /=> (\S*\/lib(?:LLVM|clang)\S*)/g,
} as const

/** Clang, for the BPF target; `clang --version` says `… clang version 14.0.6`. */
export const clang: Tool = tool({
  name: 'clang',
  setting: settings.CLANG,
  names: ['clang', /^clang-(\d+)$/],
  folders: llvmFolders,
  version: { args: ['--version'], pattern: /clang version (\S+)/ },
  parts: [llvmLibraries],
  hint: mend,
})

/**
 * bpftool; `bpftool -V` says `bpftool v7.5.0`, then mostly `using libbpf v1.5` and `features: …`.
 * Ubuntu's /usr/sbin/bpftool is a script that refuses a kernel it has no build for: it prints
 * no version, so the builds that it stands for, in /usr/lib/linux-tools*, are tried next.
 */
export const bpftool: Tool = tool({
  name: 'bpftool',
  setting: settings.BPFTOOL,
  names: ['bpftool'],
  folders: ['/usr/sbin', '/usr/local/sbin', '/usr/lib/linux-tools/*', '/usr/lib/linux-tools-*'],
  version: { args: ['-V'], pattern: /bpftool v(\S+)/ },
  hint: mend,
})

const compiler = {
  names: ['cc', 'gcc', 'clang', /^gcc-(\d+)$/, /^clang-(\d+)$/],
  folders: [],
  version: { args: ['--version'], pattern: /^(.+)$/m },
  hint: mend,
}

/** What a driver starts: the compiler proper (clang is its own, and names none that is there), `as` and `ld`. */
const compilerParts = (proper: string) => [
  llvmLibraries,
  ...[proper, 'as', 'ld'].map((name) => ({
    args: [`-print-prog-name=${name}`],
    pattern: /^(\S+)$/gm,
  })),
]

/** The compiler and linker of user space: cc, or gcc, or clang. */
export const cc: Tool = tool({
  name: 'cc',
  setting: settings.CC,
  prefix: crossPrefix,
  ...compiler,
  parts: compilerParts('cc1'),
})

/** The same for this machine, where programs are built for another. */
export const hostCc: Tool = tool({
  name: 'host cc',
  setting: settings.HOSTCC,
  ...compiler,
  parts: compilerParts('cc1'),
})

/** The compiler and linker of C++, for loaders written in it. */
export const cxx: Tool = tool({
  name: 'c++',
  setting: settings.CXX,
  prefix: crossPrefix,
  ...compiler,
  parts: compilerParts('cc1plus'),
  names: ['c++', 'g++', 'clang++', /^g\+\+-(\d+)$/, /^clang\+\+-(\d+)$/],
})

export const llvmStrip: Tool = tool({
  name: 'llvm-strip',
  setting: settings.LLVM_STRIP,
  names: ['llvm-strip', /^llvm-strip-(\d+)$/],
  folders: llvmFolders,
  version: { args: ['--version'], pattern: /LLVM version (\S+)/ },
  hint: mend,
})

/** From LLVM's bitcode to machine code, that of BPF too. */
export const llc: Tool = tool({
  name: 'llc',
  setting: settings.LLC,
  names: ['llc', /^llc-(\d+)$/],
  folders: llvmFolders,
  version: { args: ['--version'], pattern: /LLVM version (\S+)/ },
  parts: [llvmLibraries],
  hint: 'install LLVM’s tools (Debian and Fedora: llvm), or name one: LLC=/path/to/llc',
})

const archiver = {
  names: ['ar', 'gcc-ar', 'llvm-ar', /^llvm-ar-(\d+)$/],
  folders: llvmFolders,
  version: { args: ['--version'], pattern: /^(.+)$/m },
  hint: mend,
}

/** The archiver; gcc's and LLVM's know the objects of link-time optimisation too. */
export const ar: Tool = tool({
  name: 'ar',
  setting: settings.AR,
  prefix: crossPrefix,
  ...archiver,
})

export const hostAr: Tool = tool({ name: 'host ar', setting: settings.HOSTAR, ...archiver })

const packageTeller = {
  names: ['pkg-config', 'pkgconf'],
  folders: [],
  version: { args: ['--version'], pattern: /^(\S+)/ },
  hint: 'install pkg-config, or do without it: NO_PKG_CONFIG=1',
}

export const pkgConfig: Tool = tool({
  name: 'pkg-config',
  setting: settings.PKG_CONFIG,
  prefix: crossPrefix,
  ...packageTeller,
})

export const hostPkgConfig: Tool = tool({ name: 'host pkg-config', ...packageTeller })

/** Runs the kernel's bpf_doc.py. */
export const python: Tool = tool({
  name: 'python3',
  names: ['python3'],
  folders: [],
  version: { args: ['--version'], pattern: /Python (\S+)/ },
  hint: 'install python3: a kernel tree’s bpf_helper_defs.h is made by a script in it',
})

/** Tells how to compile and link with LLVM. */
export const llvmConfig: Tool = tool({
  name: 'llvm-config',
  names: ['llvm-config', /^llvm-config-(\d+)$/],
  folders: llvmFolders,
  version: { args: ['--version'], pattern: /^(\S+)/ },
  hint: 'install the development files of LLVM',
})
