// The trigger of the demos that watch execve: processes that can be told from all others.

/** What one of these processes says about itself. */
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

/** What the trigger said. */
export function markedExecves(lines: readonly string[]): readonly MarkedExecve[] {
  return lines.map((line) => JSON.parse(line) as MarkedExecve)
}
