// Which tools a tree has: sources of BPF and of loaders, brought together by their names.
import { basename, posix } from 'node:path'
import {
  checkOptions,
  type Derived,
  derive,
  described,
  didYouMean,
  glob,
  text,
  UserError,
  wrong,
} from '../../engine/index.ts'
import {
  pathOf,
  type SkeletonKind,
  type SourceFile,
  type Sources,
  skeletonEndings,
  sourceList,
} from '../rules/index.ts'

/**
 * Sources of one name: what is known of a tool before it is built.
 * @example
 * const needs = ({ headers }: ToolSource) => (headers.includes('blazesym.h') ? [blazesym] : [])
 */
export interface ToolSource {
  readonly name: string
  readonly bpf: string | undefined
  readonly loader: string | undefined
  /** What the loader's source includes, as it names it: `sys/sdt.h`. */
  readonly headers: readonly string[]
  /** Skeletons that the loader includes: of which name, and of which kind. */
  readonly skeletons: readonly (readonly [name: string, kind: SkeletonKind])[]
}

export interface ToolSourcesOptions {
  readonly except?: readonly string[]
  readonly each?: Readonly<Record<string, unknown>>
  readonly name?: (source: string) => string
  readonly loaders?: Sources | false
  readonly skeletonFile?: (name: string) => string
}

/** Asking for it throws a UserError where there are none, or a name is told of that none has. */
export function toolSources(
  sources: readonly SourceFile[],
  options: ToolSourcesOptions,
): Derived<readonly ToolSource[]> {
  const { each = {}, except = [], skeletonFile } = options
  const nameOf = checkedName(options.name ?? plainName)
  const patterns = sources.filter((source) => typeof source === 'string')
  const loaders: readonly SourceFile[] =
    options.loaders === undefined ? patterns.map(besides) : listOf(options.loaders)
  return derive([pathsOf(sources), pathsOf(loaders)], (programs, beside) => {
    if (loaders.length > 0 && options.loaders !== undefined && beside.length === 0)
      throw nothingMatches(loaders)
    const bpf = byName(programs, nameOf)
    const skeletonOf = skeletonsOf([...bpf.keys()], skeletonFile)
    const others = beside.filter((path) => !programs.includes(path) && !path.endsWith('.bpf.c'))
    return derive(others.map(text), (...texts): readonly ToolSource[] => {
      const includes = new Map(others.map((path, at) => [path, includedIn(texts[at] ?? '')]))
      const embeds = (path: string) =>
        includes.get(path)?.some((header) => skeletonOf(header).length > 0)
      const users = byName(
        others.filter((path) => bpf.has(nameOf(path)) || embeds(path)),
        nameOf,
      )
      const found = [...new Set([...bpf.keys(), ...users.keys()])].map((name): ToolSource => {
        const loader = users.get(name)
        const headers = loader === undefined ? [] : (includes.get(loader) ?? [])
        const skeletons = headers.flatMap(skeletonOf)
        return { name, bpf: bpf.get(name), loader, headers, skeletons }
      })
      const namesOf = (tools: readonly ToolSource[]) => tools.map(({ name }) => name)
      mustKnow('except of tools', except, namesOf(found))
      const wanted = found.filter(({ name }) => !except.includes(name))
      mustKnow('each of tools', Object.keys(each), namesOf(wanted))
      if (wanted.length > 0) return wanted
      throw noMatch(sources)
    })
  })
}

/** `src/x.bpf.c` and `src/x.c` are both of x. */
function plainName(source: string): string {
  return basename(source).replace(/(\.bpf)?\.(c|cc|cpp|cxx)$/, '')
}

/** A function of the tree's own may give anything. */
function checkedName(nameOf: (source: string) => unknown): (source: string) => string {
  return (source) => {
    const name = nameOf(source)
    if (typeof name === 'string' && name !== '' && !name.endsWith('/')) return name
    throw wrong('name of tools gives no name', [
      ['source', source],
      ['given', described(name)],
    ])
  }
}

/** Where the loaders are of what a pattern matches. */
function besides(pattern: string): string {
  return posix.join(posix.dirname(pattern), '*.{c,cc,cpp,cxx}')
}

function byName(
  sources: readonly string[],
  nameOf: (source: string) => string,
): ReadonlyMap<string, string> {
  const named = new Map<string, string>()
  for (const source of sources) {
    const name = nameOf(source)
    const other = named.get(name)
    if (other !== undefined) {
      throw new UserError({
        what: `two sources are of one tool, ${name}`,
        facts: [
          ['one', other],
          ['the other', source],
        ],
        hint: 'tell them apart with the option name of tools, or leave one out of the pattern',
        status: 2,
      })
    }
    named.set(name, source)
  }
  return named
}

/**
 * The headers that code includes, as it names them: what the compiler finds then is what counts. One that the
 * code itself looks for by `__has_include` is left out: it can do without.
 */
function includedIn(code: string): string[] {
  const lines = code.matchAll(/^[ \t]*#[ \t]*include[ \t]*["<]([^">\n]*\.h)[">]/gm)
  const sought = new Set(
    [...code.matchAll(/\b__has_include\s*\(\s*["<]([^">\n]*)[">]/g)].map(([, path]) => path),
  )
  return [...lines].flatMap(([, path = '']) => (sought.has(path) ? [] : [path]))
}

/** From a header to the tool whose skeleton it is, if it is one. */
function skeletonsOf(
  names: readonly string[],
  skeletonFile: ToolSourcesOptions['skeletonFile'],
): (header: string) => ToolSource['skeletons'] {
  const kinds = ['ordinary', 'light', 'subskeleton'] as const
  const known = new Map(
    names.flatMap((name) =>
      skeletonFile === undefined
        ? kinds.map(
            (kind) => [`${posix.basename(name)}${skeletonEndings[kind]}`, [name, kind]] as const,
          )
        : [[posix.basename(skeletonFile(name)), [name, 'ordinary']] as const],
    ),
  )
  return (header) => {
    const found = known.get(posix.basename(header))
    return found === undefined ? [] : [found]
  }
}

/**
 * @param where what names the tools, as a failure says it
 * @throws UserError for the first name that is not known, with the nearest that is
 */
export function mustKnow(where: string, names: readonly string[], known: readonly string[]): void {
  const unknown = names.find((name) => !known.includes(name))
  if (unknown === undefined) return
  const near = didYouMean(unknown, known)
  throw new UserError({
    what: `there is no tool ${unknown}`,
    facts: [['named in', where]],
    hint: near === undefined ? `the tools are ${known.join(' ')}` : `did you mean ${near}?`,
    status: 2,
  })
}

/** What the types would refuse. */
export function checkPatterns(where: string, patterns: unknown): void {
  checkOptions(where, { patterns }, { patterns: sourceList })
}

/** Sources as a list; none where there are to be none. */
export function listOf(sources: Sources | false | undefined): readonly SourceFile[] {
  if (sources === undefined || sources === false) return []
  return isList(sources) ? sources : [sources]
}

function isList(sources: Sources): sources is readonly SourceFile[] {
  return Array.isArray(sources)
}

/** Paths of sources: all that match a pattern, then those that edges make. */
function pathsOf(sources: readonly SourceFile[]): Derived<readonly string[]> {
  const patterns = sources.filter((source) => typeof source === 'string')
  const made = sources.filter((source) => typeof source !== 'string').map(pathOf)
  if (patterns.length === 0) return derive([], () => made)
  return derive([glob(...patterns)], (matched) => [...matched, ...made])
}

/** The handles among sources, by their paths: a path alone does not say which edge makes it. */
export function madeSources(sources: readonly SourceFile[]): ReadonlyMap<string, SourceFile> {
  const made = sources.filter((source) => typeof source !== 'string')
  return new Map(made.map((source) => [pathOf(source), source]))
}

/** What is made of each source that matches, with an output where `place` names one. */
export function eachSource<T>(
  patterns: Sources,
  place: ((source: string) => string) | undefined,
  make: (source: SourceFile, output: { readonly output?: string }) => T,
): Derived<readonly T[]> {
  const all = listOf(patterns)
  const made = madeSources(all)
  return derive([pathsOf(all)], (sources) => {
    if (sources.length === 0) throw nothingMatches(all)
    return sources.map((source) =>
      make(made.get(source) ?? source, place === undefined ? {} : { output: place(source) }),
    )
  })
}

/** For patterns of sources that are a part of something. */
function nothingMatches(patterns: readonly SourceFile[]): UserError {
  return new UserError({
    what: 'no source matches',
    facts: [['patterns', patterns.map(pathOf).join(' ')]],
    hint: 'correct the pattern in tasks.ts: it begins at the folder of tasks.ts, or at -C DIR',
    status: 2,
  })
}

/** For the patterns of the tools of a tree. */
function noMatch(patterns: readonly SourceFile[]): UserError {
  return new UserError({
    what: 'no source matches',
    facts: [['patterns', patterns.map(pathOf).join(' ')]],
    hint:
      'no tool yet? npx tsx tasks.ts new NAME writes one\n' +
      'otherwise correct the pattern in tasks.ts, or name another tree: -C DIR',
    status: 2,
  })
}
