// How many commands may run at once besides -j: what make's jobserver gives, what memory there is for.
import { readFileSync } from 'node:fs'
import { Jobserver, jobserverAddress } from './jobserver.ts'
import { freeMemory, jobsFor, mebibytes, type ReadText, roomForOne } from './memory.ts'
import type { Slots } from './slots.ts'

export { freeMemory, jobsFor, mebibytes }

/** For one build; all of it is to be closed after. */
export interface Limits {
  readonly jobs: number
  readonly slots: readonly Slots[]
}

export interface LimitParts {
  /** What -j says; undefined where it was not given. */
  readonly asked: number | undefined
  /** How many there are where nobody says. */
  readonly processors: number
  /** MAKEFLAGS of the environment: there when make started us. */
  readonly makeFlags: string | undefined
  readonly readText: ReadText
  /** Told of what was lowered, and why. */
  readonly tell: (text: string) => void
}

export function openLimits(parts: LimitParts): Limits {
  const { asked, processors, makeFlags, readText, tell } = parts
  const address = jobserverAddress(makeFlags)
  const server = address === undefined ? undefined : Jobserver.open(address)
  if (address !== undefined && server === undefined) {
    tell('make’s jobserver cannot be used: put a + before the command in the Makefile')
  }
  const made = server === undefined ? undefined : jobsOfMake(makeFlags)
  const jobs = asked ?? made ?? processors
  if (server !== undefined) tell(`as make’s jobserver allows, at most ${jobs} commands at once`)
  const free = freeMemory(readText)
  const fitting = jobsFor(jobs, free)
  if (fitting < jobs && free !== undefined) {
    tell(
      `at most ${fitting} at once instead of ${jobs}: only ${mebibytes(free)} of memory are free`,
    )
  }
  const memory = new MemorySlots(readText, () => performance.now())
  return { jobs: fitting, slots: server === undefined ? [memory] : [memory, server] }
}

/** `-jN` among make's flags. */
function jobsOfMake(makeFlags: string | undefined): number | undefined {
  const found = /(?:^| )-j(\d+)(?: |$)/.exec(makeFlags ?? '')?.[1]
  return found === undefined ? undefined : Math.max(1, Number(found))
}

/** How long a look at the memory holds, in milliseconds. */
const OLD = 250

/** Nothing is started while something runs and there is no room for another; then it must end first. */
export class MemorySlots implements Slots {
  readonly #readText: ReadText
  readonly #now: () => number
  #looked = Number.NEGATIVE_INFINITY
  #room = true

  /** @param now milliseconds */
  constructor(readText: ReadText, now: () => number) {
    this.#readText = readText
    this.#now = now
  }

  take(): boolean {
    // Memory does not fill in less, and to look costs a good part of what starting a command does.
    if (this.#now() - this.#looked >= OLD) {
      this.#looked = this.#now()
      this.#room = roomForOne(freeMemory(this.#readText))
    }
    return this.#room
  }

  give(): void {}

  /** When a command ends the scheduler looks again by itself. */
  whenFree(): void {}

  close(): void {}
}

/** Files of the kernel: no stat, no error. */
export const readKernelText: ReadText = (path) => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
