// When each command of a build was ready, started and ended, and in which slot it ran.

import type { Event, Status } from '../base/index.ts'
import type { Planned } from '../build/index.ts'
import { reasonText } from '../console/index.ts'
import type { Node } from '../decide/index.ts'

/** One command of one build. Times are in milliseconds since the first build began. */
export interface Lap {
  readonly id: number
  /** Which plan of the build it belongs to: what a generator makes is planned after it, from 0. */
  readonly round: number
  /** First outputs of the edges that it needed. */
  readonly needs: readonly string[]
  readonly rule: string
  readonly outputs: readonly string[]
  readonly command: readonly string[]
  /** Why it ran, in words. */
  readonly reasons: readonly string[]
  /** Slot, from 0: the lowest that was free. */
  readonly lane: number
  /** When all that it needs was done. */
  readonly ready: number
  readonly start: number
  readonly end: number
  readonly status: Status
}

/** A lap before it is known which slot that was. */
type Ran = Omit<Lap, 'lane'>

export class Laps {
  readonly #began = performance.now()
  #plannedAt = 0
  #nodes = new Map<string, Node>()
  #laps: Ran[] = []
  #next = 0
  #reasons: readonly string[] = []
  #round = 0
  /** The next plan begins another build. */
  #isOver = true
  readonly #open = new Map<string, Omit<Ran, 'end' | 'status'>>()
  readonly #doneAt = new Map<string, number>()

  /** On the clock of the laps. */
  now(): number {
    return performance.now() - this.#began
  }

  /** The commands of the last build, in the order in which they were recorded. */
  get all(): readonly Lap[] {
    return inLanes(this.#laps)
  }

  onPlan({ plan }: Planned): void {
    this.#plannedAt = this.now()
    this.#nodes = new Map([...plan.open.keys()].map((node) => [node.name, node]))
    this.#open.clear()
    this.#round++
    if (!this.#isOver) return
    this.#isOver = false
    this.#round = 0
    this.#laps = []
    this.#doneAt.clear()
  }

  onEvent(event: Event): void {
    const now = this.now()
    if (event.type === 'summary') this.#isOver = true
    else if (event.type === 'stale') this.#reasons = event.reasons.map(reasonText)
    else if (event.type === 'start') {
      const { rule, outputs, command } = event
      const [output = ''] = outputs
      const needs = this.#nodes.get(output)?.needs.map(({ name }) => name) ?? []
      const ready = Math.max(this.#plannedAt, ...needs.map((need) => this.#doneAt.get(need) ?? 0))
      const reasons = this.#reasons
      const id = this.#next++
      const round = this.#round
      const lap = { id, round, needs, rule, outputs, command, reasons, ready, start: now }
      this.#open.set(output, lap)
    } else if (event.type === 'finish') {
      const [output = ''] = event.outputs
      const lap = this.#open.get(output)
      if (lap === undefined) return
      this.#open.delete(output)
      this.#doneAt.set(output, now)
      // It was told as started a moment late, or it has been recorded since, while the next one ran.
      const end = Math.min(now, lap.start + event.ms)
      this.#laps.push({ ...lap, end, status: event.status })
    }
  }

  /** Ids of the chain of commands that the build had to wait for, from the last that ended back. */
  critical(): Set<number> {
    const byOutput = new Map(this.#laps.map((lap) => [lap.outputs[0], lap]))
    const chain = new Set<number>()
    for (let at = this.#laps.at(-1); at !== undefined && !chain.has(at.id); ) {
      const { id, needs, round } = at
      chain.add(id)
      at =
        last(needs.flatMap((need) => byOutput.get(need) ?? [])) ??
        // It was not planned before those had run.
        last(this.#laps.filter((lap) => lap.round < round))
    }
    return chain
  }
}

/** Each in the lowest slot that was free when it started. */
function inLanes(laps: readonly Ran[]): Lap[] {
  const freeAt: number[] = []
  const lanes = new Map<number, number>()
  for (const { id, start, end } of laps.toSorted((a, b) => a.start - b.start)) {
    const free = freeAt.findIndex((at) => at <= start)
    const lane = free === -1 ? freeAt.length : free
    freeAt[lane] = end
    lanes.set(id, lane)
  }
  return laps.map((lap) => ({ ...lap, lane: lanes.get(lap.id) ?? 0 }))
}

function last(laps: readonly Ran[]): Ran | undefined {
  return laps.reduce<Ran | undefined>(
    (found, lap) => (found === undefined || lap.end > found.end ? lap : found),
    undefined,
  )
}
