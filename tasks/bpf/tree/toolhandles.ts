// The programs, flags and libbpf of a tree as handles for edges of its own: what settings choose, they get.
import { type Arg, type Derived, derive, type Input, type Tool } from '../../engine/index.ts'
import type { BpftoolChoice, LibbpfChoice } from '../rules/index.ts'
import {
  ar,
  cc,
  clang,
  compilerEnvironment,
  cxx,
  extraCflags,
  extraLdflags,
  llc,
  llvmStrip,
  systemIncludes,
  userCflags,
  userCxxflags,
  userLdflags,
} from '../toolchain/index.ts'

/**
 * The libbpf that LIBBPF or the tree chooses, for your own edge.
 * @example
 * const libbpf = ({ flags, headers }: LibbpfHandles) => ({ command: ['cc', flags], orderOnly: [headers] })
 */
export interface LibbpfHandles {
  /** Where the build makes its headers, what must be there before a compile: for `orderOnly`. */
  readonly headers: Input
  /** `-I` and the folders of its headers; nothing where the compiler finds them by itself. */
  readonly flags: Arg
  /** libbpf.a: its path in a command, and the file among inputs. */
  readonly archive: Derived<Input | undefined>
  /** What a link needs behind the archive: `-lelf -lz`. */
  readonly libraries: readonly Arg[]
  /** libbpf.so instead: words of a link, `-lbpf` and its folder where the compiler does not find it by itself. */
  readonly shared: Arg
  /** Where the build makes libbpf.so, that and its links: for inputs. */
  readonly sharedFiles: Input
}

/**
 * What your own edge is made with, so that it heeds what the rules heed: CC, CXX, AR, CLANG, LLC,
 * LLVM_STRIP, BPFTOOL, CROSS_COMPILE, CFLAGS, LDFLAGS, LIBBPF. Each is looked for when an edge needs it.
 * @example
 * const size = ({ cc, cflags }: ToolHandles) => [cc, cflags, '-c', 'size.c', '-o', 'build/size.o']
 */
export interface ToolHandles {
  /** The compiler and linker of C for user space. */
  readonly cc: Tool
  /** The same for C++. */
  readonly cxx: Tool
  readonly ar: Tool
  /** For BPF programs; see {@link ToolHandles.bpfIncludes}. */
  readonly clang: Tool
  readonly llc: Tool
  readonly llvmStrip: Tool
  /** The program of a command; where it is built, that is an input of the edge. */
  readonly bpftool: Arg
  readonly libbpf: LibbpfHandles
  /** CFLAGS and EXTRA_CFLAGS. */
  readonly cflags: Arg
  /** CXXFLAGS and EXTRA_CFLAGS. */
  readonly cxxflags: Arg
  /** LDFLAGS and EXTRA_LDFLAGS. */
  readonly ldflags: Arg
  /** The folders of system headers that clang leaves out for BPF, as `-idirafter`. */
  readonly bpfIncludes: Arg
  /** CPATH and the other variables that compilers read, for `environment` of an edge. */
  readonly environment: Readonly<Record<string, Arg>>
}

/** The handles of one tree. */
export function toolHandles(
  libbpf: Derived<LibbpfChoice>,
  bpftool: Pick<BpftoolChoice, 'program'>,
): ToolHandles {
  return {
    ...{ cc, cxx, ar, clang, llc, llvmStrip },
    bpftool: bpftool.program,
    libbpf: Object.freeze({
      headers: derive([libbpf], ({ headers }): Input => headers),
      flags: derive([libbpf], ({ includes }): Arg => includes.flatMap((folder) => ['-I', folder])),
      archive: derive([libbpf], ({ archive }) => archive),
      libraries: Object.freeze(['-lelf', '-lz']),
      shared: derive([libbpf], ({ shared: { folder } }): Arg => {
        return folder === undefined ? ['-lbpf'] : ['-L', folder, '-lbpf']
      }),
      sharedFiles: derive([libbpf], ({ shared: { files } }) => files),
    }),
    cflags: [userCflags, extraCflags],
    cxxflags: [userCxxflags, extraCflags],
    ldflags: [userLdflags, extraLdflags],
    bpfIncludes: systemIncludes,
    environment: compilerEnvironment,
  }
}
