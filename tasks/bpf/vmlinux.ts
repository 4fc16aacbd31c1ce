// vmlinux.h: the kernel's types as C, from its BTF, or a header that the user names.
import { machine } from 'node:os'
import { fileURLToPath } from 'node:url'
import { derive, type Edge, edge, source, UserError } from '../engine/index.ts'
import type { BpftoolChoice } from './bpftoolchoice.ts'
import { arch, archOf } from './probe.ts'
import { settings } from './settings.ts'

const noBtf = `boot a kernel with CONFIG_DEBUG_INFO_BTF=y, or name another source of its types:
VMLINUX_BTF=/path/to/vmlinux or VMLINUX_H=/path/to/vmlinux.h`

const registers = fileURLToPath(new URL('registers/user_pt_regs.h', import.meta.url))

/** What is built for, where that is not what this kernel runs on. */
const foreign = derive([settings.CROSS_COMPILE, settings.VMLINUX_BTF], (cross, btf) =>
  cross === undefined || btf !== settings.VMLINUX_BTF.default
    ? undefined
    : derive([arch], (name) => (name === archOf(machine()) ? undefined : name)),
)

/** The edge that makes `folder/vmlinux.h`; a derived value, because VMLINUX_H makes it a copy. */
export function vmlinuxHeader(folder: string, { program, file }: BpftoolChoice) {
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
    const dump = edge({
      rule: 'BTF',
      outputs: [other === undefined ? path : `${folder}/${archOf(machine())}/vmlinux.h`],
      inputs: [source(btf, noBtf), file],
      command: [program, 'btf', 'dump', 'file', btf, 'format', 'c'],
      captureStdout: true,
    })
    if (other === undefined) return dump
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
