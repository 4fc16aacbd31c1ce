// What runcase.c saw of one run of a loader, as values. It judges nothing.
import { jsonLines, numberOf, type Said, textOf } from '../../system/index.ts'

/** A program, map or link that the loader held while it was attached. */
export interface Held {
  readonly kind: 'prog' | 'map' | 'link'
  readonly id: number
}

export interface Ended {
  /** Null when a signal ended it. */
  readonly status: number | null
  readonly signal: string | null
  /** False when it was killed because it took too long. */
  readonly inTime: boolean
}

/**
 * What was seen of one run of a loader.
 * @example
 * const judge = ({ stdout }: Evidence) => (stdout.length > 0 ? [] : ['it said nothing'])
 */
export interface Evidence {
  /** Lines of the loader. */
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
  /** Lines of the trigger's standard output. */
  readonly trigger: readonly string[]
  /** Lines of the kernel's trace, from all programs of the machine. */
  readonly trace: readonly string[]
  /** Lines of the loader that were counted instead of kept. */
  readonly counted: number
  readonly ready: boolean
  readonly held: readonly Held[]
  /** Those of `held` that were still in the kernel seconds after the loader had ended. */
  readonly left: readonly Held[]
  readonly loader: Ended | undefined
  /** Undefined as well when the loader did not get ready. */
  readonly triggered: Ended | undefined
}

/** Undefined when runcase did not report all of it. */
export function readEvidence(text: string): Evidence | undefined {
  return evidenceOf(jsonLines(text))
}

export function evidenceOf(lines: readonly Said[]): Evidence | undefined {
  const end = lines.find((line) => line['type'] === 'end')
  if (end === undefined) return undefined
  const of = (stream: string): string[] =>
    lines.flatMap((line) =>
      line['type'] === 'line' && line['stream'] === stream ? [textOf(line, 'text')] : [],
    )
  const things = (type: string): Held[] => lines.filter((line) => line['type'] === type).map(thing)
  return {
    stdout: of('stdout'),
    stderr: of('stderr'),
    trigger: of('trigger'),
    trace: of('trace'),
    counted: numberOf(end, 'counted'),
    ready: end['ready'] === 1,
    held: things('held'),
    left: things('left'),
    loader: endOf(lines, 'loader'),
    triggered: endOf(lines, 'trigger'),
  }
}

function thing(said: Said): Held {
  const kind = said['kind']
  return { kind: kind === 'map' || kind === 'link' ? kind : 'prog', id: numberOf(said, 'id') }
}

function endOf(lines: readonly Said[], who: string): Ended | undefined {
  const said = lines.find((line) => line['type'] === 'ended' && line['who'] === who)
  if (said === undefined) return undefined
  const { status, signal } = said
  return {
    status: typeof status === 'number' ? status : null,
    signal: typeof signal === 'string' ? signal : null,
    inTime: said['in_time'] === 1,
  }
}
