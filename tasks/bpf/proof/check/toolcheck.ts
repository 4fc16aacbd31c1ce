// What a tool must show, so that it can be checked, here and in a guest.
import type { Loader } from '../../rules/index.ts'
import type { BuiltTool } from '../../tree/index.ts'
import type { Evidence } from './evidence.ts'

/** A tool with what it must show. */
export interface Checked extends Pick<BuiltTool, 'name' | 'object'> {
  readonly loader: Loader
  readonly check: Check
}

/**
 * How it is found out that a loader sees what it is made to see.
 * @example
 * const check: Check = { ready: 'x: started', cases: [{ name: 'starts', trigger: [], judge: () => [] }] }
 */
export interface Check {
  /** What a line of the loader has in it once it is attached. */
  readonly ready: string
  /**
   * What this kernel lacks, by what a loader said that ended before it was ready; undefined where
   * it ended for another reason.
   */
  readonly lacks?: (evidence: Evidence) => string | undefined
  readonly cases: readonly CheckCase[]
}

/**
 * One run of the loader: it gets ready, the trigger runs, it is interrupted (SIGINT).
 * @example
 * const silent: CheckCase = { name: 'says nothing', trigger: ['true'], judge: ({ stdout }) => stdout.map((line) => `said ${line}`) }
 */
export interface CheckCase {
  readonly name: string
  /** Arguments of the loader. */
  readonly arguments?: readonly string[]
  /** The command that makes what the loader watches happen; it is found by the same path in a guest. */
  readonly trigger: readonly (string | Loader)[]
  /** Lines of the loader's standard output with this text are counted, and not kept. */
  readonly count?: string
  /** Stop the loader (SIGSTOP) as long as the trigger runs, so that events are lost. */
  readonly stall?: boolean
  /** Read the kernel's trace_pipe as well. */
  readonly trace?: boolean
  /**
   * What is wrong with what was seen, a sentence each; nothing where all is right. That it got
   * ready, ended well on SIGINT, and left nothing in the kernel is asserted for every case.
   */
  readonly judge: (evidence: Evidence) => readonly string[]
}

/** The programs of tasks/bpf/proof/c, which look at the kernel for the tasks. */
export interface ProofPrograms {
  readonly verify: Loader
  /** Runs one case of a check. */
  readonly runcase: Loader
}
