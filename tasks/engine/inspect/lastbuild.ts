// The last build that ran something, kept for the report: when, what, why and how long.

import { type Event, parseJson } from '../base/index.ts'
import type { Listener, Planned } from '../build/index.ts'
import type { Disk } from '../files/index.ts'
import { type Lap, Laps } from './timings.ts'

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

const STATUSES: readonly Lap['status'][] = ['ok', 'failed', 'interrupted']
/** No machine runs so many commands at once. */
const LANES = 10_000
/** The last that JavaScript knows, in milliseconds since 1970. */
const LAST_DATE = 8.64e15

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
    this.#disk.replace(this.#path, `${JSON.stringify({ at: Date.now(), laps } satisfies Kept)}\n`)
  }
}

/** Undefined where nothing was built, or the file is none of ours. */
export function readJournal(disk: Disk, path: string): Kept | undefined {
  const data = parseJson(String(disk.read(path)))
  return isKept(data) ? data : undefined
}

/** Anybody may have written it, so everything that the report does with it must be possible. */
function isKept(data: unknown): data is Kept {
  if (typeof data !== 'object' || data === null) return false
  const { at, laps } = data as Partial<Record<keyof Kept, unknown>>
  if (typeof at !== 'number' || !(Math.abs(at) <= LAST_DATE)) return false
  return Array.isArray(laps) && laps.length > 0 && laps.every(isLap)
}

function isLap(data: unknown): data is KeptLap {
  if (typeof data !== 'object' || data === null) return false
  const lap = data as Partial<Record<keyof KeptLap, unknown>>
  const { rule, status, critical, outputs, reasons, lane, ready, start, end } = lap
  return (
    typeof rule === 'string' &&
    typeof critical === 'boolean' &&
    (STATUSES as readonly unknown[]).includes(status) &&
    [outputs, reasons].every(isTexts) &&
    [lane, ready, start, end].every((number) => Number.isFinite(number)) &&
    Number(lane) >= 0 &&
    Number(lane) < LANES
  )
}

function isTexts(data: unknown): boolean {
  return Array.isArray(data) && data.every((text) => typeof text === 'string')
}
