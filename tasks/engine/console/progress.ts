// How far a build is, as the one line that a terminal shows of it. Pure but for the time handed in.
import { basename } from 'node:path'
import type { Event } from '../base/index.ts'

/** What takes longer than this shows how long it has taken, in milliseconds. */
const LONG = 1000

interface Running {
  readonly rule: string
  readonly output: string
  readonly since: number
}

export class Progress {
  /** Edges that may run in this build, and those that are done with. */
  #planned = 0
  #finished = 0
  /** When the build will be over, as far as is known. */
  #endsAt: number | undefined
  readonly #running = new Map<string, Running>()

  /** @param now in milliseconds, on any clock that {@link text} is asked with as well */
  hear(event: Event, now: number): void {
    switch (event.type) {
      case 'plan':
        this.#planned = event.stale
        this.#finished = 0
        this.#endsAt = undefined
        this.#running.clear()
        return
      case 'start': {
        const [output = ''] = event.outputs
        this.#running.set(output, { rule: event.rule, output: basename(output), since: now })
        this.#endsAt = event.leftMs === undefined ? undefined : now + event.leftMs
        return
      }
      case 'finish':
        this.#finished++
        this.#running.delete(event.outputs[0] ?? '')
        this.#endsAt = event.leftMs === undefined ? undefined : now + event.leftMs
        return
      case 'summary':
        this.#planned = 0
        return
    }
  }

  /**
   * `[12/42] CC trace.o  3.1 s  +1  eta 4 s`; undefined when nothing is being built. Where
   * there are fewer columns, the name gives way to the times.
   */
  text(now: number, columns = Number.POSITIVE_INFINITY): string | undefined {
    if (this.#planned === 0) return undefined
    const parts = [`[${this.#finished}/${this.#planned}]`]
    let name = ''
    // The one that runs longest: insertion order is the order of starts.
    const [oldest] = this.#running.values()
    if (oldest !== undefined) {
      parts[0] += ` ${oldest.rule}`
      name = ` ${oldest.output}`
      const ran = now - oldest.since
      if (ran >= LONG) parts.push(seconds(ran))
      if (this.#running.size > 1) parts.push(`+${this.#running.size - 1}`)
    }
    const left = this.#endsAt === undefined ? 0 : this.#endsAt - now
    if (left >= LONG / 2)
      parts.push(`eta ${left < 60_000 ? `${Math.round(left / 1000) || 1} s` : seconds(left)}`)
    const room = columns - parts.join('  ').length
    parts[0] += name.length <= room ? name : room < 2 ? '' : `${name.slice(0, room - 1)}…`
    return parts.join('  ')
  }
}

/** `0.04 s`, `3.2 s`, `1 min 5 s`. */
export function seconds(ms: number): string {
  if (ms < 100) return `${(ms / 1000).toFixed(2)} s`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const whole = Math.round(ms / 1000)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** The last line of a build that had nothing to do. @param upToDate how many edges */
export function nothingToDo(upToDate: number): string {
  return `nothing to do (${upToDate} up to date)`
}
