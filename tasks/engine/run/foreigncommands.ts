// What the command of another build system gets: the whole environment, the terminal, a share of the jobs.
import type { Jobserver } from './jobserver.ts'

export interface ForeignParts {
  /** What the runner itself was given. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** May it write to the terminal? Else what it writes is kept and shown whole. */
  readonly isLive: boolean
  readonly jobs: number
  /** Whose tokens bound the commands of this build; undefined where there is none. */
  readonly jobserver: Jobserver | undefined
}

/** What one command gets; close it when the command has ended. */
export interface Given {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Further files that it inherits, from number 3 on. */
  readonly files: readonly number[]
  readonly close: () => void
}

export class ForeignCommands {
  readonly #parts: ForeignParts
  readonly isLive: boolean

  constructor(parts: ForeignParts) {
    this.#parts = parts
    this.isLive = parts.isLive
  }

  /**
   * For one command. The two ends of a pipe are what every client of a jobserver understands: the path of
   * a fifo is new in make 4.4.
   */
  given(): Given {
    const { environment, jobserver, jobs } = this.#parts
    const ends = jobserver?.forChild()
    // Whoever started us may have said something else there, of files that this command does not get.
    const flags = ends === undefined ? undefined : ` -j${jobs} --jobserver-auth=3,4`
    return {
      environment: { ...environment, MAKEFLAGS: flags, MFLAGS: undefined, MAKELEVEL: undefined },
      files: ends === undefined ? [] : [ends.read, ends.write],
      close: () => ends?.close(),
    }
  }
}
