// vmlinux.h: the kernel's types as C, from its BTF, or a header that the user names.
import { derive, type Edge, edge, source, UserError } from '../engine/index.ts'
import type { BpftoolChoice } from './bpftoolchoice.ts'
import { settings } from './settings.ts'

const noBtf = `boot a kernel with CONFIG_DEBUG_INFO_BTF=y, or name another source of its types:
VMLINUX_BTF=/path/to/vmlinux or VMLINUX_H=/path/to/vmlinux.h`

const ownTypes = `the types are those of this machine’s kernel; for another architecture name its own:
VMLINUX_BTF=/path/to/vmlinux or VMLINUX_H=/path/to/vmlinux.h`

/** The edge that makes `folder/vmlinux.h`; a derived value, because VMLINUX_H makes it a copy. */
export function vmlinuxHeader(folder: string, { program, file }: BpftoolChoice) {
  const path = `${folder}/vmlinux.h`
  const { VMLINUX_H, VMLINUX_BTF, CROSS_COMPILE } = settings
  return derive([VMLINUX_H, VMLINUX_BTF, CROSS_COMPILE], (header, btf, cross): Edge => {
    if (header !== undefined) {
      return edge({
        rule: 'COPY',
        outputs: [path],
        inputs: [header],
        command: ['cp', header, path],
      })
    }
    if (btf === undefined) throw new UserError({ what: 'VMLINUX_BTF is empty' })
    return edge({
      rule: 'BTF',
      outputs: [path],
      inputs: [source(btf, noBtf), file],
      command: [program, 'btf', 'dump', 'file', btf, 'format', 'c'],
      captureStdout: true,
      ...(cross === undefined || btf !== VMLINUX_BTF.default ? {} : { note: ownTypes }),
    })
  })
}
