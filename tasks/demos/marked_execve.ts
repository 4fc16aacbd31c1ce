// The trigger of the demos that watch execve: processes that can be told from all others.
import type { BpfRules, Program } from '../bpf/index.ts'

export function markedExecve(bpf: BpfRules): Program {
  const rules = bpf.project('marked_execve')
  const main = rules.userObject('projects/marked_execve/marked_execve.c')
  return { here: rules.loader(main), inGuest: rules.loader(main, { static: true }) }
}

/** What one of these processes tells of itself. */
export interface MarkedExecve {
  readonly case: string
  readonly pid: number
  readonly ppid: number
  readonly uid: number
  readonly comm: string
  readonly parent_comm: string
  readonly filename: string
  /** The monotonic clock before and after it, in nanoseconds. */
  readonly before_ns: number
  readonly after_ns: number
}

/** What the trigger told. */
export function markedExecves(lines: readonly string[]): readonly MarkedExecve[] {
  return lines.map((line) => JSON.parse(line) as MarkedExecve)
}
