// Which bpftool dumps BTF and makes skeletons: one that is installed, or the one built from source.
import { type Arg, type Derived, derive, type Input } from '../../engine/index.ts'
import type { BpftoolChoice } from '../rules/index.ts'
import { bpftool, bpftoolSkeletons, settings } from '../toolchain/index.ts'
import { type Bpftool, bpftoolEdges } from './bpftooledges.ts'
import { bpftoolTree, noBpftoolSources } from './bpftooltree.ts'
import { firstTree } from './libbpfasked.ts'

/**
 * The bpftool that dumps BTF and makes skeletons, where BPFTOOL does not name one: an installed one,
 * or one built from the first folder of sources that is there.
 * @example
 * const bpftool: BpftoolSpec = { sources: ['bpftool', '../bpftool'], otherwise: 'installed' }
 */
export type BpftoolSpec =
  | 'installed'
  | { readonly sources: string | readonly string[]; readonly otherwise?: 'installed' }

/**
 * bpftool built from the sources in BPFTOOL_TOP.
 * Asking for it throws a UserError where that is not set, or is no bpftool.
 * @param out folder of what is made
 */
export function bpftoolBuild(out: string, spec: BpftoolSpec = 'installed'): Derived<Bpftool> {
  return derive([bpftoolTop(spec)], (top) => {
    if (top !== undefined) {
      return derive([bpftoolTree(top)], (tree) => bpftoolEdges(tree, `${out}/bpftool`))
    }
    throw noBpftoolSources()
  })
}

/**
 * The bpftool that BPFTOOL names: `build` is the one that is built, or its bootstrap stage. Where
 * BPFTOOL is not set, and the tree has sources of it, the bootstrap stage, which is all that it needs.
 */
export function bpftoolChoice(
  build: Derived<Bpftool>,
  spec: BpftoolSpec = 'installed',
): BpftoolChoice {
  if (spec === 'installed') return askedChoice(build)
  const asked = askedChoice(build)
  const stage = derive([build], ({ bootstrap }) => bootstrap)
  const own = derive([settings.BPFTOOL], (set) =>
    set !== undefined
      ? derive([], () => false)
      : derive([bpftoolTop(spec)], (top) => top !== undefined),
  )
  return {
    program: derive([own], (is): Arg => (is ? stage : asked.program)),
    file: derive([own], (is): Input => (is ? stage : asked.file)),
    skeletons: derive([own], (is): Arg => (is ? [] : asked.skeletons)),
  }
}

/** The sources that BPFTOOL_TOP names, or those of the tree; undefined where there are none. */
function bpftoolTop(spec: BpftoolSpec): Derived<string | undefined> {
  return derive([settings.BPFTOOL_TOP], (top): string | undefined | Derived<string | undefined> => {
    if (top !== undefined || spec === 'installed') return top
    const signs = ['src/', '', 'tools/bpf/bpftool/'].map((place) => `${place}xlated_dumper.c`)
    return firstTree([spec.sources].flat(), signs, {
      name: 'bpftool',
      optional: spec.otherwise === 'installed',
      hint: 'or name them: BPFTOOL_TOP=DIR, or an installed one: BPFTOOL=/usr/sbin/bpftool',
    })
  })
}

function askedChoice(build: Derived<Bpftool>): BpftoolChoice {
  const built = derive([build], ({ here }) => here)
  return {
    program: derive([settings.BPFTOOL], (set): Arg => (set === 'build' ? built : bpftool)),
    file: derive([settings.BPFTOOL], (set): Input => (set === 'build' ? built : [])),
    skeletons: derive([settings.BPFTOOL], (set): Arg => (set === 'build' ? [] : bpftoolSkeletons)),
  }
}
