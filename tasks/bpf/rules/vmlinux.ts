// vmlinux.h: the kernel's types as C, from its BTF, vendored, or a header that the user names.
import { machine } from 'node:os'
import { dirname, normalize } from 'node:path/posix'
import {
  type Derived,
  derive,
  type Edge,
  edge,
  glob,
  type Input,
  packageFile,
  source,
  UserError,
} from '../../engine/index.ts'
import { literalPattern } from '../system/index.ts'
import { arch, archOf, settings } from '../toolchain/index.ts'
import type { BpftoolChoice } from './choices.ts'
import { pathOf, type SourceFile } from './options.ts'

/**
 * Where the kernel's types come from. `kernel`: the kernel that runs, or what VMLINUX_BTF names.
 * `btf`: a file with BTF, such as a vmlinux, or the edge that makes it. `headers`: the first of these that is there, by the
 * name that the kernel has for the architecture (x86, arm64, …); `otherwise` what to do without one.
 * `none`: programs include no vmlinux.h. VMLINUX_H and VMLINUX_BTF go before all but `none`.
 * @example
 * const vmlinux: VmlinuxSpec = { headers: (arch) => [`vmlinux/${arch}/vmlinux.h`], otherwise: 'kernel' }
 */
export type VmlinuxSpec =
  | 'kernel'
  | 'none'
  | { readonly btf: SourceFile }
  | {
      readonly headers: (arch: string) => string | readonly string[]
      readonly otherwise?: 'kernel'
    }

/** What compiles need for `#include "vmlinux.h"`. */
export interface VmlinuxChoice {
  /** Folders for `-I`. */
  readonly includes: readonly string[]
  /** What must be there first. */
  readonly file: Input
  /** The header itself; undefined where programs include none. */
  readonly header: string | Edge | Derived<Edge> | undefined
}

const noBtf = `boot a kernel with CONFIG_DEBUG_INFO_BTF=y, or name another source of its types:
VMLINUX_BTF=/path/to/vmlinux or VMLINUX_H=/path/to/vmlinux.h`

/** What is built for, where that is not what this kernel runs on. */
const foreign = derive([settings.CROSS_COMPILE, settings.VMLINUX_BTF], (cross, btf) =>
  cross === undefined || btf !== settings.VMLINUX_BTF.default
    ? undefined
    : derive([arch], (name) => (name === archOf(machine()) ? undefined : name)),
)

/** @param folder where it is made, unless it is vendored */
export function vmlinuxChoice(
  spec: VmlinuxSpec,
  folder: string,
  bpftool: BpftoolChoice,
  target: Derived<string> = arch,
): Derived<VmlinuxChoice> {
  const made = (header: Derived<Edge>): VmlinuxChoice => ({
    includes: [folder],
    file: header,
    header,
  })
  if (spec === 'none') return derive([], () => ({ includes: [], file: [], header: undefined }))
  const kernel = made(vmlinuxHeader(folder, bpftool))
  if (spec === 'kernel') return derive([], () => kernel)
  const { VMLINUX_H, VMLINUX_BTF } = settings
  return derive([VMLINUX_H, VMLINUX_BTF], (header, btf) => {
    if (header !== undefined || btf !== VMLINUX_BTF.default) return kernel
    if ('btf' in spec) {
      const dump = dumpedHeader(spec.btf, `${folder}/vmlinux.h`, bpftool)
      return { includes: [folder], file: dump, header: dump }
    }
    return derive([target], (name) => {
      const places = [spec.headers(name)].flat().map((place) => normalize(place))
      return derive([glob(...places.map(literalPattern))], (there): VmlinuxChoice => {
        const found = places.find((place) => there.includes(place))
        if (found !== undefined) return { includes: [dirname(found)], file: [], header: found }
        if (spec.otherwise === 'kernel') return kernel
        throw new UserError({
          what: `there is no vmlinux.h for ${name}`,
          facts: [['looked for', places.join('\n')]],
          hint: 'git submodule update --init, where it is a submodule; or name one: VMLINUX_H=FILE',
        })
      })
    })
  })
}

/** The edge that makes `folder/vmlinux.h`; a derived value, because VMLINUX_H makes it a copy. */
export function vmlinuxHeader(folder: string, bpftool: Omit<BpftoolChoice, 'skeletons'>) {
  const path = `${folder}/vmlinux.h`
  return derive([settings.VMLINUX_H, settings.VMLINUX_BTF, foreign], (header, btf, other): Edge => {
    if (header !== undefined) {
      return edge({
        rule: 'COPY',
        outputs: [path],
        inputs: [header],
        command: ['cp', header, path],
      })
    }
    if (btf === undefined) throw new UserError({ what: 'VMLINUX_BTF is empty' })
    if (other === undefined) return dumpedHeader(btf, path, bpftool)
    const dump = dumpedHeader(btf, `${folder}/${archOf(machine())}/vmlinux.h`, bpftool)
    const registers = packageFile('tasks/bpf/rules/registers/user_pt_regs.h')
    return edge({
      rule: 'BTF',
      outputs: [path],
      inputs: [dump, registers],
      command: ['cat', dump, registers],
      captureStdout: true,
      note: `the types are those of this machine’s kernel, with the registers of ${other}: what else differs there is wrong. VMLINUX_H=FILE or VMLINUX_BTF=FILE name those of ${other}`,
    })
  })
}

function dumpedHeader(
  btf: SourceFile,
  output: string,
  { program, file }: Omit<BpftoolChoice, 'skeletons'>,
): Edge {
  return edge({
    rule: 'BTF',
    outputs: [output],
    // The default is what the running kernel has of itself.
    cache: true,
    inputs: [typeof btf === 'string' ? source(btf, noBtf) : btf, file],
    command: [program, 'btf', 'dump', 'file', pathOf(btf), 'format', 'c'],
    captureStdout: true,
  })
}
