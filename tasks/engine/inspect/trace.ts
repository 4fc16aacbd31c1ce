// Where the time of a build went, as Chrome's tracing and Perfetto read it: a lane a slot.
//
// The format is described in “Trace Event Format” (Google, 2016); times are in microseconds.

import type { Event } from '../base/index.ts'
import type { Listener, Planned } from '../build/index.ts'
import type { Disk } from '../files/index.ts'
import { type Lap, Laps } from './timings.ts'

/** Writes the trace file after each build; under `--watch` it holds all builds until then. */
export class Tracer implements Listener {
  readonly #disk: Disk
  readonly #path: string
  readonly #laps = new Laps()
  readonly #events: unknown[] = []

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  readonly wantsEveryPlan = true
  readonly onPlan = (planned: Planned): void => this.#laps.onPlan(planned)

  readonly onEvent = (event: Event): void => {
    this.#laps.onEvent(event)
    if (event.type === 'watch') {
      const [changed = ''] = event.changed
      const at = this.#laps.now() - event.ms
      // An instant in the whole process's view: when the file changed that this build is for.
      this.#events.push({ ...mark(`${changed} changed`, at), s: 'g' })
    }
    if (event.type !== 'summary') return
    this.#events.push(...traceEvents(this.#laps.all, this.#laps.critical()))
    this.#disk.write(
      this.#path,
      `${JSON.stringify({ traceEvents: [...lanes(this.#laps.all), ...this.#events], displayTimeUnit: 'ms' })}\n`,
    )
  }
}

const RUNS = 1
const WAITS = 2

/** Names of processes and threads: the slots, and what waits for one. */
function lanes(laps: readonly Lap[]): object[] {
  const slots = Math.max(0, ...laps.map(({ lane }) => lane + 1))
  const name = (pid: number, text: string): object => ({
    ph: 'M',
    pid,
    name: 'process_name',
    args: { name: text },
  })
  return [
    name(RUNS, 'commands'),
    name(WAITS, 'ready, waiting for a slot'),
    ...Array.from({ length: slots }, (_, lane) => ({
      ph: 'M',
      pid: RUNS,
      tid: lane + 1,
      name: 'thread_name',
      args: { name: `slot ${lane + 1}` },
    })),
  ]
}

function traceEvents(laps: readonly Lap[], critical: ReadonlySet<number>): object[] {
  return laps.flatMap((lap) => {
    const isCritical = critical.has(lap.id)
    const ran = {
      ph: 'X',
      pid: RUNS,
      tid: lap.lane + 1,
      name: `${lap.rule} ${lap.outputs[0]}`,
      cat: isCritical ? 'critical' : lap.rule,
      ts: Math.round(lap.start * 1000),
      dur: Math.round((lap.end - lap.start) * 1000),
      args: {
        outputs: lap.outputs.join(' '),
        status: lap.status,
        critical: isCritical,
        waitedMs: Math.round(lap.start - lap.ready),
        why: lap.reasons,
        command: lap.command.join(' '),
      },
      // One of the viewer's own colour names; other edges are coloured by their name.
      ...(isCritical ? { cname: 'terrible' } : {}),
    }
    const waited = lap.start - lap.ready
    if (waited < 1) return [ran]
    // Waiting overlaps, so each is an asynchronous span of its own.
    const wait = { pid: WAITS, tid: 1, cat: 'waiting', name: ran.name, id: lap.id }
    return [
      ran,
      { ...wait, ph: 'b', ts: Math.round(lap.ready * 1000) },
      { ...wait, ph: 'e', ts: ran.ts },
    ]
  })
}

function mark(name: string, at: number): object {
  return { ph: 'i', pid: RUNS, tid: 1, name, ts: Math.round(at * 1000) }
}
