// The BPF room's only door: rules that describe a libbpf tree.
import { basename, posix } from 'node:path'
import type { Arg, Derived, Describe, Edge, Input, Setting } from '../engine/index.ts'
import type { Bpftool } from './bpftool.ts'
import { type BpftoolChoice, bpftoolBuild, bpftoolChoice } from './bpftoolchoice.ts'
import { type LibbpfBuild, type LibbpfChoice, libbpfBuild, libbpfChoice } from './libbpfchoice.ts'
import { type LoaderOptions, loaderProgram, userObject } from './loader.ts'
import { bpfObject } from './object.ts'
import { type Precompiled, type Program, precompiler } from './pch.ts'
import { settings } from './settings.ts'
import { skeleton } from './skeleton.ts'
import { vmlinuxHeader } from './vmlinux.ts'

/** What the report tells of BPF objects. */
export const describeObjects = async (): Promise<Describe> =>
  (await import('./describe.ts')).describeObject

export type { Check, CheckCase, Demo, Program } from './check/demo.ts'
export type { Evidence } from './check/evidence.ts'
export { doctor, newTask, runLoader, setup } from './machine.ts'
export { proofTasks } from './proof.ts'
export { sourceTasks } from './sourcetasks.ts'

/** How one tree of BPF programs is built. Every function returns a handle and touches nothing. */
export interface BpfRules {
  /** Folder of what is made. */
  readonly out: string
  /** vmlinux.h of the kernel that runs, or of VMLINUX_BTF, or VMLINUX_H itself. */
  readonly vmlinux: Derived<Edge>
  /** libbpf from the sources that LIBBPF or LIBBPF_TOP name. */
  readonly libbpf: Derived<LibbpfBuild>
  /** bpftool from the sources that BPFTOOL_TOP names. */
  readonly bpftool: Derived<Bpftool>
  /** The bpftool that BPFTOOL names: an installed one, or the one that is built. */
  readonly chosenBpftool: BpftoolChoice
  /** Folders of what is built from such sources, whether or not any are named now. */
  readonly sourceFolders: readonly string[]
  /** Everything that may be set on the command line. */
  readonly settings: readonly Setting[]
  /** The same rules for one project of the tree: outputs in `out/name`, and folders for `-I`. */
  readonly project: (name: string, options?: { readonly includes?: readonly string[] }) => BpfRules
  /** `x.bpf.c` → `x.bpf.o` */
  readonly object: (source: string, options?: UserOptions) => Edge
  /** `x.bpf.o` → `x.skel.h` */
  readonly skeleton: (object: Edge) => Edge
  /** `x.c` → `x.o` of user space */
  readonly userObject: (source: string, options?: UserOptions) => Edge
  /** `x.c` → the program `x`, linked with libbpf; `static/x` where it is linked statically */
  readonly loader: (source: string, options?: ProgramOptions) => Edge
}

export interface UserOptions {
  readonly includes?: readonly string[]
  readonly flags?: readonly Arg[]
  readonly headers?: readonly Input[]
}

export interface ProgramOptions extends Omit<LoaderOptions, 'libbpf'> {
  /** Skeletons that the source includes. */
  readonly skeletons?: readonly Edge[]
}

/** @param options.out folder of what is made, relative to the root */
export function bpfRules(options: { readonly out: string }): BpfRules {
  const { out } = options
  const headers = `${out}/vmlinux`
  const built = {
    libbpf: libbpfBuild(out),
    bpftool: bpftoolBuild(out),
    sourceFolders: [`${out}/libbpf`, `${out}/bpftool`],
  }
  const bpftool = bpftoolChoice(built.bpftool)
  const vmlinux = vmlinuxHeader(headers, bpftool)
  return rulesIn(out, [], {
    vmlinux: { folder: headers, edge: vmlinux },
    precompiled: precompiler(headers, vmlinux),
    built,
    bpftool,
    libbpf: libbpfChoice(built.libbpf),
  })
}

/** What all projects of a tree share. */
interface Shared {
  readonly vmlinux: { readonly folder: string; readonly edge: Derived<Edge> }
  readonly built: Pick<BpfRules, 'libbpf' | 'bpftool' | 'sourceFolders'>
  readonly precompiled: (program: Program) => Precompiled
  readonly bpftool: BpftoolChoice
  readonly libbpf: Derived<LibbpfChoice>
}

function rulesIn(out: string, includes: readonly string[], shared: Shared): BpfRules {
  const { vmlinux, libbpf, bpftool } = shared
  const place = (source: string, from: string, to: string): string =>
    posix.join(out, basename(source, from) + to)
  return Object.freeze({
    out,
    vmlinux: vmlinux.edge,
    ...shared.built,
    chosenBpftool: bpftool,
    settings: Object.values(settings),
    project: (name, more = {}) => rulesIn(posix.join(out, name), more.includes ?? [], shared),
    object: (source, more = {}) =>
      bpfObject(source, place(source, '.c', '.o'), {
        ...more,
        libbpf,
        precompiled: shared.precompiled,
        includes: [vmlinux.folder, ...includes, ...(more.includes ?? [])],
        headers: [vmlinux.edge, ...(more.headers ?? [])],
      }),
    skeleton: (object) => skeleton(object, place(object.output.path, '.bpf.o', '.skel.h'), bpftool),
    userObject: (source, more = {}) =>
      userObject(source, place(source, '.c', '.o'), {
        ...more,
        libbpf,
        includes: [...includes, ...(more.includes ?? [])],
      }),
    loader: (source, more = {}) => {
      const { skeletons = [] } = more
      const file = place(source, '.c', '')
      const output = more.static === true ? posix.join(out, 'static', posix.basename(file)) : file
      const folders = new Set(skeletons.map(({ output }) => posix.dirname(output.path)))
      return loaderProgram(source, output, {
        ...more,
        libbpf,
        includes: [...folders, ...includes, ...(more.includes ?? [])],
        headers: [...skeletons, ...(more.headers ?? [])],
      })
    },
  } satisfies BpfRules)
}
