// Figures as a page of Markdown.
import type { Cost } from './measure.ts'

/** A part of the page. */
export interface Section {
  readonly title: string
  readonly text: string
}

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = heads.map((_, at) => (at === 0 ? '---' : '---:'))
  return [line(heads), line(rule), ...rows.map(line)].join('\n')
}

/** As precise as it is worth: two to four digits. */
export function milliseconds(ms: number | undefined): string {
  if (ms === undefined) return '–'
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms >= 100) return `${Math.round(ms)} ms`
  return `${ms.toFixed(ms < 10 ? 2 : 1)} ms`
}

export function ratio(a: number | undefined, b: number | undefined): string {
  return a === undefined || b === undefined || b === 0 ? '–' : (a / b).toFixed(2)
}

/** Cells under `ours | make | ours/make | CPU ours | CPU make`. */
export function comparison(ours: Cost | undefined, theirs: Cost | undefined): string[] {
  return [
    milliseconds(ours?.wall),
    milliseconds(theirs?.wall),
    ratio(ours?.wall, theirs?.wall),
    milliseconds(ours?.cpu),
    milliseconds(theirs?.cpu),
  ]
}

/** With thin spaces between thousands, as Markdown shows them. */
export function amount(count: number): string {
  return count.toLocaleString('en-US')
}
