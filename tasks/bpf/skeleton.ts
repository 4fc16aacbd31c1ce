// x.bpf.o to x.skel.h, with bpftool.
import { type Edge, edge } from '../engine/index.ts'
import { bpftoolSkeletons } from './probe.ts'
import { bpftool } from './toolchain.ts'

/** The skeleton is named after the object's file: `x.bpf.o` gives `struct x_bpf`. */
export function skeleton(object: Edge, output: string): Edge {
  return edge({
    rule: 'SKEL',
    outputs: [output],
    inputs: [object],
    command: [bpftool, 'gen', 'skeleton', bpftoolSkeletons, object],
    captureStdout: true,
  })
}
