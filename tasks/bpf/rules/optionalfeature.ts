// What a tree can do without: asked of the compilers, and remembered until one of them changes.
import {
  type Arg,
  checkOptions,
  checks,
  type Derived,
  derive,
  glob,
  packageFile,
  wrong,
} from '../../engine/index.ts'
import { literalPattern } from '../system/index.ts'
import {
  bpfTarget,
  cc,
  clang,
  compiles,
  extraCflags,
  extraLdflags,
  type Feature,
  systemIncludes,
  userCflags,
  userLdflags,
} from '../toolchain/index.ts'

/**
 * How it is found out whether a feature is there: a small program is compiled, and linked unless it
 * is for BPF.
 * @example
 * const spec: FeatureSpec = { headers: ['zstd.h'], uses: 'ZSTD_versionNumber()', libraries: ['-lzstd'] }
 */
export interface FeatureSpec {
  /** Headers that are included, first to last: `sys/capability.h`. */
  readonly headers?: readonly string[]
  /** An expression of C that uses it: `cap_get_proc()`. */
  readonly uses?: string
  /** Flags of the compile. */
  readonly flags?: readonly Arg[]
  /** Libraries to link with. */
  readonly libraries?: readonly Arg[]
  /** `bpf`: asked of clang for BPF, not of the compiler of user space. */
  readonly of?: 'user' | 'bpf'
}

/**
 * A feature that the compilers can tell of.
 * @example
 * const libcap = feature('libcap', { headers: ['sys/capability.h'], uses: 'cap_get_proc()', libraries: ['-lcap'] })
 */
export function feature(name: string, spec: FeatureSpec): Feature {
  checkOptions(`feature ${name}`, spec, {
    headers: checks.words,
    uses: checks.text,
    flags: checks.list,
    libraries: checks.list,
    of: checks.oneOf('user', 'bpf'),
  })
  const { headers = [], uses, flags = [], libraries = [], of = 'user' } = spec
  if (of === 'bpf' && libraries.length > 0) {
    throw wrong(`feature ${name} is of BPF, which links no libraries`)
  }
  const program = packageFile('tasks/bpf/rules/anyprogram.c')
  const compile: Arg = [
    flags,
    extraCflags,
    headers.flatMap((header) => ['-include', header]),
    uses === undefined ? [] : [`-DUSES=${uses}`],
  ]
  const asked = compiles(
    name,
    program,
    of === 'bpf'
      ? [
          clang,
          ['-g', '-O2', '-target', 'bpf', bpfTarget],
          compile,
          systemIncludes,
          '-c',
          program,
          '-o',
          '/dev/null',
        ]
      : [cc, userCflags, compile, userLdflags, program, '-o', '/dev/null', libraries, extraLdflags],
  )
  return Object.freeze({ name, lack: derive([asked], ([said]) => said) })
}

/**
 * A feature that is there where a file is: a submodule, a header that another build makes.
 * @example
 * const blazesym = fileFeature('../blazesym/capi/include/blazesym.h')
 */
export function fileFeature(path: string): Feature {
  const lack = derive([glob(literalPattern(path))], ([found]) =>
    found === undefined ? `there is no ${path}` : undefined,
  )
  return Object.freeze({ name: path, lack })
}

/**
 * Words of a command where a feature is there, and others where it is not.
 * @example
 * const flags = [withFeature(libcap, ['-DHAVE_LIBCAP'])]
 */
export function withFeature(
  { lack }: Feature,
  words: readonly Arg[],
  otherwise: readonly Arg[] = [],
): Derived<Arg> {
  return derive([lack], (said) => (said === undefined ? words : otherwise))
}
