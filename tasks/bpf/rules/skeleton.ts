// x.bpf.o to x.skel.h, with bpftool.
import { type Edge, edge } from '../../engine/index.ts'
import { remedies } from '../toolchain/index.ts'
import type { BpftoolChoice } from './choices.ts'

/**
 * A generated header that embeds a BPF object.
 * @example
 * const skeletons: Skeleton[] = [bpf.skeleton(bpf.object('x.bpf.c'))]
 */
export type Skeleton = Edge<'SKEL'>

/**
 * `light` needs no libelf to load it; `subskeleton` is for a library that others link in.
 * @example
 * const kind: SkeletonKind = 'light'
 */
export type SkeletonKind = 'ordinary' | 'light' | 'subskeleton'

/**
 * Options of a skeleton.
 * @example
 * const options: SkeletonOptions = { kind: 'light', name: 'probe' }
 */
export interface SkeletonOptions {
  readonly kind?: SkeletonKind
  /** `NAME` gives `struct NAME`; without it, `x.bpf.o` gives `struct x_bpf`. */
  readonly name?: string
}

/** How the files are called, as the kernel's selftests do. */
export const skeletonEndings: Readonly<Record<SkeletonKind, string>> = {
  ordinary: '.skel.h',
  light: '.lskel.h',
  subskeleton: '.subskel.h',
}

export function skeleton(
  object: Edge,
  output: string,
  { program, file, skeletons }: BpftoolChoice,
  { kind = 'ordinary', name }: SkeletonOptions = {},
): Skeleton {
  return edge({
    rule: 'SKEL',
    outputs: [output],
    inputs: [object, file],
    cache: true,
    command: [
      [program, 'gen', kind === 'subskeleton' ? 'subskeleton' : 'skeleton'],
      [kind === 'light' ? '-L' : [], skeletons, object],
      name === undefined ? [] : ['name', name],
    ],
    captureStdout: true,
    remedy: remedies.skeleton,
  })
}
