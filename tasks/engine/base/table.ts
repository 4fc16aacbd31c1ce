// Lays out a table: columns and rows to lines of padded cells. Adds no colours and prints nothing.
import type { Column, Row, Tone } from './events.ts'

export interface TableCell {
  /** Padded to the width of its column. */
  readonly text: string
  readonly tone: Tone | 'head' | undefined
}

/** The title line, then one line for each row. A missing value is shown as a dash. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly Row[],
): readonly (readonly TableCell[])[] {
  const shown = columns.map((column) => {
    const texts = rows.map((row) => valueText(row[column.key], column.unit))
    const width = Math.max(column.title.length, ...texts.map((text) => text.length))
    const right = rows.some((row) => typeof row[column.key] === 'number')
    const fit = (text: string): string => (right ? text.padStart(width) : text.padEnd(width))
    return {
      head: { text: fit(column.title), tone: 'head' as const },
      cells: texts.map((text) => ({ text: fit(text), tone: toneOf(text, column) })),
    }
  })
  const heads = shown.map(({ head }) => head)
  return [heads, ...rows.map((_, at) => shown.flatMap(({ cells }) => cells[at] ?? []))]
}

function toneOf(text: string, { tones }: Column): Tone | undefined {
  return text === '-' ? 'faint' : tones?.[text.split(/[\s:,]/)[0] ?? '']
}

function valueText(value: unknown, unit: Column['unit']): string {
  if (value === null || value === undefined) return '-'
  if (typeof value !== 'number' || unit === undefined) return oneLine(String(value))
  if (unit === 'ms') return `${value.toFixed(value < 100 ? 1 : 0)} ms`
  return value < 10_000 ? `${value} B` : `${Math.round(value / 1024)} KiB`
}

/** Control characters would break the table. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?')
}
