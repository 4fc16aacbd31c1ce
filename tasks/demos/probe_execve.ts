// probe_execve: the same events as trace_execve, by a kprobe.
import type { Demo } from '../bpf/index.ts'
import { execveCheck } from './execve_check.ts'
import type { execveProject } from './trace_execve.ts'

const folder = 'projects/trace_execve'

export function probeExecve({ rules, objects, marked }: ReturnType<typeof execveProject>): Demo {
  const main = rules.userObject(`${folder}/probe_execve.c`)
  return {
    name: 'probe_execve',
    object: rules.object(`${folder}/progs/probe_execve.bpf.c`),
    loader: rules.loader(main, { objects }),
    staticLoader: rules.loader(main, { objects, static: true }),
    check: execveCheck('probe_execve', marked),
  }
}
