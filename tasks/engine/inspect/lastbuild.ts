// The last build that ran something, kept for the report: when, what, why and how long.

import { type Event, parseJson, type Totals } from '../base/index.ts'
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

export type KeptSummary = Pick<Totals, (typeof COUNTS)[number]> & {
  readonly ms: number
  readonly fromCache: number
}

const COUNTS = ['ran', 'upToDate', 'failed', 'skipped'] as const

export interface Kept {
  /** When it ended, in milliseconds since 1970. */
  readonly at: number
  /** How all its edges ended, and how long it took, in milliseconds. An older file may lack it. */
  readonly summary?: KeptSummary
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
    const { ran, upToDate, failed, skipped, fromCache = 0, ms } = event
    const summary = { ran, upToDate, failed, skipped, fromCache, ms }
    const kept: Kept = { at: Date.now(), summary, laps }
    this.#disk.replace(this.#path, `${JSON.stringify(kept)}\n`)
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
  const { at, laps, summary } = data as Partial<Record<keyof Kept, unknown>>
  if (summary !== undefined && !isSummary(summary)) return false
  if (typeof at !== 'number' || !(Math.abs(at) <= LAST_DATE)) return false
  return Array.isArray(laps) && laps.length > 0 && laps.every(isLap)
}

function isSummary(data: unknown): data is KeptSummary {
  if (typeof data !== 'object' || data === null) return false
  const counts = data as Partial<Record<keyof KeptSummary, unknown>>
  return [...COUNTS, 'fromCache', 'ms'].every((name) =>
    Number.isFinite(counts[name as keyof KeptSummary]),
  )
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
