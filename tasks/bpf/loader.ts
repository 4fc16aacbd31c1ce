// C of user space: objects that loaders share, and the loaders, linked with libbpf.
import { type Arg, derive, type Edge, edge, type Input } from '../engine/index.ts'
import { colourFlags, compilerEnvironment, extraCflags, extraLdflags } from './compile.ts'
import { libbpfArchive, libelfNeeds, userFolders } from './probe.ts'
import { cc } from './toolchain.ts'

export interface CompileOptions {
  /** Folders for `-I`. */
  readonly includes?: readonly string[]
  readonly flags?: readonly Arg[]
  /** Generated headers that must be there before the compile. */
  readonly headers?: readonly Input[]
}

export interface LoaderOptions extends CompileOptions {
  /** Objects of user space to link in. */
  readonly objects?: readonly Edge[]
  /** Link so that it runs where no library is, such as in the guest of `vm`. */
  readonly static?: boolean
}

/** An upgrade of libbpf is a change of an input. */
const libbpfFile = derive([libbpfArchive], (paths) => paths)

const warnings = ['-g', '-O2', '-Wall', '-Wextra'] as const

/** x.c to x.o */
export function userObject(source: string, output: string, options: CompileOptions = {}): Edge {
  const depfile = `${output}.d`
  return edge({
    rule: 'CC',
    outputs: [output],
    inputs: [source],
    orderOnly: options.headers ?? [],
    depfile,
    searchPath: [options.includes ?? [], userFolders],
    environment: compilerEnvironment,
    command: [cc, compileFlags(options), '-MD', '-MF', depfile, '-c', source, '-o', output],
  })
}

/** x.c, shared objects and libbpf to a program, compiled and linked by one command. */
export function loaderProgram(source: string, output: string, options: LoaderOptions = {}): Edge {
  const { objects = [], static: isStatic = false } = options
  const depfile = `${output}.d`
  return edge({
    rule: 'LINK',
    outputs: [output],
    inputs: [source, objects, libbpfFile],
    orderOnly: options.headers ?? [],
    depfile,
    searchPath: [options.includes ?? [], userFolders],
    environment: compilerEnvironment,
    command: [
      cc,
      compileFlags(options),
      ['-MD', '-MF', depfile, source, objects],
      [libbpfArchive, '-lelf', '-lz', isStatic ? [libelfNeeds, '-static'] : []],
      [extraLdflags, '-o', output],
    ],
  })
}

function compileFlags({ includes = [], flags = [] }: CompileOptions): Arg[] {
  return [
    ...warnings,
    ...includes.flatMap((folder) => ['-I', folder]),
    ...flags,
    extraCflags,
    colourFlags,
  ]
}
