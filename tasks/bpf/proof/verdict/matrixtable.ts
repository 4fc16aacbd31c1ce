// Findings of several kernels or machines as one table, a column each; and of many tools as a row each.
import type { Column, Event, Row, Tone } from '../../../engine/index.ts'
import {
  columnTitle,
  countsOf,
  type Finding,
  type KernelFindings,
  outcomeWord,
} from './findings.ts'

export const outcomeTones: Readonly<Record<string, Tone>> = {
  OK: 'good',
  rejected: 'bad',
  failed: 'bad',
  not: 'doubtful',
  left: 'faint',
  as: 'faint',
}

/** Programs and cases by kernels. */
export function matrixTable(columns: readonly KernelFindings[]): Event {
  const heads: Column[] = [
    { key: 'tool', title: 'tool' },
    { key: 'name', title: 'program' },
    ...columns.map((column) => {
      const title = columnTitle(column)
      return { key: title, title, tones: outcomeTones }
    }),
  ]
  const rows = new Map<string, Record<string, unknown>>()
  for (const column of columns) {
    for (const finding of column.findings) {
      const { kind, tool, name } = finding
      const key = `${kind} ${tool} ${name}`
      const row = rows.get(key) ?? { kind, tool, name }
      row[columnTitle(column)] = cell(finding)
      rows.set(key, row)
    }
  }
  return { type: 'table', name: 'matrix', columns: heads, rows: [...rows.values()] }
}

function cell(finding: Finding): string {
  const verified = finding.figures?.verified
  const figures = finding.outcome === 'ok' && verified != null ? `, ${verified} insns` : ''
  return `${outcomeWord(finding)}${figures}`
}

/** A row for each tool: how many programs it has, the most that any of them costs, and how they fared. */
export function toolRows({ findings, maps }: KernelFindings): Row[] {
  const tools = [...new Set(findings.map(({ tool }) => tool))]
  return tools.map((tool) => {
    const own = findings.filter((finding) => finding.tool === tool)
    const most = (key: 'verified' | 'stack'): number | null => {
      const counts = own.flatMap(({ figures }) => figures?.[key] ?? [])
      return counts.length === 0 ? null : Math.max(...counts)
    }
    const memory = maps.flatMap((map) => (map.tool === tool ? (map.memory ?? []) : []))
    return {
      tool,
      programs: own.length,
      verified: most('verified'),
      stack: most('stack'),
      memory: memory.length === 0 ? null : memory.reduce((sum, bytes) => sum + bytes, 0),
      verdict: fared(own),
    }
  })
}

function fared(findings: readonly Finding[]): string {
  const { ok, rejected, rejectedAsExpected, failed, unsupported, leftOut } = countsOf(findings)
  const parts = [
    [rejected - rejectedAsExpected, 'rejected'],
    [failed, 'failed'],
    [rejectedAsExpected, 'as expected: rejected'],
    [unsupported, 'not supported here'],
    [leftOut, 'left out'],
  ] as const
  const words = parts.flatMap(([count, word]) =>
    count === 0 ? [] : [count === findings.length ? word : `${word} ${count}`],
  )
  if (ok > 0) words.push(words.length === 0 ? 'OK' : `OK ${ok}`)
  return words.join(', ')
}
