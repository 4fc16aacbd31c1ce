// What compiles and links can be told: for a whole tree, a project in it, a tool, or one source.
import {
  type Arg,
  type Derived,
  didYouMean,
  type Edge,
  type Input,
  UserError,
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
 * What an object is after clang compiled it.
 * @example
 * const finish: Finish = 'stripped'
 */
export type Finish = 'compiled' | 'linked' | 'stripped'

/**
 * What every compile can be told. Lists of a tree, a project and a source add up, in this order.
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
  /** Instead of the flags that the rule begins with: `-g -O2` and warnings. */
  readonly cflags?: readonly Arg[]
}

/**
 * What compiles of BPF programs can be told.
 * @example
 * const options: ObjectOptions = { cpu: 'v3', finish: 'linked', defines: { FAST: true } }
 */
export interface ObjectOptions extends CompileOptions {
  /** The instruction set: `-mcpu`. Without it, the one that clang takes by itself. */
  readonly cpu?: Cpu
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
 * What compiles of user space can be told.
 * @example
 * const options: UserOptions = { flags: ['-pthread'], defines: { _GNU_SOURCE: true } }
 */
export interface UserOptions extends CompileOptions {}

/**
 * What links of programs can be told.
 * @example
 * const options: LinkOptions = { libraries: ['-lm', '-pthread'], static: true }
 */
export interface LinkOptions {
  /** Libraries and flags of the link, behind libbpf and what it needs. */
  readonly libraries?: readonly Arg[]
  /** Link so that it runs where no library is, such as in the guest of `vm`. */
  readonly static?: boolean
}

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

/**
 * What the types would refuse, for those who write plain JavaScript.
 * @param where what the options are for, as the failure calls it
 * @throws UserError for an option that is not known, or a value that it cannot have
 */
export function checkOptions(
  where: string,
  options: object,
  known: Readonly<Record<string, (value: never) => string | undefined>>,
): void {
  if (!isRecord(options)) throw wrong(`${where}: no record of options`, [['given', shown(options)]])
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    const check = known[name]
    if (check === undefined) {
      const near = didYouMean(name, Object.keys(known))
      throw wrong(`${where} has no option ${name}`, [
        ['known', Object.keys(known).join(' ')],
        ...(near === undefined ? [] : [['did you mean', near] as const]),
      ])
    }
    const problem = check(value as never)
    if (problem !== undefined) {
      throw wrong(`${where}: ${name} ${problem}`, [[name, shown(value)]])
    }
  }
}

/** A wrong declaration. */
export function wrong(what: string, facts: readonly (readonly [string, string])[] = []): UserError {
  return new UserError({ what, facts, hint: 'correct it in tasks.ts', status: 2 })
}

/** In one line. A handle by its rule and file: it knows its edge, and that knows it. */
function shown(value: unknown): string {
  if (typeof value === 'string') return value === '' ? '""' : value
  if (typeof value === 'function') return 'a function'
  const short = (_: string, part: unknown): unknown => {
    if (isEdge(part)) return described(part)
    return (part as { kind?: unknown } | null)?.kind === 'derived' ? 'a derived value' : part
  }
  return JSON.stringify(value, short) ?? String(value)
}

/** What a wrong handle is called by. */
export function described(value: unknown): string {
  return isEdge(value) ? `${value.rule} ${value.output.path}` : shown(value)
}

function isEdge(value: unknown): value is Edge {
  return isRecord(value) && (value as { kind?: unknown }).kind === 'edge'
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

type Check = (value: never) => string | undefined

/** Lists may be in lists. What a condition left out is `undefined`, and may well be forgotten. */
const list: Check = (value: unknown) => {
  if (!Array.isArray(value)) return 'is not a list'
  const bad = value
    .flat(8)
    .find((part) => !isRecord(part) && (typeof part !== 'string' || part === ''))
  if (bad === undefined && !value.flat(8).includes(undefined)) return undefined
  return `has something in it that is neither a word nor a handle: ${shown(bad)}`
}

/** Names, and paths. */
const words: Check = (value: unknown) => {
  if (!Array.isArray(value)) return 'is not a list'
  const bad = value.findIndex((part) => typeof part !== 'string' || part === '')
  return bad === -1 ? undefined : `has something in it that is no name: ${shown(value[bad])}`
}
const flag: Check = (value: unknown) =>
  typeof value === 'boolean' ? undefined : 'is neither true nor false'

function oneOf(...values: readonly string[]): Check {
  return (value: unknown) =>
    typeof value === 'string' && values.includes(value)
      ? undefined
      : `is none of ${values.join(', ')}`
}

const macros: Check = (value: unknown) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'is no record such as { DEBUG: true }'
  }
  const bad = Object.keys(value).find((name) => !/^[A-Za-z_]\w*$/.test(name))
  return bad === undefined ? undefined : `has a name that is no macro: ${bad}`
}

/** Options in an option. */
export function nested(where: string, checks: Parameters<typeof checkOptions>[2]): Check {
  return (value: unknown) => {
    if (!isRecord(value)) return 'is no record'
    checkOptions(where, value, checks)
    return undefined
  }
}

/**
 * A source: its path, or the edge that makes it.
 * @example
 * const source: SourceFile = edge({ rule: 'GEN', outputs: ['build/x.bpf.c'], command: ['generate'] })
 */
export type SourceFile = string | Edge

/**
 * The path of a source that is named, not looked for.
 * @throws UserError for what is not a source, and for a pattern
 */
export function sourcePath(where: string, source: SourceFile, pattern: string): string {
  if (isEdge(source) && /\.(c|cc|cpp|cxx|C)$/.test(source.output.path)) return source.output.path
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

/** What each option of a compile may be. */
export const compileChecks = {
  includes: list,
  defines: macros,
  flags: list,
  headers: list,
  cflags: list,
} as const

/** What each option of a BPF object may be. */
export const objectChecks = {
  ...compileChecks,
  cpu: oneOf('v1', 'v2', 'v3', 'v4', 'generic', 'probe'),
  finish: oneOf('compiled', 'linked', 'stripped'),
  pch: flag,
} as const

/** What each option of a link may be. */
export const linkChecks = { libraries: list, static: flag } as const

/** A path below the folder of what is made, or an identifier of C. */
export const named = {
  words,
  /** A pattern for files, or some. */
  patterns: ((value: unknown) =>
    typeof value === 'string'
      ? value === ''
        ? 'is empty'
        : undefined
      : words(value as never)) satisfies Check,
  record: ((value: unknown) => (isRecord(value) ? undefined : 'is no record')) satisfies Check,
  path: ((value: unknown) =>
    typeof value === 'string' && value !== '' && !value.endsWith('/')
      ? undefined
      : 'is no path of a file') satisfies Check,
  identifier: ((value: unknown) =>
    typeof value === 'string' && /^[A-Za-z_]\w*$/.test(value)
      ? undefined
      : 'is no identifier of C') satisfies Check,
  text: ((value: unknown) =>
    typeof value === 'string' && value !== '' ? undefined : 'is no text') satisfies Check,
  list,
  flag,
  oneOf,
  callable: ((value: unknown) =>
    typeof value === 'function' ? undefined : 'is no function') satisfies Check,
  any: (() => undefined) satisfies Check,
} as const
