// x.bpf.c to x.bpf.o, with clang for the BPF target.
import { type Arg, type Derived, type Edge, edge, type Input, unlisted } from '../engine/index.ts'
import { bpfFlags, colourFlags, compilerEnvironment, extraCflags } from './compile.ts'
import { foldersOf, headersOf, includeFlags } from './includes.ts'
import type { LibbpfChoice } from './libbpfchoice.ts'
import type { Precompiled, Program } from './pch.ts'
import { systemFolders, systemIncludes } from './probe.ts'
import { clang } from './toolchain.ts'

export interface ObjectOptions {
  readonly libbpf: Derived<LibbpfChoice>
  /** Folders for `-I`. */
  readonly includes?: readonly string[]
  readonly flags?: readonly Arg[]
  /** Generated headers that must be there before the compile. */
  readonly headers?: readonly Input[]
  /** Gives a program the precompiled header that it may use. */
  readonly precompiled?: (program: Program) => Precompiled
}

/** @param output path of the object */
export function bpfObject(source: string, output: string, options: ObjectOptions): Edge {
  const { flags = [] } = options
  const folders = foldersOf(options)
  const pch = options.precompiled?.({ source, output, folders, flags })
  const depfile = `${output}.d`
  return edge({
    rule: 'BPF',
    outputs: [output],
    inputs: pch === undefined ? [source] : [source, pch.file],
    orderOnly: headersOf(options),
    depfile,
    searchPath: [folders, systemFolders],
    environment: compilerEnvironment,
    note: pch?.note,
    command: [
      clang,
      bpfFlags,
      includeFlags(options),
      systemIncludes,
      flags,
      extraCflags,
      colourFlags,
      // Only the clang that made it can read it, and an editor's is mostly another.
      unlisted(pch?.words ?? []),
      ['-MD', '-MF', depfile, '-c', source, '-o', output],
    ],
  })
}
