// Archives, shared libraries and plug-ins of user space; and what links that use them need.
//
// ld(1): -soname, -rpath, --version-script; ld.so(8): $ORIGIN.
import { posix } from 'node:path'
import {
  type Arg,
  checks,
  type Derived,
  derive,
  type Edge,
  edge,
  type Input,
} from '../../engine/index.ts'
import {
  ar as archiver,
  cc,
  compilerEnvironment,
  cxx,
  extraCflags,
  extraLdflags,
  linkReads,
  remedies,
  responseFiles,
  userCflags,
  userCxxflags,
  userLdflags,
} from '../toolchain/index.ts'
import type { LibbpfChoice } from './choices.ts'
import {
  type CompileOptions,
  type LinkOptions,
  type Objects,
  pathOf,
  type SourceFile,
  USUAL_FLAGS,
} from './options.ts'

/**
 * An archive of objects.
 * @example
 * const common: Archive = bpf.archive('common', [bpf.userObjects('common/*.c')])
 */
export type Archive = Edge<'AR'>

/**
 * A shared library: the name that links use, and with it all that this leads to.
 * @example
 * const events: SharedLibrary = bpf.sharedLibrary('events', [bpf.userObject('events.c', { flags: ['-fPIC'] })])
 */
export type SharedLibrary = Edge<'SHLIB' | 'LN'>

/**
 * What a program opens at run time.
 * @example
 * const plugin: Plugin = bpf.plugin('net', [bpf.userObject('net.c', { flags: ['-fPIC'] })])
 */
export type Plugin = Edge<'PLUGIN'>

/**
 * What a plug-in is linked with.
 * @example
 * const options: PluginOptions = { versionScript: 'plugin.map', libraries: ['-lm'] }
 */
export interface PluginOptions
  extends Pick<LinkOptions, 'libraries'>,
    Pick<CompileOptions, 'flags' | 'cflags'> {
  /** `shared`: with libbpf.so. Most builds of libbpf.a cannot be linked into a library. Default: `none`. */
  readonly libbpf?: 'shared' | 'none'
  /** Says which symbols others see: a file, or the edge that makes it. */
  readonly versionScript?: SourceFile
}

/**
 * What a shared library is linked with, and how it is called.
 * @example
 * const options: SharedLibraryOptions = { soname: 'libevents.so.1', version: '1.2.0', versionScript: 'events.map' }
 */
export interface SharedLibraryOptions extends PluginOptions {
  /** What programs ask for at run time. Default: `libNAME.so`, and with a `version` its first number behind it. */
  readonly soname?: string
  /** The file is `libNAME.so.VERSION`, and `libNAME.so` a link to it. */
  readonly version?: string
}

/** What each option of a plug-in may be. */
export const pluginChecks = {
  libraries: checks.list,
  flags: checks.list,
  cflags: checks.list,
  libbpf: checks.oneOf('shared', 'none'),
  versionScript: (value: unknown) =>
    typeof value === 'string'
      ? checks.path(value)
      : checks.handle('edge', 'output')(value as never),
} as const satisfies Record<keyof PluginOptions, unknown>

const fileName = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[^/\0]+$/.test(value)
    ? undefined
    : 'is not a name without a folder'

/** What each option of a shared library may be. */
export const sharedLibraryChecks = {
  ...pluginChecks,
  soname: fileName,
  version: (value: unknown) =>
    typeof value === 'string' && /^\d+(\.\w+)*$/.test(value)
      ? undefined
      : 'is not a version such as 1.2.0',
} as const satisfies Record<keyof SharedLibraryOptions, unknown>

/** Made anew each time: `ar` would keep members whose source is gone. Without times, so that bytes stay. */
export function archive(
  objects: readonly Objects[],
  output: string,
  ar: Arg = archiver,
): Edge<'AR'> {
  return edge({
    rule: 'AR',
    outputs: [output],
    inputs: objects as readonly Input[],
    command: [ar, 'rcsD', output, objects as readonly Arg[]],
    fresh: true,
  })
}

/** The names of a shared library: the file, what programs ask for, what links use; some may be the same. */
interface Names {
  readonly file: string
  readonly soname: string
  readonly bare: string
}

/** @param output path of the name that links use */
function namesOf(
  output: string,
  { soname, version }: Pick<SharedLibraryOptions, 'soname' | 'version'>,
): Names {
  const bare = posix.basename(output)
  const [major] = version?.split('.') ?? []
  const own = soname ?? (major === undefined ? bare : `${bare}.${major}`)
  return { file: version === undefined ? own : `${bare}.${version}`, soname: own, bare }
}

/** A library as its options say, with the libbpf that they may ask for. */
type LibrarySpec<Options extends PluginOptions> = Omit<Options, 'libbpf'> & {
  readonly libbpf: Derived<LibbpfChoice> | undefined
}

/** @param output path of the name that links use, `lib/libx.so`; the file and its other name are beside it */
export function sharedLibrary(
  objects: readonly Objects[],
  output: string,
  options: LibrarySpec<SharedLibraryOptions>,
): SharedLibrary {
  const { file, soname, bare } = namesOf(output, options)
  const at = (name: string): string => posix.join(posix.dirname(output), name)
  const flags = [`-Wl,-soname,${soname}`]
  let made: SharedLibrary = shared('SHLIB', objects, at(file), options, flags)
  for (const [name, to] of [
    [soname, file],
    [bare, soname],
  ] as const) {
    if (name === to) continue
    const path = at(name)
    made = edge({
      rule: 'LN',
      outputs: [path],
      inputs: [made],
      command: ['ln', '-sf', to, path],
    })
  }
  return made
}

/** Found by its path, so it has no other name. */
export function plugin(
  objects: readonly Objects[],
  output: string,
  options: LibrarySpec<PluginOptions>,
): Plugin {
  return shared('PLUGIN', objects, output, options, [])
}

function shared<const Rule extends string>(
  rule: Rule,
  objects: readonly Objects[],
  output: string,
  options: LibrarySpec<PluginOptions>,
  own: readonly string[],
): Edge<Rule> {
  const { cflags = USUAL_FLAGS, flags = [], versionScript, libbpf } = options
  const bpf = libbpf === undefined ? NOTHING : sharedLibbpfWords(libbpf, output)
  const libraries = [bpf.words, ...(options.libraries ?? [])]
  const linker = linkerOf(objects)
  const { compiler } = linker
  const given = [cflags, flags, linker.flags, extraCflags, userLdflags]
  const all = [given, libraries, extraLdflags]
  const { inputs, words, ...reads } = linkReads(compiler, all, output)
  const script = versionScript === undefined ? [] : [versionScript]
  return edge({
    rule,
    outputs: [output],
    inputs: [objects as readonly Input[], script, bpf.files, responseFiles(all), inputs],
    ...reads,
    environment: compilerEnvironment,
    remedy: remedies.sharedLink,
    command: [
      [compiler, given, '-shared', own],
      script.map((file) => `-Wl,--version-script=${pathOf(file)}`),
      objects as readonly Arg[],
      [libraries, librarySearch(objects, output), extraLdflags, words, '-o', output],
    ],
  })
}

/** What links some objects, and what the user sets for it. */
export interface Linker {
  readonly compiler: Arg
  readonly flags: Arg
}

const C: Linker = { compiler: cc, flags: userCflags }
const CXX: Linker = { compiler: cxx, flags: userCxxflags }

/** The compiler of C++ where something among the objects, or in an archive of them, was compiled by it. */
export function linkerOf(objects: readonly Objects[]): Linker {
  const { isCxx, later } = cxxIn(objects)
  if (isCxx) return CXX
  if (later.length === 0) return C
  // Which sources match a pattern is known later.
  const linker = derive(later, (...lists) =>
    lists.some((list) => cxxIn(list as readonly Objects[]).isCxx) ? CXX : C,
  )
  return {
    compiler: derive([linker], ({ compiler }): readonly Arg[] => [compiler]),
    flags: derive([linker], ({ flags }): readonly Arg[] => [flags]),
  }
}

/** Is C++ among what is known as it is declared, and what will only be known later? */
function cxxIn(objects: readonly Input[]): {
  readonly isCxx: boolean
  readonly later: readonly Derived<unknown>[]
} {
  let isCxx = false
  const later: Derived<unknown>[] = []
  const look = (input: Input): void => {
    if (typeof input === 'string') return
    if (isList(input)) input.forEach(look)
    else if (input.kind === 'derived') later.push(input)
    else if (input.kind === 'edge' && input.rule === 'AR') input.inputs.forEach(look)
    else if (input.kind === 'edge' && input.rule === 'CXX') isCxx = true
  }
  objects.forEach(look)
  return { isCxx, later }
}

/**
 * Where a program of the build folder finds its shared libraries, relative to itself, so that it also runs
 * where the folder was moved; and where the linker finds those that these need in turn.
 */
export function librarySearch(objects: readonly Objects[], program: string): readonly string[] {
  const direct = folders(edgesIn(objects).filter(isShared))
  const all = new Set(direct)
  for (const one of edgesIn(objects).filter(isShared)) neededBy(one, all)
  return [
    ...direct.map((folder) => `-Wl,-rpath,${relativeTo(program, folder)}`),
    ...[...all].map((folder) => `-Wl,-rpath-link,${folder}`),
  ]
}

/** Adds the folders of the libraries that a library is linked with. */
function neededBy(library: Edge, found: Set<string>): void {
  for (const input of edgesIn(library.inputs)) {
    if (!isShared(input)) continue
    found.add(posix.dirname(input.output.path))
    neededBy(input, found)
  }
}

/** The shared library among some objects, where there is one. */
export function sharedAmong(objects: readonly Objects[]): Edge | undefined {
  return edgesIn(objects).find(isShared)
}

/** The library itself, or a link to it. */
function isShared({ rule, inputs }: Edge): boolean {
  return rule === 'SHLIB' || (rule === 'LN' && edgesIn(inputs).some(isShared))
}

function folders(edges: readonly Edge[]): string[] {
  return [...new Set(edges.map(({ output }) => posix.dirname(output.path)))]
}

const NOTHING = { words: [], files: [] } as const

/**
 * What a link with libbpf.so has behind its objects: where the compiler does not find it by itself, its folder, and for
 * a program of the build folder that folder relative to itself.
 */
export function sharedLibbpfWords(
  libbpf: Derived<LibbpfChoice>,
  program: string,
): { readonly words: Arg; readonly files: Input } {
  return {
    words: derive([libbpf], ({ shared: { folder } }): Arg => {
      if (folder === undefined) return ['-lbpf']
      const place = folder.startsWith('/') ? folder : relativeTo(program, folder)
      return ['-L', folder, '-lbpf', `-Wl,-rpath,${place}`]
    }),
    files: derive([libbpf], ({ shared: { files } }) => files),
  }
}

/** A folder as the dynamic linker finds it from a program, wherever both are moved to. */
function relativeTo(program: string, folder: string): string {
  return `$ORIGIN/${posix.relative(posix.dirname(program), folder)}`.replace(/\/$/, '')
}

/** The edges among inputs that are known as they are declared. */
function edgesIn(inputs: readonly Input[]): readonly Edge[] {
  return inputs.flatMap((input): readonly Edge[] => {
    if (typeof input === 'string') return []
    if (isList(input)) return edgesIn(input)
    return input.kind === 'edge' ? [input] : []
  })
}

function isList(input: Input): input is readonly Input[] {
  return Array.isArray(input)
}
