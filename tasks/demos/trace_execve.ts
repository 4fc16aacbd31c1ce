// trace_execve: a tracepoint and a perf buffer; its loader opens the object at run time.
import type { BpfRules } from '../bpf/index.ts'

const folder = 'projects/trace_execve'
const helpers = ['complain', 'line', 'object', 'options', 'stop', 'stream', 'tracefs']

/** What the demos of this project share: its folders, and the objects of `helpers/`. */
export function execveProject(bpf: BpfRules) {
  const rules = bpf.project('trace_execve', {
    includes: [`${folder}/include`, `${folder}/helpers`],
  })
  return { rules, objects: helpers.map((name) => rules.userObject(`${folder}/helpers/${name}.c`)) }
}

export function traceExecve({ rules, objects }: ReturnType<typeof execveProject>) {
  const object = rules.object(`${folder}/progs/trace_execve.bpf.c`)
  const loader = rules.loader(`${folder}/trace_execve.c`, { objects })
  return { object, loader }
}
