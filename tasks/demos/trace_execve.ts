// trace_execve: a tracepoint and a perf buffer; its loader opens the object at run time.
import type { BpfRules, Demo, Program } from '../bpf/index.ts'
import { execveCheck } from './execve_check.ts'

const folder = 'projects/trace_execve'
const helpers = ['complain', 'line', 'object', 'options', 'stop', 'stream', 'tracefs']

/** What the demos of this project share: its folders, and the objects of `helpers/`. */
export function execveProject(bpf: BpfRules, marked: Program) {
  const rules = bpf.project('trace_execve', {
    includes: [`${folder}/include`, `${folder}/helpers`],
  })
  const objects = helpers.map((name) => rules.userObject(`${folder}/helpers/${name}.c`))
  return { rules, objects, marked }
}

export function traceExecve({ rules, objects, marked }: ReturnType<typeof execveProject>): Demo {
  const main = rules.userObject(`${folder}/trace_execve.c`)
  return {
    name: 'trace_execve',
    object: rules.object(`${folder}/progs/trace_execve.bpf.c`),
    loader: rules.loader(main, { objects }),
    staticLoader: rules.loader(main, { objects, static: true }),
    check: execveCheck('trace_execve', marked),
  }
}
