// Which bpftool dumps BTF and makes skeletons: one that is installed, or the one built from source.
import { type Arg, type Derived, derive, type Input } from '../engine/index.ts'
import { type Bpftool, bpftoolEdges } from './bpftool.ts'
import { bpftoolTree, noBpftoolSources } from './bpftooltree.ts'
import { bpftoolSkeletons } from './probe.ts'
import { settings } from './settings.ts'
import { bpftool } from './toolchain.ts'

export interface BpftoolChoice {
  readonly program: Arg
  /** The program as an input, where it is built: it must be there first. */
  readonly file: Input
  /** Adds nothing to a command; fails where an installed one makes no skeletons. */
  readonly skeletons: Arg
}

/**
 * bpftool built from the sources in BPFTOOL_TOP.
 * Asking for it throws a UserError where that is not set, or is no bpftool.
 * @param out folder of what is made
 */
export function bpftoolBuild(out: string): Derived<Bpftool> {
  return derive([settings.BPFTOOL_TOP], (top) => {
    if (top !== undefined) {
      return derive([bpftoolTree(top)], (tree) => bpftoolEdges(tree, `${out}/bpftool`))
    }
    throw noBpftoolSources()
  })
}

/** The bpftool that BPFTOOL names: `build` is the one that is built, or its bootstrap stage. */
export function bpftoolChoice(build: Derived<Bpftool>): BpftoolChoice {
  const built = derive([build], ({ here }) => here)
  return {
    program: derive([settings.BPFTOOL], (set): Arg => (set === 'build' ? built : bpftool)),
    file: derive([settings.BPFTOOL], (set): Input => (set === 'build' ? built : [])),
    skeletons: derive([settings.BPFTOOL], (set): Arg => (set === 'build' ? [] : bpftoolSkeletons)),
  }
}
