// The last build that ran something, kept for the report: when, what, why and how long.
import type { Planned } from './build.ts'
import type { Disk } from './disk.ts'
import type { Event } from './events.ts'
import { type Lap, Laps } from './laps.ts'
import type { Listener } from './run.ts'

/** A lap as it is kept; times in milliseconds since the build began. */
export type KeptLap = Pick<
  Lap,
  'rule' | 'outputs' | 'reasons' | 'lane' | 'ready' | 'start' | 'end' | 'status'
> & {
  readonly critical: boolean
}

export interface Kept {
  /** When it ended, in milliseconds since 1970. */
  readonly at: number
  readonly laps: readonly KeptLap[]
}

export class Journal implements Listener {
  readonly #disk: Disk
  readonly #path: string
  readonly #laps = new Laps()

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  readonly onPlan = (planned: Planned): void => this.#laps.onPlan(planned)

  readonly onEvent = (event: Event): void => {
    this.#laps.onEvent(event)
    if (event.type !== 'summary' || this.#laps.all.length === 0) return
    const critical = this.#laps.critical()
    const laps = this.#laps.all.map(
      ({ id, command: _command, needs: _needs, round: _round, ...lap }) => ({
        ...lap,
        critical: critical.has(id),
      }),
    )
    this.#disk.write(this.#path, `${JSON.stringify({ at: Date.now(), laps } satisfies Kept)}\n`)
  }
}

/** Undefined where nothing was built, or the file is none of ours. */
export function readJournal(disk: Disk, path: string): Kept | undefined {
  try {
    const data: unknown = JSON.parse(disk.read(path)?.toString() ?? 'null')
    const isKept =
      typeof data === 'object' && data !== null && 'laps' in data && Array.isArray(data.laps)
    return isKept ? (data as Kept) : undefined
  } catch {
    return undefined
  }
}
