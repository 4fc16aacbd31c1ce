// When each command of a build was ready, started and ended, and in which slot it ran.
import type { Planned } from './build.ts'
import type { Event, Status } from './events.ts'
import { reasonText } from './explain.ts'
import type { Node } from './graph.ts'

/** One command of one build. Times are in milliseconds since the first build began. */
export interface Lap {
  readonly id: number
  readonly node: Node | undefined
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

export class Laps {
  readonly #began = performance.now()
  #plannedAt = 0
  #nodes = new Map<string, Node>()
  #laps: Lap[] = []
  #next = 0
  #reasons: readonly string[] = []
  readonly #open = new Map<string, Omit<Lap, 'end' | 'status'>>()
  readonly #doneAt = new Map<Node, number>()

  /** On the clock of the laps. */
  now(): number {
    return performance.now() - this.#began
  }

  /** The commands of the last build, in the order of their ends. */
  get all(): readonly Lap[] {
    return this.#laps
  }

  onPlan({ plan }: Planned): void {
    this.#plannedAt = this.now()
    this.#nodes = new Map([...plan.open.keys()].map((node) => [node.edge.output.path, node]))
    this.#laps = []
    this.#doneAt.clear()
    this.#open.clear()
  }

  onEvent(event: Event): void {
    const now = this.now()
    if (event.type === 'stale') this.#reasons = event.reasons.map(reasonText)
    else if (event.type === 'start') {
      const { rule, outputs, command } = event
      const [output = ''] = outputs
      const node = this.#nodes.get(output)
      const ready = Math.max(
        this.#plannedAt,
        ...(node?.needs ?? []).map((need) => this.#doneAt.get(need) ?? 0),
      )
      const reasons = this.#reasons
      const lane = this.#freeLane()
      const id = this.#next++
      this.#open.set(output, { id, node, rule, outputs, command, reasons, lane, ready, start: now })
    } else if (event.type === 'finish') {
      const [output = ''] = event.outputs
      const lap = this.#open.get(output)
      if (lap === undefined) return
      this.#open.delete(output)
      if (lap.node !== undefined) this.#doneAt.set(lap.node, now)
      this.#laps.push({ ...lap, end: now, status: event.status })
    }
  }

  /** The chain of commands that the build had to wait for, from the last one that ended back. */
  critical(): Set<Node> {
    const byNode = new Map(this.#laps.flatMap((lap) => (lap.node ? [[lap.node, lap]] : [])))
    const chain = new Set<Node>()
    let at = this.#laps.at(-1)?.node
    while (at !== undefined) {
      chain.add(at)
      let latest: Lap | undefined
      for (const need of at.needs) {
        const lap = byNode.get(need)
        if (lap !== undefined && lap.end > (latest?.end ?? -1)) latest = lap
      }
      at = latest?.node
    }
    return chain
  }

  #freeLane(): number {
    const taken = new Set([...this.#open.values()].map(({ lane }) => lane))
    let lane = 0
    while (taken.has(lane)) lane++
    return lane
  }
}
