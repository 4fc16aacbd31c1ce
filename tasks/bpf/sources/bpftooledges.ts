// bpftool from its sources: a bootstrap stage that dumps BTF and makes skeletons, then all of it.
import { basename } from 'node:path'
import { type Derived, derive, type Edge, edge } from '../../engine/index.ts'
import { skeleton, vmlinuxHeader } from '../rules/index.ts'
import {
  bfd,
  bfdStyled,
  clang,
  compilerEnvironment,
  coRe,
  extraCflags,
  host,
  hostFeatures,
  isCross,
  type LibraryFeature,
  type LlvmFlags,
  libelfWords,
  linkReads,
  llvm,
  llvmStrip,
  type Platform,
  searchedFolders,
  systemIncludes,
  target,
  targetFeatures,
} from '../toolchain/index.ts'
import type { BpftoolTree } from './bpftooltree.ts'
import { copies, type Libbpf, libbpfEdges, libraryObject } from './libbpfedges.ts'

/** What a tree of bpftool's sources is built to. */
export interface Bpftool {
  readonly tree: BpftoolTree
  /** Dumps BTF and makes skeletons, and does nothing else. */
  readonly bootstrap: Edge
  /** Undefined where it cannot be built here. */
  readonly full: Edge | undefined
  /** The one that can do most of those that run on this machine. */
  readonly here: Edge
}

/** What both stages use of other libraries. */
interface Uses {
  readonly crypto: boolean
  readonly defines: readonly string[]
}

/** What only the whole bpftool uses besides. */
interface FullUses {
  readonly capabilities: boolean
  readonly disassembler: { readonly compile: readonly string[]; readonly link: readonly string[] }
}

/** Undefined where the whole bpftool can be built, else why it cannot. */
export const fullLack: Derived<string | undefined> = derive([coRe.lack], (said) =>
  said === undefined ? undefined : `clang does not compile for BPF here: ${said}`,
)

/** @param out folder of what is made */
export function bpftoolEdges(tree: BpftoolTree, out: string): Derived<Bpftool> {
  const fullUses = derive(
    [targetFeatures.libcap.lack, bfd, bfdStyled, llvm],
    (cap, bfdLibraries, styledPrinter, llvmFlags): FullUses => ({
      capabilities: cap === undefined,
      disassembler: disassembler(tree, bfdLibraries, styledPrinter, llvmFlags),
    }),
  )
  const whole = derive([usesOn(targetFeatures, tree)], (uses) => new Stage(tree, out, uses, target))
  const foreign = derive(
    [usesOn(hostFeatures, tree)],
    (uses) => new Stage(tree, `${out}/bootstrap`, uses, host),
  )
  const first = derive([isCross], (cross) => (cross ? foreign : whole))
  return derive(
    [fullLack, fullUses, isCross, first, whole],
    (lack, uses, cross, early, late): Bpftool => {
      const why =
        lack === undefined ? undefined : `only bpftool’s bootstrap stage is built: ${lack}`
      const bootstrap = early.bootstrap(`${out}/bootstrap`, why)
      const full = lack === undefined ? late.full(bootstrap, uses) : undefined
      return { tree, bootstrap, full, here: cross ? bootstrap : (full ?? bootstrap) }
    },
  )
}

function usesOn(
  { libcrypto, reallocarray }: Readonly<Record<'libcrypto' | 'reallocarray', LibraryFeature>>,
  tree: BpftoolTree,
): Derived<Uses> {
  return derive([libcrypto.lack, reallocarray.lack], (crypto, realloc) => ({
    crypto: crypto === undefined && names(tree.sources).includes('sign'),
    defines: realloc === undefined ? [] : ['-DCOMPAT_NEED_REALLOCARRAY'],
  }))
}

/**
 * The edges of the stages for one machine, which share one libbpf: both stages, or in a cross build
 * the bootstrap stage for this machine and the whole bpftool for the other.
 */
class Stage {
  readonly #tree: BpftoolTree
  readonly #out: string
  readonly #uses: Uses
  readonly #platform: Platform
  readonly #libbpf: Libbpf
  readonly #internal: Edge

  constructor(tree: BpftoolTree, out: string, uses: Uses, platform: Platform) {
    this.#tree = tree
    this.#out = out
    this.#uses = uses
    this.#platform = platform
    this.#libbpf = libbpfEdges(tree.libbpf, `${out}/libbpf`, platform)
    // Not meant for programs, but bpftool includes these as well.
    this.#internal = copies(
      ['hashmap.h', 'libbpf_internal.h', 'nlattr.h', 'relo_core.h'].map(
        (name) => `${tree.libbpf.folder}/${name}`,
      ),
      `${this.#libbpf.includes}/bpf`,
    )
  }

  /** @param note what to say when it is linked */
  bootstrap(folder: string, note: string | undefined): Edge {
    const { crypto } = this.#uses
    const wanted = this.#tree.bootstrap.filter((name) => crypto || name !== 'sign')
    const sources = this.#tree.sources.filter((source) => wanted.includes(basename(source, '.c')))
    const objects = sources.map((source) =>
      this.#object(source, `${folder}/${basename(source, '.c')}.o`, []),
    )
    return this.#program(objects, `${folder}/bpftool`, [], note)
  }

  full(bootstrap: Edge, { capabilities, disassembler }: FullUses): Edge {
    const { crypto } = this.#uses
    const skeletons = this.#skeletons(bootstrap)
    const sources = this.#tree.sources.filter((source) => {
      const name = basename(source, '.c')
      if (name === 'jit_disasm') return disassembler.link.length > 0
      return name !== 'sign' || crypto
    })
    const objects = sources.map((source) => {
      const used = this.#tree.users.get(source) ?? []
      const flags = [capabilities ? '-DUSE_LIBCAP' : [], disassembler.compile].flat()
      const headers = used.flatMap((name) => skeletons.get(name) ?? [])
      return this.#object(source, `${this.#out}/${basename(source, '.c')}.o`, flags, headers)
    })
    const libraries = [...disassembler.link, ...(capabilities ? ['-lcap'] : [])]
    return this.#program(objects, `${this.#out}/bpftool`, libraries)
  }

  #object(
    source: string,
    output: string,
    flags: readonly string[],
    skeletons: readonly Edge[] = [],
  ): Edge {
    const { includes } = this.#tree
    const folders = [this.#libbpf.includes, ...includes]
    return libraryObject(source, output, {
      includes: skeletons.length > 0 ? [this.#out, ...folders] : folders,
      flags: [
        ['-W', '-Wall', '-Wextra', '-Wno-unused-parameter', '-Wno-missing-field-initializers'],
        ['-DPACKAGE="bpftool"', '-D__EXPORTED_HEADERS__', ...flags, ...this.#uses.defines],
        this.#uses.crypto ? [] : ['-DBPFTOOL_WITHOUT_CRYPTO'],
      ],
      cflags: ['-g', '-O2', this.#platform.userCflags],
      platform: this.#platform,
      headers: [...this.#libbpf.headers, this.#internal, ...skeletons],
    })
  }

  #program(
    objects: readonly Edge[],
    output: string,
    libraries: readonly string[],
    note?: string,
  ): Edge {
    const { archive } = this.#libbpf
    const { cc, ldflags } = this.#platform
    const needs = [libelfWords(this.#platform).libraries, this.#uses.crypto ? ['-lcrypto'] : []]
    const { inputs, words, ...reads } = linkReads(cc, [ldflags, libraries], output)
    return edge({
      rule: 'LINK',
      outputs: [output],
      inputs: [objects, archive, inputs],
      ...reads,
      environment: compilerEnvironment,
      command: [cc, [objects, archive, needs, libraries], [ldflags, words, '-o', output]],
      ...(note === undefined ? {} : { note }),
    })
  }

  /** By the name of their program, `profiler`. */
  #skeletons(bootstrap: Edge): ReadonlyMap<string, Edge> {
    const maker = { program: bootstrap, file: bootstrap, skeletons: [] }
    const vmlinux = vmlinuxHeader(this.#out, maker)
    return new Map(
      this.#tree.skeletons.map((source) => {
        const name = basename(source, '.bpf.c')
        const object = this.#bpfObject(source, `${this.#out}/unstripped/${name}.bpf.o`, vmlinux)
        const stripped = `${this.#out}/${name}.bpf.o`
        const strip = edge({
          rule: 'STRIP',
          outputs: [stripped],
          inputs: [object],
          command: [llvmStrip, '-g', object, '-o', stripped],
        })
        return [name, skeleton(strip, `${this.#out}/${name}.skel.h`, maker)]
      }),
    )
  }

  #bpfObject(source: string, output: string, vmlinux: Derived<Edge>): Edge {
    const depfile = `${output}.d`
    const includes = [this.#out, this.#tree.uapi, this.#libbpf.includes]
    const words = [
      ['-g', '-O2', '-Wall', '-fno-stack-protector', '-target', 'bpf'],
      // Newer kernels' types have unnamed members of named types.
      ['-fms-extensions', '-Wno-unknown-warning-option', '-Wno-microsoft-anon-tag'],
      includes.flatMap((folder) => ['-I', folder]),
      [systemIncludes, extraCflags],
    ]
    return edge({
      rule: 'BPF',
      outputs: [output],
      inputs: [source],
      orderOnly: [vmlinux, ...this.#libbpf.headers],
      depfile,
      searchPath: [searchedFolders(clang, words)],
      environment: compilerEnvironment,
      command: [clang, words, ['-MD', '-MF', depfile, '-c', source, '-o', output]],
    })
  }
}

function disassembler(
  tree: BpftoolTree,
  bfdLibraries: readonly string[] | undefined,
  styledPrinter: boolean,
  llvmFlags: LlvmFlags | undefined,
): FullUses['disassembler'] {
  if (tree.knowsLlvm && llvmFlags !== undefined) {
    return { compile: ['-DHAVE_LLVM_SUPPORT', ...llvmFlags.compile], link: llvmFlags.link }
  }
  if (bfdLibraries === undefined) return { compile: [], link: [] }
  // Four arguments since binutils 2.29 of 2017.
  const compile = ['-DHAVE_LIBBFD_SUPPORT', '-DDISASM_FOUR_ARGS_SIGNATURE']
  return {
    compile: styledPrinter ? [...compile, '-DDISASM_INIT_STYLED'] : compile,
    link: bfdLibraries,
  }
}

function names(sources: readonly string[]): string[] {
  return sources.map((source) => basename(source, '.c'))
}
