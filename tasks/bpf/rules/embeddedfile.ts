// Files that tools bring: the part of a kernel's BTF that they need, and files as objects.
import { type Derived, type Edge, edge, packageFile } from '../../engine/index.ts'
import { cc, compilerEnvironment } from '../toolchain/index.ts'
import type { BpftoolChoice } from './choices.ts'
import { pathOf, type SourceFile } from './options.ts'

/** @param btf a file with BTF */
export function minCoreBtf(
  btf: SourceFile,
  objects: readonly (Edge | Derived<readonly Edge[]>)[],
  output: string,
  { program, file }: BpftoolChoice,
): Edge<'MINBTF'> {
  return edge({
    rule: 'MINBTF',
    outputs: [output],
    inputs: [btf, objects, file],
    cache: true,
    command: [program, 'gen', 'min_core_btf', pathOf(btf), output, objects],
  })
}

/** A file between the symbols `name_start` and `name_end`, in read-only data. */
export function embedded(file: SourceFile, name: string, output: string): Edge<'EMBED'> {
  const path = pathOf(file)
  const assembly = packageFile('tasks/bpf/rules/embedded.S')
  return edge({
    rule: 'EMBED',
    outputs: [output],
    inputs: [file, assembly],
    environment: compilerEnvironment,
    command: [cc, `-DNAME=${name}`, `-DFILE="${path}"`, '-c', assembly, '-o', output],
  })
}
