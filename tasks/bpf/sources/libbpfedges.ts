// libbpf from its sources: objects, archive, shared library, headers to include, libbpf.pc.
import { basename, posix } from 'node:path'
import { type Arg, type Derived, derive, type Edge, edge, type Input } from '../../engine/index.ts'
import { archive } from '../rules/index.ts'
import {
  colourFlags,
  compilerEnvironment,
  libelfWords,
  linkReads,
  type Platform,
  python,
  searchedFolders,
  settings,
  target,
  userCflags,
} from '../toolchain/index.ts'
import { pcWords } from './installfolders.ts'
import { type LibbpfTree, publicHeaders, uapiHeaders } from './libbpftree.ts'

/** What a tree of sources is built to. */
export interface Libbpf {
  readonly tree: LibbpfTree
  readonly archive: Edge
  /** `libbpf.so.1.5.0`, and the links `libbpf.so.1` and `libbpf.so`. */
  readonly shared: readonly [library: Edge, soname: Edge, bare: Edge]
  readonly pc: Edge
  /** The public headers, staged so that `-I includes` finds these and no others. */
  readonly headers: readonly Edge[]
  readonly includes: string
}

/** CFLAGS, or what upstream's own build has, but for -Werror, which breaks on newer compilers. */
export const libraryFlags: Derived<readonly string[]> = derive(
  [settings.CFLAGS, userCflags],
  (set, words) => (set === undefined ? UPSTREAM : words),
)

const UPSTREAM = ['-g', '-O2', '-Wall', '-std=gnu89'] as const

/**
 * The shared objects are made of the same sources: what -Wall warns of is told with the static ones, once.
 * -Wformat stays of it, for -Wformat-security, which distributions add, asks for that. CFLAGS that
 * somebody has set are taken as they are.
 */
const sharedLibraryFlags = derive([settings.CFLAGS, libraryFlags], (set, words) =>
  set === undefined ? words.map((word) => (word === '-Wall' ? '-Wformat' : word)) : words,
)

const baseFlags = [
  '-D_LARGEFILE64_SOURCE',
  '-D_FILE_OFFSET_BITS=64',
  '-Wno-unknown-warning-option',
  '-Wno-format-overflow',
] as const

const sharedFlags = ['-fPIC', '-fvisibility=hidden', '-DSHARED'] as const

/**
 * @param out folder of what is made
 * @param platform the machine that it is built for
 * @param includes folder that gets the public headers, in its folder bpf
 */
export function libbpfEdges(
  tree: LibbpfTree,
  out: string,
  platform: Platform = target,
  includes = `${out}/include`,
): Libbpf {
  const objects = (folder: string, cflags: Arg, flags: readonly string[]): Edge[] =>
    tree.sources.map((source) =>
      libraryObject(source, `${out}/${folder}/${basename(source, '.c')}.o`, {
        includes: tree.includes,
        flags: [...flags, ...baseFlags],
        cflags,
        platform,
      }),
    )
  const { release } = tree.version
  const [major = ''] = release.split('.')
  const soname = `libbpf.so.${major}`
  const library = sharedLibrary(tree, objects('sharedobjs', sharedLibraryFlags, sharedFlags), {
    output: `${out}/libbpf.so.${release}`,
    soname,
    platform,
  })
  const link = edge({
    rule: 'LN',
    outputs: [`${out}/${soname}`],
    inputs: [library],
    command: ['ln', '-sf', basename(library.output.path), `${out}/${soname}`],
  })
  const bare = edge({
    rule: 'LN',
    outputs: [`${out}/libbpf.so`],
    inputs: [link],
    command: ['ln', '-sf', soname, `${out}/libbpf.so`],
  })
  return {
    tree,
    archive: archive(objects('staticobjs', libraryFlags, []), `${out}/libbpf.a`, platform.ar),
    shared: [library, link, bare],
    pc: edge({
      rule: 'PC',
      outputs: [`${out}/libbpf.pc`],
      inputs: [`${tree.folder}/libbpf.pc.template`],
      command: ['sed', pcWords(release), `${tree.folder}/libbpf.pc.template`],
      captureStdout: true,
    }),
    headers: stagedHeaders(tree, posix.join(includes, 'bpf')),
    includes,
  }
}

export interface LibraryObjectOptions {
  readonly includes: readonly string[]
  readonly flags: readonly Arg[]
  /** What the user may replace. */
  readonly cflags: Arg
  /** Generated headers that must be there before the compile. */
  readonly headers?: readonly Input[]
  readonly platform: Platform
}

/** A C source of libbpf or bpftool to its object. */
export function libraryObject(source: string, output: string, options: LibraryObjectOptions): Edge {
  const { includes, flags, cflags, headers = [], platform } = options
  const depfile = `${output}.d`
  const words = [
    includes.flatMap((folder) => ['-I', folder]),
    [cflags, flags, libelfWords(platform).flags, platform.cflags],
  ]
  return edge({
    rule: 'CC',
    outputs: [output],
    inputs: [source],
    orderOnly: headers,
    depfile,
    searchPath: [searchedFolders(platform.cc, words)],
    environment: compilerEnvironment,
    command: [
      platform.cc,
      [words, colourFlags],
      ['-MD', '-MF', depfile, '-c', source, '-o', output],
    ],
  })
}

function sharedLibrary(
  tree: LibbpfTree,
  objects: readonly Edge[],
  made: { readonly output: string; readonly soname: string; readonly platform: Platform },
): Edge {
  const { output, soname, platform } = made
  const map = `${tree.folder}/libbpf.map`
  const { inputs, words, ...reads } = linkReads(platform.cc, platform.ldflags, output)
  return edge({
    rule: 'LINK',
    outputs: [output],
    inputs: [objects, map, inputs],
    ...reads,
    environment: compilerEnvironment,
    command: [
      platform.cc,
      ['-shared', `-Wl,--version-script=${map}`, `-Wl,-soname,${soname}`],
      [objects, platform.ldflags, libelfWords(platform).libraries, words, '-o', output],
    ],
  })
}

function stagedHeaders(tree: LibbpfTree, folder: string): Edge[] {
  const { helperScript } = tree
  const staged = publicHeaders.filter(
    (name) => helperScript === undefined || name !== 'bpf_helper_defs.h',
  )
  const copy = copies(
    staged.map((name) => `${tree.folder}/${name}`),
    folder,
  )
  if (helperScript === undefined) return [copy]
  const uapi = `${tree.uapi}/bpf.h`
  return [
    copy,
    edge({
      rule: 'GEN',
      outputs: [`${folder}/bpf_helper_defs.h`],
      inputs: [helperScript, uapi],
      command: [python, helperScript, '--header', '--file', uapi],
      captureStdout: true,
    }),
  ]
}

/** One command that copies files into a folder. */
export function copies(sources: readonly string[], folder: string): Edge {
  const [first = '', ...others] = sources.map((source) => posix.join(folder, basename(source)))
  return edge({
    rule: 'COPY',
    outputs: [first, ...others],
    inputs: sources,
    command: ['cp', ...sources, folder],
  })
}

/** Paths of the uapi headers that a tree brings. */
export function uapiSources(tree: LibbpfTree): string[] {
  return uapiHeaders.map((name) => `${tree.uapi}/${name}`)
}
