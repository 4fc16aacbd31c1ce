// One page on the build that needs nothing but itself: graph, timeline, slowest edges, files.
import type { Planned, Run } from '../build/index.ts'
import { seconds } from '../console/index.ts'
import { drawn } from './graphsvg.ts'
import { picture } from './graphtext.ts'
import { type Kept, readJournal } from './lastbuild.ts'
import { script, style } from './reportpage.ts'

/**
 * A table that tells of one output; made by whoever knows what is in such a file.
 * @example
 * const details: Details = { title: 'maps', columns: ['name', 'entries'], rows: [['events', 256]] }
 */
export interface Details {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

/**
 * Undefined for a file that it does not know.
 * @example
 * const describe: Describe = (path, bytes) =>
 *   path.endsWith('.o') ? [{ title: 'size', columns: ['bytes'], rows: [[bytes.length]] }] : undefined
 */
export type Describe = (path: string, bytes: Buffer) => readonly Details[] | undefined

export interface ReportParts {
  /** Folder of what is generated. */
  readonly out: string
  readonly describe: Describe | undefined
}

/** Writes the page. Returns its path. */
export async function writeReport(run: Run, planned: Planned, parts: ReportParts): Promise<string> {
  const { disk } = run
  const path = `${parts.out}/report.html`
  const kept = readJournal(disk, `${parts.out}/.tasks/last.json`)
  const drawing = picture(planned, disk)
  const svg = await drawn(drawing, 'svg')
  const details = planned.plan.nodes.flatMap(({ outputs }) =>
    outputs.flatMap((output) => {
      const bytes = parts.describe === undefined ? undefined : disk.read(output)
      const found = bytes === undefined ? undefined : parts.describe?.(output, bytes)
      return (found ?? []).map((table) => ({ output, table }))
    }),
  )
  // A link there leads to a file that is none of ours.
  disk.remove(path)
  disk.write(
    path,
    page([
      section(
        'Graph',
        `<div id="graph">${svg.slice(svg.indexOf('<svg'))}</div><pre id="told">Choose a node to see what it is and why it is stale.</pre>`,
      ),
      section('Last build', kept === undefined ? '<p>Nothing was built yet.</p>' : timeline(kept)),
      section('Slowest', slowest(planned)),
      ...details.map(({ output, table }) =>
        section(`${table.title}: ${output}`, tableHtml(table.columns, table.rows)),
      ),
      section(
        'Stale now, and why',
        reasonsHtml(
          drawing.boxes.map(({ paths, reasons }) => [paths[0] ?? '', reasons]),
          'Nothing is stale.',
        ),
      ),
      section(
        'Stale at the last build, and why',
        reasonsHtml(
          (kept?.laps ?? []).map(({ outputs, reasons }) => [outputs[0] ?? '', reasons]),
          'Nothing was built yet.',
        ),
      ),
    ]),
  )
  return path
}

function timeline({ at, laps }: Kept): string {
  const begin = laps.reduce((least, { ready }) => Math.min(least, ready), Infinity)
  const end = laps.reduce((most, lap) => Math.max(most, lap.end), -Infinity)
  const share = (ms: number): string => ((ms / Math.max(1, end - begin)) * 100).toFixed(2)
  const lanes = laps.reduce((most, { lane }) => Math.max(most, lane), 0) + 1
  const bars = laps.map((lap) => {
    const name = `${lap.rule} ${lap.outputs[0]}`
    const waited = lap.start - lap.ready
    const tip = `${name}: ${seconds(lap.end - lap.start)}, waited ${seconds(waited)}${lap.critical ? ', on the critical path' : ''}`
    const kind = [lap.status, lap.critical ? 'critical' : ''].join(' ')
    const place = `left:${share(lap.start - begin)}%;width:${share(lap.end - lap.start)}%;top:${lap.lane * 1.9}em`
    return `<i class="${kind}" style="${place}" title="${text(tip)}">${text(name)}</i>`
  })
  const date = new Date(at).toISOString().replace('T', ' ').slice(0, 19)
  return `<p>${laps.length} commands in ${seconds(end - begin)}, ended ${date} UTC; a row a slot, the critical path outlined</p>
<div class="wide"><div id="timeline" style="height:${lanes * 1.9}em">${bars.join('')}</div></div>`
}

function slowest({ plan, log }: Planned): string {
  const times = plan.nodes.flatMap(({ edge, name }) => {
    const ms = log.edge(name)?.ms
    return ms === undefined ? [] : [{ edge, name, ms }]
  })
  const rows = times.sort((a, b) => b.ms - a.ms).slice(0, 10)
  return tableHtml(
    ['time', 'rule', 'output'],
    rows.map(({ edge, name, ms }) => [seconds(ms), edge.rule, name]),
  )
}

function reasonsHtml(
  list: readonly (readonly [string, readonly string[]])[],
  none: string,
): string {
  const rows = list.flatMap(([path, reasons]) => reasons.map((reason) => [path, reason]))
  const table = tableHtml(['output', 'why'], rows)
  return rows.length === 0 ? `<p>${none}</p>` : `<div class="why">${table}</div>`
}

function tableHtml(
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const cells = (tag: string, row: readonly (string | number)[]): string =>
    row
      .map(
        (cell) =>
          `<${tag}${typeof cell === 'number' ? ' class="n"' : ''}>${text(String(cell))}</${tag}>`,
      )
      .join('')
  const body = rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n')
  return `<div class="wide"><table><thead><tr>${cells('th', columns)}</tr></thead><tbody>${body}</tbody></table></div>`
}

function section(title: string, html: string): string {
  return `<section><h2>${text(title)}</h2>${html}</section>`
}

function page(sections: readonly string[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Build report</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<style>${style}</style></head><body><h1>Build report</h1>
${sections.join('\n')}
<script>${script}</script></body></html>
`
}

function text(plain: string): string {
  return plain.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)
}
