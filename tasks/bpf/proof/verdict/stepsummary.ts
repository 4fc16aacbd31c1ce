// Findings as Markdown, for the summary of a step on GitHub: tools by kernels, then what is wrong.
import {
  columnTitle,
  countsOf,
  countsText,
  type Finding,
  isWell,
  type KernelFindings,
  kernelTitle,
  outcomeWord,
} from './findings.ts'

/** GitHub refuses a summary above 1 MiB; as many failures as this are shown whole. */
const SHOWN = 50

/** @param title the first line, such as the name of the task */
export function summaryText(title: string, columns: readonly KernelFindings[]): string {
  const tools = [...new Set(columns.flatMap(({ findings }) => findings.map(({ tool }) => tool)))]
  const wrong = columns.flatMap((column) =>
    column.findings.filter(({ expected }) => !expected).map((finding) => ({ column, finding })),
  )
  const lines = [
    `### ${columns.every(isWell) ? '✅' : '❌'} ${escaped(title)}`,
    '',
    ...columns.map(headline),
    '',
    row(['tool', ...columns.map(columnTitle)]),
    row(['---', ...columns.map(() => '---')]),
    ...tools.map((tool) => row([tool, ...columns.map((column) => cell(column, tool))])),
    '',
    ...wrong.slice(0, SHOWN).flatMap(({ column, finding }) => detail(column, finding)),
    ...(wrong.length > SHOWN ? [`… and ${wrong.length - SHOWN} more`, ''] : []),
  ]
  return `${lines.join('\n')}\n`
}

function headline(column: KernelFindings): string {
  const { machine, findings, ms, problem } = column
  const end = problem === undefined ? '' : `, **${escaped(problem.split('\n')[0] ?? '')}**`
  const where = [kernelTitle(column), machine].filter((part) => part !== '').join(' ')
  const counted = countsText(countsOf(findings))
  return `- Linux ${escaped(where)}: ${counted} (${(ms / 1000).toFixed(1)} s)${end}`
}

function cell({ findings }: KernelFindings, tool: string): string {
  const own = findings.filter((finding) => finding.tool === tool)
  if (own.length === 0) return ''
  const { ok, rejected, failed, unsupported, leftOut, unexpected } = countsOf(own)
  const sign = unexpected > 0 ? '❌' : ok > 0 ? '✅' : '➖'
  const parts = [
    [ok, 'OK'],
    [rejected, 'rejected'],
    [failed, 'failed'],
    [unsupported, 'not supported'],
    [leftOut, 'left out'],
  ] as const
  const words = parts.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`]))
  const most = Math.max(...own.map(({ figures }) => figures?.verified ?? 0))
  return `${sign} ${words.join(', ')}${most > 0 ? `, ≤ ${most} insns` : ''}`
}

function detail(column: KernelFindings, finding: Finding): string[] {
  const { tool, name, why = '', at, log = [], hint } = finding
  const where = at === undefined ? '' : ` at \`${at.file}:${at.line}\``
  const kernel = escaped(kernelTitle(column))
  const head = `${escaped(tool)} · ${escaped(name)}: ${outcomeWord(finding)} on ${kernel}`
  const text = [...log.filter((line) => line !== why), why].join('\n')
  return [
    `<details><summary>${head}</summary>`,
    '',
    ...(where === '' ? [] : [where.trim(), '']),
    // A fence that is longer than any in the text cannot be ended by it.
    ...['````', text.replaceAll('````', '```'), '````', ''],
    ...(hint === undefined ? [] : [escaped(hint), '']),
    ...['</details>', ''],
  ]
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((text) => escaped(text).replaceAll('|', '\\|')).join(' | ')} |`
}

function escaped(text: string): string {
  return text.replace(/[\\`*_<>&[\]]/g, (found) =>
    found === '<' ? '&lt;' : found === '>' ? '&gt;' : found === '&' ? '&amp;' : `\\${found}`,
  )
}
