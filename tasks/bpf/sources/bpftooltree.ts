// A tree of bpftool's sources: where it keeps what, and the libbpf that belongs to it.
import { posix } from 'node:path'
import { type Derived, derive, glob, text, UserError } from '../../engine/index.ts'
import { literalPattern } from '../system/index.ts'
import { type LibbpfTree, libbpfTree } from './libbpftree.ts'

export interface BpftoolTree {
  /** The folder with main.c. */
  readonly folder: string
  /** Folders for `-I`, without those of libbpf. */
  readonly includes: readonly string[]
  /** Folder of the kernel's uapi headers, for BPF programs. */
  readonly uapi: string
  /** C sources, disasm.c of the kernel included. */
  readonly sources: readonly string[]
  /** Names of the sources of the bootstrap stage, without `.c`. */
  readonly bootstrap: readonly string[]
  /** BPF programs whose skeletons other sources include. */
  readonly skeletons: readonly string[]
  /** By source, the names of the skeletons that it includes: `profiler`. */
  readonly users: ReadonlyMap<string, readonly string[]>
  /** Can it disassemble with LLVM? */
  readonly knowsLlvm: boolean
  /** The script that completes its command line in bash. */
  readonly completion: string
  readonly libbpf: LibbpfTree
}

/** Where main.c is, below what the user named. */
const places = ['src', '.', 'tools/bpf/bpftool'] as const

/** The sources of the bootstrap stage where the Makefile does not tell. */
const bootstrapNames = ['main', 'common', 'json_writer', 'gen', 'btf'] as const

/**
 * The tree at `top`: a checkout or release of the repository, its src, or a kernel tree.
 * Asking for it throws a UserError where that is no bpftool, or its libbpf is not there.
 */
export function bpftoolTree(top: string): Derived<BpftoolTree> {
  const folders = places.map((place) => posix.join(top, place))
  const signs = folders.map((folder) => posix.join(folder, 'xlated_dumper.c'))
  return derive([glob(...signs.map(literalPattern))], (found) => {
    const folder = folders[signs.findIndex((sign) => found.includes(sign))]
    if (folder !== undefined) return treeIn(folder, `BPFTOOL_TOP=${top}`)
    throw new UserError({
      what: `${top} is no tree of bpftool’s sources`,
      facts: [
        ['set by', `BPFTOOL_TOP=${top}`],
        ['looked for', signs.join('\n')],
      ],
      hint: 'name a checkout of its repository, or a kernel tree',
      status: 2,
    })
  })
}

function treeIn(folder: string, named: string): Derived<BpftoolTree> {
  const file = (name: string) => posix.join(folder, name)
  // In the repository all is below its top, in a kernel tree it lies where the kernel has it.
  const repository = { disasm: file('kernel/bpf/disasm.c'), include: file('../include') }
  const kernel = { disasm: file('../../../kernel/bpf/disasm.c'), include: file('../../include') }
  return derive(
    [
      text(file('Makefile')),
      text(file('jit_disasm.c')),
      glob(`${literalPattern(folder)}/*.c`, `!${literalPattern(file('vmlinux.c'))}`),
      glob(`${literalPattern(folder)}/skeleton/*.bpf.c`),
      glob(literalPattern(repository.disasm), literalPattern(kernel.disasm)),
    ],
    (makefile = '', jit = '', sources, skeletons, disasms) => {
      const { disasm, include } = disasms.includes(repository.disasm) ? repository : kernel
      const lacking = [
        disasm,
        ...['main', 'common', 'gen'].map((name) => file(`${name}.c`)),
      ].filter((path) => !sources.includes(path) && !disasms.includes(path))
      if (lacking.length > 0) throw notWhole(folder, lacking, named)
      const libbpf = libbpfTree(
        include === repository.include ? file('../libbpf') : file('../../lib/bpf'),
        `${named} (its libbpf)`,
        'fetch the libbpf that belongs to it: git submodule update --init',
      )
      const texts = sources.map((source) => text(source))
      return derive([libbpf, ...texts], (tree, ...contents): BpftoolTree => {
        const list = /^BOOTSTRAP_OBJS\s*:?=((?:.*\\\n)*.*)$/m.exec(makefile)?.[1] ?? ''
        const named = [...list.matchAll(/\b(\w+)\.o\b/g)].map(([, name = '']) => name)
        return {
          folder,
          includes: [posix.dirname(disasm), include, posix.join(include, 'uapi')],
          uapi: posix.join(include, 'uapi'),
          sources: [...sources, disasm],
          bootstrap: named.length > 0 ? named : bootstrapNames,
          skeletons,
          users: new Map(
            sources.map((source, at) => [
              source,
              [...(contents[at] ?? '').matchAll(/^#include "(\w+)\.skel\.h"/gm)].map(
                ([, name = '']) => name,
              ),
            ]),
          ),
          knowsLlvm: jit.includes('HAVE_LLVM_SUPPORT'),
          completion:
            include === repository.include
              ? file('../bash-completion/bpftool')
              : file('bash-completion/bpftool'),
          libbpf: tree,
        }
      })
    },
  )
}

/** What is wrong where BPFTOOL_TOP is not set. */
export function noBpftoolSources(): UserError {
  return new UserError({
    what: 'no sources of bpftool are named',
    hint: 'name a checkout of its repository, or a kernel tree: BPFTOOL_TOP=DIR',
    status: 2,
  })
}

function notWhole(folder: string, missing: readonly string[], named: string): UserError {
  return new UserError({
    what: `the tree of bpftool’s sources in ${folder} is not whole`,
    facts: [
      ['set by', named],
      ['missing', missing.join('\n')],
    ],
    hint: 'unpack or check it out again',
  })
}
