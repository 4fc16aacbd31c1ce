// One page on the build that needs nothing but itself: result, slowest edges, timeline, what is stale, graph.
import type { Planned, Run } from '../build/index.ts'
import { seconds } from '../console/index.ts'
import { folded, groupedBy } from './folding.ts'
import { drawn } from './graphsvg.ts'
import { type Picture, picture } from './graphtext.ts'
import { type Kept, type KeptLap, readJournal } from './lastbuild.ts'
import { folds, graphHtml, page, section, tableHtml, text } from './reportpage.ts'

/**
 * A table that describes one output; made by whoever knows what is in such a file.
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

/** Rows of the table of the slowest edges. */
const SLOWEST = 15

/** Writes the page. Returns its path. */
export async function writeReport(run: Run, planned: Planned, parts: ReportParts): Promise<string> {
  const { disk } = run
  const path = `${parts.out}/report.html`
  const kept = readJournal(disk, `${parts.out}/.tasks/last.json`)
  const whole = picture(planned, disk)
  const shown = folded(whole)
  const stale = whole.boxes.map(({ paths, reasons }) => [paths[0] ?? '', reasons] as const)
  const built = (kept?.laps ?? []).map(
    ({ outputs, reasons }) => [outputs[0] ?? '', reasons] as const,
  )
  const html = page([
    resultHtml(kept, planned),
    section('Slowest', slowestHtml(planned, kept)),
    section('Timeline of the last build', kept === undefined ? NOTHING_BUILT : timelineHtml(kept)),
    section('Stale now, and why', reasonsHtml(stale) || '<p>Nothing is stale.</p>'),
    section('Why the last build ran what it ran', reasonsHtml(built) || NOTHING_BUILT),
    ...objectSections(planned, (output) => {
      const bytes = parts.describe === undefined ? undefined : disk.read(output)
      return bytes === undefined ? undefined : parts.describe?.(output, bytes)
    }),
    section('Graph', `${legendOf(whole, shown)}${graphHtml(await drawn(shown, 'svg'))}`),
  ])
  // A link there leads to a file that is not ours.
  disk.remove(path)
  disk.write(path, html)
  return path
}

const NOTHING_BUILT = '<p>Nothing was built yet.</p>'

/** The first thing to read: did it succeed, when, and what did it cost? */
function resultHtml(kept: Kept | undefined, { plan }: Planned): string {
  const stale = plan.open.size
  const now =
    stale === 0
      ? 'Everything is up to date.'
      : `${stale} of ${plan.nodes.length} edges of all tasks are stale now.`
  if (kept === undefined) return `<p id="result">Nothing was built yet. ${now}</p>`
  const { at, laps, summary } = kept
  const failed = laps.filter(({ status }) => status !== 'ok')
  const verdict = failed.length === 0 ? 'Succeeded' : `${failed.length} failed`
  const date = new Date(at).toISOString().replace('T', ' ').slice(0, 16)
  const took = summary?.ms ?? spanOf(laps).ms
  const busy = laps.reduce((sum, { start, end }) => sum + end - start, 0)
  const chain = laps.reduce(
    (sum, { start, end, critical }) => sum + (critical ? end - start : 0),
    0,
  )
  const facts: (readonly [string, string])[] = [
    ['took', seconds(took)],
    ['commands ran', String(summary?.ran ?? laps.length)],
    ...(summary === undefined
      ? []
      : ([
          ['from the cache', String(summary.fromCache)],
          ['up to date', String(summary.upToDate)],
          ['skipped', String(summary.skipped)],
        ] as const)),
    ['all commands', seconds(busy)],
    ['at once, on average', (busy / Math.max(1, spanOf(laps).ms)).toFixed(1)],
    ['on the critical path', seconds(chain)],
  ]
  const list = facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')
  const broken = failed.map(
    ({ rule, outputs, status }) => `<li>${text(`${rule} ${outputs[0]}: ${status}`)}</li>`,
  )
  return `<p id="result" class="${failed.length === 0 ? 'good' : 'bad'}"><b>${verdict}</b> ${date} UTC. ${now}</p>
${broken.length === 0 ? '' : `<ul>${broken.join('')}</ul>`}<dl>${list}</dl>`
}

/** When the first command was ready, and until the last one ended, in milliseconds. */
function spanOf(laps: readonly KeptLap[]): { readonly begin: number; readonly ms: number } {
  const begin = laps.reduce((least, { ready }) => Math.min(least, ready), Infinity)
  const end = laps.reduce((most, lap) => Math.max(most, lap.end), -Infinity)
  return { begin, ms: Math.max(1, end - begin) }
}

/** How long each edge took when it last ran, in whichever build that was. */
function slowestHtml({ plan, log }: Planned, kept: Kept | undefined): string {
  const times = plan.nodes.flatMap(({ edge, name }) => {
    const ms = log.edge(name)?.ms
    return ms === undefined ? [] : [{ rule: edge.rule, name, ms }]
  })
  if (times.length === 0) return NOTHING_BUILT
  const sum = times.reduce((all, { ms }) => all + ms, 0)
  const critical = new Set(kept?.laps.flatMap((lap) => (lap.critical ? lap.outputs : [])))
  const sorted = times.sort((a, b) => b.ms - a.ms)
  const byRule = groupedBy(sorted, ({ rule }) => rule)
  const rules = [...byRule].map(([rule, edges]) => {
    const all = edges.reduce((total, { ms }) => total + ms, 0)
    return {
      all,
      row: [rule, edges.length, seconds(all), `${Math.round((all / Math.max(1, sum)) * 100)} %`],
    }
  })
  const marked = (name: string): string => (critical.has(name) ? 'yes' : '')
  const rows = sorted
    .slice(0, SLOWEST)
    .map(({ rule, name, ms }) => [seconds(ms), rule, name, marked(name)])
  const all = rules.sort((a, b) => b.all - a.all).map(({ row }) => row)
  return `<div class="columns">${tableHtml(['time', 'rule', 'output', 'critical'], rows)}
${tableHtml(['rule', 'edges', 'time', 'share'], all)}</div>`
}

/** Colours of rules, told apart on white and on black; more rules than these share the last. */
const COLOURS = 7

function timelineHtml({ laps }: Kept): string {
  const { begin, ms: span } = spanOf(laps)
  const percent = (ms: number): string => ((ms / span) * 100).toFixed(2)
  const slots = laps.reduce((most, { lane }) => Math.max(most, lane), 0) + 1
  const rules = [...new Set(laps.map(({ rule }) => rule))]
  const colour = (rule: string): string => `c${Math.min(rules.indexOf(rule), COLOURS)}`
  const bars = laps.map((lap) => {
    const { rule, lane, start, end, ready, status, critical } = lap
    const name = `${rule} ${lap.outputs[0]}`
    const tip = `${name}: ${seconds(end - start)}, waited ${seconds(start - ready)}${critical ? ', on the critical path' : ''}${status === 'ok' ? '' : `, ${status}`}`
    const kind = [colour(rule), status, critical ? 'critical' : ''].filter(Boolean).join(' ')
    const place = `left:${percent(start - begin)}%;width:${percent(end - start)}%;top:${lane * 1.9}em`
    return `<i class="${text(kind)}" style="${place}" title="${text(tip)}"><b>${text(name)}</b></i>`
  })
  // One at the right end is written to the left of its mark.
  const ticks = ticksOf(span).map((ms) => {
    const side = ms > span * 0.85 ? ' class="left"' : ''
    return `<span${side} style="left:${percent(ms)}%">${Number((ms / 1000).toFixed(3))} s</span>`
  })
  const keys = rules.map((rule) => `<span><i class="${colour(rule)}"></i>${text(rule)}</span>`)
  return `<p class="legend">${keys.join(' ')} <span><i class="critical"></i>critical path</span> <span><i class="failed"></i>failed</span></p>
<p>One row for each slot: ${slots}.</p>
<div id="timeline"><div id="bars" style="height:${slots * 1.9}em">${bars.join('')}</div><div id="axis">${ticks.join('')}</div></div>
<pre class="about" id="lap">Choose a bar to see which command it is.</pre>`
}

/** Where the axis is marked: at most seven times, at steps of 1, 2 or 5, in milliseconds. */
export function ticksOf(span: number): number[] {
  const rough = span / 6
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10)
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, at) => at * step)
}

/** The same reason once, with the outputs that have it. Empty where there is none. */
function reasonsHtml(list: readonly (readonly [string, readonly string[]])[]): string {
  const all = list.flatMap(([path, reasons]) => reasons.map((reason) => ({ path, reason })))
  const rows = [...groupedBy(all, ({ reason }) => reason)].sort(
    ([, one], [, other]) => other.length - one.length,
  )
  const shown = rows.map(([reason, having]) => {
    const paths = having.map(({ path }) => path)
    const html =
      paths.length > 3
        ? folds(`${paths.length} outputs`, text(paths.join('\n')))
        : text(paths.join('\n'))
    return `<tr><td>${text(reason)}</td><td class="paths">${html}</td></tr>`
  })
  if (rows.length === 0) return ''
  const table = `<table class="why"><thead><tr><th>why</th><th>output</th></tr></thead><tbody>${shown.join('\n')}</tbody></table>`
  return rows.length > 30 ? folds(`${rows.length} reasons`, table) : table
}

/** Each object once, closed where there are many of them. */
function objectSections(
  { plan }: Planned,
  describe: (output: string) => readonly Details[] | undefined,
): string[] {
  const objects = plan.nodes.flatMap(({ outputs }) =>
    outputs.flatMap((output) => {
      const tables = describe(output) ?? []
      return tables.length === 0 ? [] : [{ output, tables }]
    }),
  )
  if (objects.length === 0) return []
  const html = objects.map(({ output, tables }) => {
    const counts = tables.map(({ title, rows }) => `${title.toLowerCase()}: ${rows.length}`)
    const all = tables.map(
      ({ title, columns, rows }) => `<h4>${text(title)}</h4>${tableHtml(columns, rows)}`,
    )
    return folds(`${output} – ${counts.join(', ')}`, all.join(''), objects.length <= 3)
  })
  const list = html.join('\n')
  return [section('Objects', objects.length > 6 ? folds(`${objects.length} objects`, list) : list)]
}

function legendOf(whole: Picture, shown: Picture): string {
  const kinds =
    '<p class="legend"><span><i class="source"></i>source</span> <span><i class="fresh"></i>up to date</span> <span><i class="stale"></i>stale</span></p>'
  if (whole === shown) return kinds
  return `${kinds}<p>${whole.boxes.length} files and edges, folded by rule and folder. <code>report</code> with the name of a task or a file draws that one in full.</p>`
}
