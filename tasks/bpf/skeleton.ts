// x.bpf.o to x.skel.h, with bpftool.
import { type Edge, edge } from '../engine/index.ts'
import type { BpftoolChoice } from './bpftoolchoice.ts'

/** The skeleton is named after the object's file: `x.bpf.o` gives `struct x_bpf`. */
export function skeleton(
  object: Edge,
  output: string,
  { program, file, skeletons }: BpftoolChoice,
): Edge {
  return edge({
    rule: 'SKEL',
    outputs: [output],
    inputs: [object, file],
    command: [program, 'gen', 'skeleton', skeletons, object],
    captureStdout: true,
  })
}
