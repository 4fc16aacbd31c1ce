// What compiles and links can be told: for a whole tree, a project in it, a tool, or one source.
import {
  type Arg,
  checks,
  type Derived,
  described,
  type Edge,
  type Input,
  type Output,
  UserError,
  type ValueCheck,
  wrong,
} from '../../engine/index.ts'

/**
 * A folder to look for headers in: a path, or one that is worked out.
 * @example
 * const folders: readonly Folder[] = ['include', '../common']
 */
export type Folder = string | Derived<string | readonly string[]>

/**
 * Macros by name. `true` defines one without a value, `false` leaves one out.
 * @example
 * const defines: Defines = { DEBUG: true, MAX_ENTRIES: 1024, NAME: '"tool"', TRACE: false }
 */
export type Defines = Readonly<Record<string, string | number | boolean>>

/**
 * The instruction sets that clang knows for BPF, as its `-mcpu`.
 * @example
 * const cpus: readonly Cpu[] = ['v2', 'v3']
 */
export type Cpu = 'v1' | 'v2' | 'v3' | 'v4' | 'generic' | 'probe'

/**
 * A byte order.
 * @example
 * const endian: Endian = 'big'
 */
export type Endian = 'little' | 'big'

/**
 * What reads the source of an object. `host`: clang for the machine that is built for, as for user space, then llc.
 * @example
 * const frontEnd: FrontEnd = 'host'
 */
export type FrontEnd = 'bpf' | 'host'

/**
 * What an object is after clang compiled it.
 * @example
 * const finish: Finish = 'stripped'
 */
export type Finish = 'compiled' | 'linked' | 'stripped'

/**
 * Options of every compile. Lists of a tree, a project and a source add up, in this order.
 * @example
 * const options: CompileOptions = { includes: ['include'], defines: { DEBUG: true }, flags: ['-Wextra'] }
 */
export interface CompileOptions {
  /** Folders for `-I`. */
  readonly includes?: readonly Folder[]
  /** Macros for `-D`. */
  readonly defines?: Defines
  /** Anything else, after the flags that the rule has by itself. */
  readonly flags?: readonly Arg[]
  /** Generated headers: they are there before the compile, and a change of one they read is a change. */
  readonly headers?: readonly Input[]
  /** Instead of the flags that the rule begins with: `-g -O2 -Wall`, for BPF `-gdwarf-4` too. */
  readonly cflags?: readonly Arg[]
}

/**
 * Options of compiles of BPF programs.
 * @example
 * const options: ObjectOptions = { cpu: 'v3', finish: 'linked', defines: { FAST: true } }
 */
export interface ObjectOptions extends CompileOptions {
  /** The instruction set: `-mcpu`. Without it, the one that clang takes by itself. */
  readonly cpu?: Cpu
  /**
   * `bpf` (the default): `clang -target bpf`. `host`: `clang -emit-llvm`, then `llc -march=bpf`: for sources
   * that include headers of the C library, or of a kernel for its own architecture. Such sources can
   * have neither CO-RE nor vmlinux.h.
   */
  readonly frontEnd?: FrontEnd
  /** The byte order, where it is not that of the machine that is built for: Go embeds an object of each. */
  readonly endian?: Endian
  /**
   * `compiled` (the default): as clang leaves it, debug information included. `linked`: through
   * `bpftool gen object`. `stripped`: through `llvm-strip -g`. The last two keep BTF and leave out
   * the rest of the debug information.
   */
  readonly finish?: Finish
  /**
   * Precompile vmlinux.h, once for all programs with the same flags. It comes before all else of the
   * program then, so a program that defines macros for it, or does without it, must not have this.
   * PCH=1 asks for it wherever this is not `false`, PCH=0 turns it off.
   */
  readonly pch?: boolean
}

/**
 * Options of compiles of user space.
 * @example
 * const options: UserOptions = { flags: ['-pthread'], defines: { _GNU_SOURCE: true } }
 */
export interface UserOptions extends CompileOptions {}

/**
 * What can be linked in: objects, archives and shared libraries by handle or by path, or all of a glob.
 * @example
 * const objects: Objects[] = [bpf.userObjects('common/*.c'), 'prebuilt/libfast.a']
 */
export type Objects = string | Edge | Output | Derived<readonly Edge[]>

/** What compiles begin with, where the tree says nothing else by `cflags`. */
export const USUAL_FLAGS = ['-g', '-O2', '-Wall'] as const

/**
 * Options of links of programs.
 * @example
 * const options: LinkOptions = { libraries: ['-lm', '-pthread'], static: true }
 */
export interface LinkOptions {
  /** Libraries and flags of the link, behind libbpf and what it needs. */
  readonly libraries?: readonly Arg[]
  /** Link so that it runs where no library is, such as in the guest of `vm`. */
  readonly static?: boolean
  /**
   * `static` (the default of programs): libbpf.a, with libelf and zlib. `shared`: libbpf.so, as distributions and trees of
   * several libraries link it; what is linked statically has libbpf.a all the same. `none`: without libbpf.
   */
  readonly libbpf?: LibbpfLink
}

/**
 * How libbpf is linked.
 * @example
 * const libbpf: LibbpfLink = 'shared'
 */
export type LibbpfLink = 'static' | 'shared' | 'none'

/** The values of both, lists one after the other, single values of the second where it has them. */
export function combined<T extends CompileOptions & LinkOptions>(outer: T, inner: T): T {
  const both = { ...outer, ...withoutUndefined(inner) }
  for (const key of ['includes', 'flags', 'headers', 'libraries'] as const) {
    const list = [...(outer[key] ?? []), ...(inner[key] ?? [])]
    if (list.length > 0) Object.assign(both, { [key]: list })
  }
  if (outer.defines !== undefined && inner.defines !== undefined) {
    Object.assign(both, { defines: { ...outer.defines, ...inner.defines } })
  }
  return both
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T
}

/** `-DNAME` and `-DNAME=VALUE`. */
export function defineFlags(defines: Defines = {}): string[] {
  return Object.entries(defines).flatMap(([name, value]) => {
    if (value === false) return []
    return [value === true ? `-D${name}` : `-D${name}=${value}`]
  })
}

/** Macros for `-D`, by name. */
const macros: ValueCheck = (value: unknown) => {
  const problem = checks.record(value)
  if (problem !== undefined) return `${problem} such as { DEBUG: true }`
  const bad = Object.keys(value as object).find((name) => !/^[A-Za-z_]\w*$/.test(name))
  return bad === undefined ? undefined : `has a name that is not a macro: ${bad}`
}

/** An identifier of C. */
export const identifier = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[A-Za-z_]\w*$/.test(value)
    ? undefined
    : 'is not an identifier of C'

/**
 * A source: its path, the edge that makes it, or one output of an edge that makes more.
 * @example
 * const source: SourceFile = edge({ rule: 'GEN', outputs: ['build/x.bpf.c'], command: ['generate'] })
 */
export type SourceFile = string | Edge | Output

/**
 * Sources: patterns, and handles of those that edges make.
 * @example
 * const sources: Sources = ['src/*.c', edge({ rule: 'GEN', outputs: ['build/table.c'], command: ['generate'] })]
 */
export type Sources = SourceFile | readonly SourceFile[]

/** What is C or C++ by its name. */
const SOURCE = /\.(c|cc|cpp|cxx|C)$/

/** A source that an edge makes: the edge, or one of its outputs. */
export function isMadeSource(source: unknown): source is Edge | Output {
  return isMade(source) && SOURCE.test(pathOf(source))
}

/** Patterns, and sources that edges make. */
export const sourceList: ValueCheck = (value: unknown) => {
  const all = Array.isArray(value) ? value : [value]
  const bad = all.findIndex((one) => !isMadeSource(one) && (typeof one !== 'string' || one === ''))
  if (all.length === 0 || value === '') return 'is empty'
  return bad === -1
    ? undefined
    : `contains something that is neither a pattern nor a source that an edge makes: ${described(all[bad])}`
}

/** The path of a source, a generated one too: its edge's first output. */
export function pathOf(source: SourceFile): string {
  if (typeof source === 'string') return source
  return source.kind === 'edge' ? source.output.path : source.path
}

/**
 * The path of a source that is named, not looked for.
 * @throws UserError for what is not a source, and for a pattern
 */
export function sourcePath(where: string, source: SourceFile, pattern: string): string {
  if (isMadeSource(source)) return pathOf(source)
  if (typeof source !== 'string' || source === '') {
    throw wrong(`${where} is not of a source`, [['given', described(source)]])
  }
  if (!/[*?{]/.test(source)) return source
  throw new UserError({
    what: `${where} is of one source, and this is a pattern`,
    facts: [['given', source]],
    hint: `for all that match: ${pattern}`,
    status: 2,
  })
}

/** An edge or one of its outputs, whatever else somebody may give. */
export function isMade(source: unknown): source is Edge | Output {
  const kind = typeof source === 'object' && source !== null && 'kind' in source && source.kind
  return kind === 'edge' || kind === 'output'
}

/** What each option of a compile may be. */
export const compileChecks = {
  includes: checks.list,
  defines: macros,
  flags: checks.list,
  headers: checks.list,
  cflags: checks.list,
} as const satisfies Record<keyof CompileOptions, unknown>

/** What each option of a BPF object may be. */
export const objectChecks = {
  ...compileChecks,
  cpu: checks.oneOf('v1', 'v2', 'v3', 'v4', 'generic', 'probe'),
  endian: checks.oneOf('little', 'big'),
  frontEnd: checks.oneOf('bpf', 'host'),
  finish: checks.oneOf('compiled', 'linked', 'stripped'),
  pch: checks.flag,
} as const satisfies Record<keyof ObjectOptions, unknown>

/** What each option of a link may be. */
export const linkChecks = {
  libraries: checks.list,
  static: checks.flag,
  libbpf: checks.oneOf('static', 'shared', 'none'),
} as const satisfies Record<keyof LinkOptions, unknown>
