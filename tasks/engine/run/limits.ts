// What bounds commands besides -j: make's jobserver, and free memory. Knows no command.
import { readFileSync } from 'node:fs'
import { unlessErrno } from '../base/index.ts'
import type { Pool } from '../declare/index.ts'
import { ForeignCommands, type ForeignParts } from './foreigncommands.ts'
import { Jobserver, jobserverAddress } from './jobserver.ts'
import { freeMemory, hasRoomForOne, jobsFor, MIB, mebibytes, type ReadText } from './memory.ts'
import type { Bound } from './slots.ts'

export { freeMemory, jobsFor, mebibytes }

/** Of one build; close every bound after it. */
export interface Limits {
  readonly jobs: number
  readonly bounds: readonly Bound[]
  /** How many of a pool may run at once. */
  readonly depthOf: (pool: Pool) => number
  readonly foreign: ForeignCommands
}

export interface LimitParts {
  /** What -j says; undefined where it was not given. */
  readonly asked: number | undefined
  /** How many there are where nobody says. */
  readonly processors: number
  /** MAKEFLAGS of the environment: there when make started us. */
  readonly makeFlags: string | undefined
  readonly readText: ReadText
  /** A fifo that was just made, for a jobserver of our own where make has none. */
  readonly fifo?: string | undefined
  /** What other build systems get besides a share of the jobs. */
  readonly foreign: Pick<ForeignParts, 'environment' | 'isLive'>
  /** Called with what was lowered, and why. */
  readonly note: (text: string) => void
}

export function openLimits(parts: LimitParts): Limits {
  const { asked, processors, makeFlags, readText, fifo, note } = parts
  const address = jobserverAddress(makeFlags)
  const server = address === undefined ? undefined : Jobserver.open(address)
  if (address !== undefined && server === undefined) {
    note('make’s jobserver cannot be used: put a + before the command in the Makefile')
  }
  const made = server === undefined ? undefined : jobsOfMake(makeFlags)
  const jobs = asked ?? made ?? processors
  if (server !== undefined) note(`as make’s jobserver allows, at most ${jobs} commands at once`)
  const free = freeMemory(readText)
  const fitting = jobsFor(jobs, free)
  if (fitting < jobs && free !== undefined) {
    note(
      `at most ${fitting} at once instead of ${jobs}: only ${mebibytes(free)} of memory are free`,
    )
  }
  const memory = new MemoryBound(readText, () => performance.now())
  const own =
    fifo === undefined ? undefined : Jobserver.serve(fifo, server === undefined ? fitting - 1 : 0)
  if (server !== undefined) own?.close()
  const jobserver = server ?? own
  return {
    jobs: fitting,
    depthOf: ({ depth, mebibytes }) =>
      mebibytes === undefined ? depth : jobsFor(depth, free, mebibytes * MIB),
    bounds: jobserver === undefined ? [memory] : [memory, jobserver],
    foreign: new ForeignCommands({ ...parts.foreign, jobs: fitting, jobserver }),
  }
}

/** `-jN` among make's flags. */
function jobsOfMake(makeFlags: string | undefined): number | undefined {
  const found = /(?:^| )-j(\d+)(?: |$)/.exec(makeFlags ?? '')?.[1]
  return found === undefined ? undefined : Math.max(1, Number(found))
}

/** How long a reading of the free memory counts, in milliseconds. */
const FRESH = 250

/** No command is started beside another one while there is no memory for it. */
export class MemoryBound implements Bound {
  readonly #readText: ReadText
  readonly #now: () => number
  #readAt = Number.NEGATIVE_INFINITY
  #hasRoom = true

  /** @param now milliseconds */
  constructor(readText: ReadText, now: () => number) {
    this.#readText = readText
    this.#now = now
  }

  acquire(): boolean {
    // Memory does not fill up faster, and reading it costs a good part of what starting a command does.
    if (this.#now() - this.#readAt >= FRESH) {
      this.#readAt = this.#now()
      this.#hasRoom = hasRoomForOne(freeMemory(this.#readText))
    }
    return this.#hasRoom
  }

  release(): void {}

  /** When a command ends the scheduler asks again by itself. */
  whenFree(): void {}

  close(): void {}
}

/** Files of the kernel: no stat, no error. */
export const readKernelText: ReadText = (path) => unlessErrno(() => readFileSync(path, 'latin1'))
