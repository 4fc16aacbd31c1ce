// x.bpf.c to x.bpf.o, with clang for the BPF target; and what bpftool and llvm-strip make of that.
import {
  type Arg,
  type Derived,
  derive,
  type Edge,
  edge,
  type Input,
  source as sourceFile,
  unlisted,
} from '../../engine/index.ts'
import {
  bpfFlags,
  arch as builtFor,
  byteOrder,
  clang,
  colourFlags,
  compilerEnvironment,
  crossTarget,
  extraCflags,
  llc,
  llcTarget,
  llvmStrip,
  remedies,
  responseFiles,
  searchedFolders,
  systemIncludes,
} from '../toolchain/index.ts'
import type { BpftoolChoice, LibbpfChoice } from './choices.ts'
import { foldersOf, headersOf, includeFlags } from './includes.ts'
import { defineFlags, type ObjectOptions, pathOf, type SourceFile, USUAL_FLAGS } from './options.ts'
import type { Precompiler } from './pch.ts'

/**
 * A BPF object, by the rule that makes it. A custom rule makes one where it is named so.
 * @example
 * const object: BpfObject = edge({ rule: 'BPF', outputs: ['build/x.bpf.o'], command: ['mycompiler'] })
 */
export type BpfObject = Edge<'BPF' | 'GENOBJ' | 'STRIP'>

export interface CompileSpec extends Omit<ObjectOptions, 'finish'> {
  readonly libbpf: Derived<LibbpfChoice>
  /** As the kernel names it; without it, what the compiler of user space builds for. */
  readonly arch?: Derived<string>
  /** Gives a program the precompiled header that it asks for. */
  readonly precompiled?: Precompiler
}

/** @param output path of the object */
export function bpfObject(source: SourceFile, output: string, options: CompileSpec): Edge<'BPF'> {
  if (options.frontEnd === 'host') return hostObject(source, output, options)
  const { cpu, endian, arch = builtFor } = options
  return compiled('BPF', source, output, options, {
    target: bpfFlags,
    language: [
      endian === undefined ? byteOrder(arch) : `-m${endian}-endian`,
      cpu === undefined ? [] : `-mcpu=${cpu}`,
    ],
    system: systemIncludes,
  })
}

const llcFor = { little: '-march=bpfel', big: '-march=bpfeb' } as const

/** Through bitcode: what clang is told of BPF goes to llc. */
function hostObject(source: SourceFile, output: string, options: CompileSpec): Edge<'BPF'> {
  const { cpu, endian, arch = builtFor } = options
  const bitcode = compiled('BC', source, `${output.replace(/\.o$/, '')}.bc`, options, {
    target: [crossTarget, '-emit-llvm'],
    language: [],
    system: [],
  })
  return edge({
    rule: 'BPF',
    outputs: [output],
    inputs: [bitcode],
    remedy: remedies.llc,
    command: [
      [
        llc,
        endian === undefined ? llcTarget(arch) : llcFor[endian],
        cpu === undefined ? [] : `-mcpu=${cpu}`,
      ],
      ['-filetype=obj', '-o', output, bitcode],
    ],
  })
}

/**
 * As for user space. DWARF 5 holds a digest of the source, by which a comment would make another object, and all
 * that is made of it anew.
 */
const BPF_FLAGS: readonly Arg[] = [...USUAL_FLAGS, '-gdwarf-4']

/** Where the two ways to compile differ. */
interface FrontEndWords {
  readonly target: Arg
  readonly language: Arg
  /** Folders of the system's headers that clang does not look in by itself. */
  readonly system: Arg
}

function compiled<const Rule extends string>(
  rule: Rule,
  source: SourceFile,
  output: string,
  options: CompileSpec,
  { target, language, system }: FrontEndWords,
): Edge<Rule> {
  const { flags = [], cflags = BPF_FLAGS, arch = builtFor } = options
  const depfile = `${output}.d`
  const path = sourceFile(pathOf(source))
  const words: Arg[] = [
    clang,
    target,
    [...cflags, derive([arch], (name) => `-D__TARGET_ARCH_${name}`)],
    [language, defineFlags(options.defines)],
    includeFlags(foldersOf(options)),
    system,
    flags,
    extraCflags,
    colourFlags,
  ]
  const searchPath = [searchedFolders(clang, words.slice(1))]
  const pch = options.precompiled?.({ pch: options.pch, words, searchPath })
  return edge({
    rule,
    outputs: [output],
    inputs: [
      source,
      responseFiles(words),
      pch === undefined ? [] : derive([pch], (file): Input => file ?? []),
    ],
    orderOnly: headersOf(options),
    depfile,
    searchPath,
    environment: compilerEnvironment,
    remedy: remedies.bpf,
    command: [
      ...words,
      // Only the clang that made it can read it, and an editor's is mostly another.
      unlisted(
        pch === undefined
          ? []
          : derive([pch], (file): Arg => (file === undefined ? [] : ['-include-pch', file])),
      ),
      ['-MD', '-MF', depfile, '-c', path, '-o', output],
    ],
  })
}

/** `x.tmp.bpf.o`: what clang leaves of an object that more is made of. */
export function rawPath(path: string): string {
  return path.replace(/(\.bpf)?\.o$/, '.tmp$&')
}

/** One object from several, or from one: BTF is merged, other debug information left out. */
export function linkedObject(
  objects: readonly (Edge | Derived<readonly Edge[]>)[],
  output: string,
  { program, file }: Pick<BpftoolChoice, 'program' | 'file'>,
): Edge<'GENOBJ'> {
  return edge({
    rule: 'GENOBJ',
    outputs: [output],
    inputs: [objects, file],
    cache: true,
    command: [program, 'gen', 'object', output, objects],
  })
}

/** The object without debug information other than BTF. */
export function strippedObject(object: Edge, output: string): Edge<'STRIP'> {
  return edge({
    rule: 'STRIP',
    outputs: [output],
    inputs: [object],
    cache: true,
    command: [llvmStrip, '-g', object, '-o', output],
  })
}
