// x.bpf.c to x.bpf.o, with clang for the BPF target.
import { type Arg, type Derived, type Edge, edge, type Input } from '../engine/index.ts'
import { colourFlags, compilerEnvironment, extraCflags } from './compile.ts'
import { foldersOf, headersOf, includeFlags } from './includes.ts'
import type { LibbpfChoice } from './libbpfchoice.ts'
import { archDefine, bpfTarget, systemFolders, systemIncludes } from './probe.ts'
import { clang } from './toolchain.ts'

export interface ObjectOptions {
  readonly libbpf: Derived<LibbpfChoice>
  /** Folders for `-I`. */
  readonly includes?: readonly string[]
  readonly flags?: readonly Arg[]
  /** Generated headers that must be there before the compile. */
  readonly headers?: readonly Input[]
}

/** @param output path of the object */
export function bpfObject(source: string, output: string, options: ObjectOptions): Edge {
  const { flags = [] } = options
  const depfile = `${output}.d`
  return edge({
    rule: 'BPF',
    outputs: [output],
    inputs: [source],
    orderOnly: headersOf(options),
    depfile,
    searchPath: [foldersOf(options), systemFolders],
    environment: compilerEnvironment,
    command: [
      clang,
      ['-g', '-O2', '-Wall', '-target', 'bpf', bpfTarget, archDefine],
      includeFlags(options),
      systemIncludes,
      flags,
      extraCflags,
      colourFlags,
      ['-MD', '-MF', depfile, '-c', source, '-o', output],
    ],
  })
}
