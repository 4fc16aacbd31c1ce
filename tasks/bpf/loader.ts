// C of user space: objects that loaders share, and the loaders, linked with libbpf.
import { type Arg, type Derived, derive, type Edge, edge, type Input } from '../engine/index.ts'
import { colourFlags, compilerEnvironment, extraCflags, extraLdflags } from './compile.ts'
import { foldersOf, headersOf, includeFlags } from './includes.ts'
import type { LibbpfChoice } from './libbpfchoice.ts'
import { libelfNeeds, userFolders } from './probe.ts'
import { cc } from './toolchain.ts'

export interface CompileOptions {
  readonly libbpf: Derived<LibbpfChoice>
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

const warnings = ['-g', '-O2', '-Wall', '-Wextra'] as const

/** x.c to x.o */
export function userObject(source: string, output: string, options: CompileOptions): Edge {
  const depfile = `${output}.d`
  return edge({
    rule: 'CC',
    outputs: [output],
    inputs: [source],
    orderOnly: headersOf(options),
    depfile,
    searchPath: [foldersOf(options), userFolders],
    environment: compilerEnvironment,
    command: [cc, compileFlags(options), '-MD', '-MF', depfile, '-c', source, '-o', output],
  })
}

/** x.c, shared objects and libbpf to a program, compiled and linked by one command. */
export function loaderProgram(source: string, output: string, options: LoaderOptions): Edge {
  const { libbpf, objects = [], static: isStatic = false } = options
  const depfile = `${output}.d`
  return edge({
    rule: 'LINK',
    outputs: [output],
    // An upgrade of libbpf is a change of an input.
    inputs: [source, objects, derive([libbpf], ({ archiveFile }) => archiveFile)],
    orderOnly: headersOf(options),
    depfile,
    searchPath: [foldersOf(options), userFolders],
    environment: compilerEnvironment,
    command: [
      cc,
      compileFlags(options),
      ['-MD', '-MF', depfile, source, objects],
      derive([libbpf], ({ archive }) => archive),
      ['-lelf', '-lz', isStatic ? [libelfNeeds, '-static'] : []],
      [extraLdflags, '-o', output],
    ],
  })
}

function compileFlags(options: CompileOptions): Arg[] {
  return [...warnings, includeFlags(options), ...(options.flags ?? []), extraCflags, colourFlags]
}
