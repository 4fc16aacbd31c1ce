// probe_execve: the same events as trace_execve, by a kprobe.
import type { execveProject } from './trace_execve.ts'

const folder = 'projects/trace_execve'

export function probeExecve({ rules, objects }: ReturnType<typeof execveProject>) {
  const object = rules.object(`${folder}/progs/probe_execve.bpf.c`)
  const loader = rules.loader(`${folder}/probe_execve.c`, { objects })
  return { object, loader }
}
