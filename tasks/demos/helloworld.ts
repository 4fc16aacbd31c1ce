// helloworld: a tracepoint, its skeleton, and a loader that embeds it.
import type { BpfRules } from '../bpf/index.ts'

export function helloworld(bpf: BpfRules) {
  const project = bpf.project('helloworld')
  const object = project.object('projects/helloworld/helloworld.bpf.c')
  const skeleton = project.skeleton(object)
  const loader = project.loader('projects/helloworld/helloworld.c', { skeletons: [skeleton] })
  return { object, skeleton, loader }
}
