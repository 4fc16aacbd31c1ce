// What a build is declared with: files, edges, tools and values, as frozen data.
// Nothing here reads the disk, the environment or another handle's answer.
import { type FailureBlock, normalPath, UserError } from '../base/index.ts'
import { checkOptions, checks, described, wrong } from './checks.ts'
import type { Cosmetic } from './cosmetic.ts'
import type { Pool } from './pool.ts'

/** A file that exists before the build: nothing here makes it. @example const header: Source = source('gen.h', 'make it: ./configure') */
export interface Source {
  readonly kind: 'source'
  /** Relative to the root (the folder of tasks.ts), or absolute. Normalised. */
  readonly path: string
  /** How to mend it when it is missing, where that is not to put it there. */
  readonly hint?: string
}

/** A file that an edge makes. @example const { output }: { output: Output } = edge({ rule: 'TOUCH', outputs: ['build/x'], command: ['touch', 'build/x'] }) */
export interface Output {
  readonly kind: 'output'
  readonly path: string
  readonly edge: Edge
}

/** A file, whether or not the build makes it. @example const file: File = source('a.c') */
export type File = Source | Output

/**
 * A NAME that is set on the command line (`NAME=VALUE`) or in the environment, in that order.
 * Answers its text, or undefined where nobody set it and it has no default. @example const debug: Setting = setting('DEBUG', 'build with assertions')
 */
export interface Setting {
  readonly kind: 'setting'
  readonly name: string
  readonly about: string
  readonly default?: string
}

/** What a finished process gave: exit status (null when a signal ended it) and its output. @example const words = ({ stdout }: ProcessResult) => stdout.split('\n') */
export interface ProcessResult {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * A question that only a command can answer: where a compiler looks for headers, whether it knows
 * a target. @example const machine: Probe = probe({ name: 'machine', command: ['uname', '-m'], read: ({ stdout }) => [stdout.trim()] })
 */
export interface Probe {
  readonly kind: 'probe'
  readonly name: string
  readonly command: readonly Arg[]
  /** Variables that the command gets besides those that every command gets. */
  readonly environment: Readonly<Record<string, Arg>>
  /** Files that the answer depends on besides the tools. */
  readonly inputs: readonly string[]
  /** Arguments that make the command write which files it read to a path, in make's syntax. */
  readonly depfile: ((path: string) => readonly string[]) | undefined
  /** Is this answer to be remembered? */
  readonly isKept: ((words: readonly string[]) => boolean) | undefined
  /** The answer, as words; throws a UserError where there is none (which is not remembered). */
  readonly read: (result: ProcessResult) => readonly string[]
}

/** The files that match, sorted. A file that appears or goes is a change of the inputs. @example const sources: Glob = glob('src/*.c', '!src/old.c') */
export interface Glob {
  readonly kind: 'glob'
  readonly patterns: readonly string[]
}

/** A program that edges run; looked for only when an edge that runs needs it. @example const known = (perl: Tool) => perl.names.join(' ') */
export interface Tool {
  readonly kind: 'tool'
  /** How messages and the log call it. */
  readonly name: string
  /** The setting that names it, for example CC; its words may begin with a wrapper. */
  readonly setting?: Setting
  /** Names to look for in PATH, best first; of a pattern's matches the highest number wins. */
  readonly names: readonly (string | RegExp)[]
  /**
   * A setting whose text stands before each of the names, for example CROSS_COMPILE; a folder in
   * it is where to look. The hint is given where nothing has such a name.
   */
  readonly prefix?: { readonly setting: Setting; readonly hint: string }
  /** Folders to look in after PATH; one `*` in one of them stands for any name, newest first. */
  readonly folders: readonly string[]
  /** Arguments that make it print its version, and the pattern whose first group is that version. */
  readonly version: { readonly args: readonly string[]; readonly pattern: RegExp }
  /**
   * Arguments that make it name files that it loads, and the pattern whose first group is the path of each, or
   * its name in PATH: another one makes it another tool.
   */
  readonly parts?: readonly {
    readonly args: readonly string[]
    readonly environment?: Readonly<Record<string, string>>
    readonly pattern: RegExp
  }[]
  /** What to say when there is none: usually the command that installs it. */
  readonly hint: string
}

/** A tool as it was found. @example const where = ({ path }: FoundTool) => path */
export interface FoundTool {
  /** What to run: the program, after a wrapper where the setting named one. */
  readonly words: readonly string[]
  /** Absolute path of the program itself, links not followed. */
  readonly path: string
  /** What the version command printed, the first group of the tool's pattern. */
  readonly version: string
  /** Real path, size and time of all that runs: what makes it another tool. */
  readonly identity: string
  /** Real paths of all that runs. */
  readonly files: readonly string[]
}

/** A value worked out from others when it is first needed; handles in it are followed. @example const upper: Derived<string> = derive([text('name')], (name = 'x') => name.toUpperCase()) */
export interface Derived<T> {
  readonly kind: 'derived'
  readonly from: readonly Askable[]
  readonly make: (answers: readonly unknown[]) => T
}

/** What a source says, read once a build. Undefined: not there. '': an edge makes it. @example const version: Text = text('VERSION') */
export interface Text {
  readonly kind: 'text'
  readonly path: string
}

/** The answer of a tool, or undefined where that tool is not to be had. @example const either = (perl: Tool): Optional => optional(perl) */
export interface Optional {
  readonly kind: 'optional'
  readonly tool: Tool
}

/** What a body or a derived value may ask. @example const asked: Askable = setting('DEBUG', 'build with assertions') */
export type Askable = Setting | Probe | Glob | Tool | Text | Optional | Derived<unknown>

/** What asking gives: text for a setting, words for a probe, paths for a glob. @example const paths: AnswerOf<Glob> = ['a.c', 'b.c'] */
export type AnswerOf<A> = A extends Setting | Text
  ? string | undefined
  : A extends Probe | Glob
    ? readonly string[]
    : A extends Tool
      ? FoundTool
      : A extends Optional
        ? FoundTool | undefined
        : A extends Derived<infer T>
          ? T
          : never

/** Words of a command that are left out of compile_commands.json: none but this build can use them. @example const pch: Unlisted = unlisted(['-include-pch', 'x.pch']) */
export interface Unlisted {
  readonly kind: 'unlisted'
  readonly words: Arg
}

/** A part of a command: one word, the paths of a file or edge, a tool, or words asked for. @example const words: readonly Arg[] = ['cp', source('a'), 'build/a'] */
export type Arg =
  | string
  | File
  | Edge
  | Tool
  | Setting
  | Probe
  | Glob
  | Cosmetic
  | Unlisted
  | Derived<Arg | undefined>
  | readonly Arg[]

/** Something that must be up to date first: a path, a file, all outputs of an edge, a glob. @example const inputs: Input = ['a.c', glob('include/*.h')] */
export type Input = string | File | Edge | Glob | Derived<Input | undefined> | readonly Input[]

/** One command, with what it reads and what it makes; of a certain rule where that is named. @example const copy: Edge<'COPY'> = edge({ rule: 'COPY', outputs: ['build/a'], inputs: ['a'], command: ['cp', 'a', 'build/a'] }) */
export interface Edge<Rule extends string = string> {
  readonly kind: 'edge'
  /** A short word for the kind of work: shown at the start of its line. */
  readonly rule: Rule
  readonly outputs: readonly Output[]
  /** The first output: what the edge is known by. */
  readonly output: Output
  readonly inputs: readonly Input[]
  readonly orderOnly: readonly Input[]
  readonly command: readonly Arg[]
  /** Working directory, relative to the root. */
  readonly directory: string
  /**
   * Environment the command gets besides PATH, HOME, USER, TMPDIR, TERM, the locale, what launchers and Nix
   * read, and what PASS_ENV names. Undefined: not set.
   */
  readonly environment: Readonly<Record<string, Arg>>
  /** Where the command writes which files it read, in make's syntax. Read, kept, removed. */
  readonly depfile: string | undefined
  /** Does it write one here? Undefined: it does; no words: it does not. */
  readonly depfileIf: Arg | undefined
  /**
   * Folders in which the command looks for the files that its depfile then names, first match
   * first. A file that appears where it would be found earlier makes the edge stale.
   */
  readonly searchPath: readonly Arg[]
  /** The output that gets what the command writes to its standard output. */
  readonly stdout: Output | undefined
  readonly pool: Pool | undefined
  /** True when the outputs must not exist when the command starts (an archiver appends). */
  readonly fresh: boolean
  /** Can a kept result take its place, as it follows from what is declared? Undefined: if it has a depfile. */
  readonly cache: boolean | undefined
  /** True for what {@link foreign} declares: its command itself knows what is stale. */
  readonly isForeign: boolean
  /** What the user should know when it runs; no words: nothing. Said once a build. */
  readonly note: Arg | undefined
  /** What mends a failure, by all that the command wrote; undefined: it does not know. */
  readonly remedy: ((output: string) => string | undefined) | undefined
  /**
   * What is wrong with what the command made, though it ended with 0: then the edge has failed, and nothing of
   * it is kept. `at` gives the absolute path of an output. A kept result is asked about as well.
   */
  readonly judge: Judge | undefined
}

/** See {@link Edge}. @example const judge: Judge = async (at) => at('build/x').endsWith('x') ? undefined : { what: 'not x' } */
export type Judge = (at: (output: string) => string) => Promise<FailureBlock | undefined>

/** What {@link edge} takes; {@link Edge} says what each field means. @example const spec: EdgeSpec = { rule: 'COPY', outputs: ['build/a'], inputs: ['a'], command: ['cp', 'a', 'build/a'] } */
export interface EdgeSpec<Rule extends string = string> {
  readonly rule: Rule
  readonly outputs: readonly [string, ...string[]]
  readonly inputs?: readonly Input[]
  readonly orderOnly?: readonly Input[]
  readonly command: readonly Arg[]
  readonly directory?: string
  readonly environment?: Readonly<Record<string, Arg>>
  readonly depfile?: string
  readonly depfileIf?: Arg | undefined
  readonly searchPath?: readonly Arg[]
  /** Capture standard output into the first output. */
  readonly captureStdout?: boolean
  readonly pool?: Pool
  readonly fresh?: boolean
  readonly cache?: boolean
  readonly note?: Arg | undefined
  readonly remedy?: Edge['remedy']
  readonly judge?: Edge['judge']
}

/**
 * A file of the tree, by path.
 * @throws UserError for an empty path or one with a NUL byte
 * @example
 * const types = source('/boot/kernel', 'install the kernel')
 */
export function source(path: string, hint?: string): Source {
  const file: Source = { kind: 'source', path: normalPath(path) }
  return Object.freeze(hint === undefined ? file : { ...file, hint })
}

/**
 * One command that makes files.
 * @throws UserError when two outputs are one path, or a path is empty or a folder
 * @example
 * const config = edge({ rule: 'GEN', outputs: ['build/config.h'], inputs: ['config.in'], command: ['cat', 'config.in'], captureStdout: true })
 */
export function edge<const Rule extends string>(spec: EdgeSpec<Rule>): Edge<Rule> {
  checkOptions(`edge ${spec?.outputs?.[0] ?? spec?.rule}`, spec, edgeChecks, REQUIRED)
  return edgeOf(spec, false)
}

/** An edge of what was checked. */
export function edgeOf<Rule extends string>(spec: EdgeSpec<Rule>, isForeign: boolean): Edge<Rule> {
  const handle: { -readonly [K in keyof Edge]: Edge<Rule>[K] | undefined } = {
    kind: 'edge',
    rule: spec.rule,
    outputs: undefined,
    output: undefined,
    inputs: frozen(spec.inputs),
    orderOnly: frozen(spec.orderOnly),
    command: frozen(spec.command),
    directory: spec.directory === undefined ? '.' : normalPath(spec.directory),
    environment:
      spec.environment === undefined ? NO_VARIABLES : Object.freeze({ ...spec.environment }),
    depfile: spec.depfile === undefined ? undefined : normalPath(spec.depfile),
    depfileIf: spec.depfileIf,
    searchPath: frozen(spec.searchPath),
    stdout: undefined,
    pool: spec.pool,
    fresh: spec.fresh ?? false,
    cache: spec.cache,
    isForeign,
    note: spec.note,
    remedy: spec.remedy,
    judge: spec.judge,
  }
  const self = handle as Edge<Rule>
  const outputs = spec.outputs.map((path): Output => {
    const normal = normalPath(path)
    if (/(^|\/)(\.\.?)?$/.test(normal)) {
      throw new UserError({ what: 'an output is a folder', facts: [['output', path]], status: 2 })
    }
    return Object.freeze({ kind: 'output', path: normal, edge: self })
  })
  for (const [at, { path }] of outputs.length > 1 ? outputs.entries() : []) {
    if (outputs.findIndex((output) => output.path === path) === at) continue
    const what = 'an edge names one output twice'
    throw new UserError({ what, facts: [['output', path]], status: 2 })
  }
  const [first] = outputs
  if (first === undefined) {
    throw new UserError({ what: 'an edge has no output', facts: [['rule', spec.rule]], status: 2 })
  }
  handle.outputs = Object.freeze(outputs)
  handle.output = first
  handle.stdout = spec.captureStdout === true ? first : undefined
  return Object.freeze(self)
}

/** What each field of an edge may be. */
export const edgeChecks = {
  rule: checks.text,
  outputs: checks.paths,
  inputs: checks.list,
  orderOnly: checks.list,
  command: checks.command,
  directory: checks.text,
  environment: checks.variables,
  depfile: checks.path,
  depfileIf: checks.part,
  searchPath: checks.command,
  captureStdout: checks.flag,
  pool: checks.handle('pool'),
  fresh: checks.flag,
  cache: checks.flag,
  note: checks.part,
  remedy: checks.callable,
  judge: checks.callable,
} as const satisfies Record<keyof EdgeSpec, unknown>

const REQUIRED = ['rule', 'outputs', 'command'] as const satisfies (keyof EdgeSpec)[]

const NOTHING: readonly never[] = Object.freeze([])
export const NO_VARIABLES = Object.freeze({})

/** A copy that nobody can change. */
export function frozen<T>(list: readonly T[] | undefined): readonly T[] {
  return list === undefined || list.length === 0 ? NOTHING : Object.freeze(list.slice())
}

/**
 * What NAME=VALUE may set, with its meaning, and its text where nobody sets it.
 * @example
 * const SIZE = setting('SIZE', 'entries of each map', '1024')
 */
export function setting(name: string, about: string, fallback?: string): Setting {
  if (typeof name !== 'string' || !/^[A-Za-z_]\w*$/.test(name))
    throw wrong('the name of a setting is letters, digits and _', [['given', described(name)]])
  const named = { kind: 'setting', name, about } as const
  return Object.freeze(fallback === undefined ? named : { ...named, default: fallback })
}

/**
 * Files by pattern, as globby takes them (`!` excludes).
 * @example
 * const sources = glob('src/*.c', '!src/old.c')
 */
export function glob(...patterns: string[]): Glob {
  checkOptions('glob', { patterns }, { patterns: checks.words })
  return Object.freeze({ kind: 'glob', patterns: Object.freeze(patterns) })
}

/**
 * What a file says. Only for sources, and only where it decides what is built: what a command reads
 * is an input of its edge.
 * @example
 * const version = derive([text('VERSION')], (said) => `-DVERSION="${said?.trim()}"`)
 */
export function text(path: string): Text {
  return Object.freeze({ kind: 'text', path: normalPath(path) })
}

/**
 * `make` is called at most once a build, with the answers of `from`, when the value is needed. It
 * may give another derived value, which then is the value.
 * @example
 * const define = derive([setting('SIZE', 'entries', '1024')], (size) => `-DSIZE=${size}`)
 */
export function derive<const From extends readonly Askable[], T>(
  from: From,
  make: (...answers: { readonly [K in keyof From]: AnswerOf<From[K]> }) => T | Derived<T>,
): Derived<T> {
  const apply = make as (...answers: unknown[]) => T
  return Object.freeze({
    kind: 'derived',
    from,
    make: (answers: readonly unknown[]) => apply(...answers),
  })
}

/** See {@link Unlisted}. @example const quick = unlisted(['-include-pch', 'build/all.h.pch']) */
export function unlisted(words: Arg): Unlisted {
  return Object.freeze({ kind: 'unlisted', words })
}
