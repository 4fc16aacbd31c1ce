// A report of the verifier as tables and failure blocks. Decides what is shown; shows nothing.
import type { Event, FailureBlock, Row } from '../../../engine/index.ts'
import {
  type Finding,
  type KernelFindings,
  outcomeTones,
  outcomeWord,
  toolRows,
} from '../verdict/index.ts'
import { fileIn, placeIn, type Verified } from './column.ts'
import type { Report, VerifiedProgram } from './report.ts'

/** With more programs than this, a table has a row for each tool instead. */
const MANY = 24

/**
 * The table of programs, then that of maps where there are any.
 * @param isWhole for programs that read: all of them. Else, of many programs, only a row for each tool, and the
 * programs that are not OK
 */
export function reportTables(
  report: Report,
  column: KernelFindings,
  objects: readonly Verified[],
  isWhole: boolean,
): Event[] {
  const { findings, maps } = column
  const isMany = findings.length > MANY
  const tools = toolsTable(column)
  const programs = programsTable(report, findings, objects)
  const memory: Event = {
    type: 'table',
    name: 'maps',
    columns: [
      { key: 'tool', title: 'tool' },
      { key: 'map', title: 'map' },
      { key: 'type', title: 'type' },
      { key: 'maxEntries', title: 'entries' },
      { key: 'memory', title: 'memory', unit: 'bytes' },
    ],
    rows: report.maps.map(({ name, ...map }, at) => ({ tool: maps[at]?.tool, map: name, ...map })),
  }
  const more = report.maps.length === 0 ? [] : [memory]
  if (isWhole) return [tools, programs, ...more]
  if (!isMany) return [programs, ...more]
  const { rows } = programs
  const odd = rows.filter(({ verdict }) => verdict !== 'OK')
  return odd.length === 0 ? [tools] : [tools, { ...programs, rows: odd }]
}

function toolsTable(column: KernelFindings): Event {
  return {
    type: 'table',
    name: 'tools',
    columns: [
      { key: 'tool', title: 'tool' },
      { key: 'programs', title: 'programs' },
      { key: 'verified', title: 'verified' },
      { key: 'stack', title: 'stack' },
      { key: 'memory', title: 'maps', unit: 'bytes' },
      { key: 'verdict', title: 'verdict', tones: outcomeTones },
    ],
    rows: toolRows(column),
  }
}

function programsTable(
  report: Report,
  findings: readonly Finding[],
  objects: readonly Verified[],
): Extract<Event, { type: 'table' }> {
  const paths = new Map(objects.map(({ tool, path }) => [tool, path]))
  const known = new Map(report.programs.map((one) => [`${one.object} ${one.name}`, one]))
  return {
    type: 'table',
    name: 'programs',
    columns: [
      { key: 'tool', title: 'tool' },
      { key: 'program', title: 'program' },
      { key: 'verified', title: 'verified' },
      { key: 'stackText', title: 'stack' },
      { key: 'verifierMs', title: 'verifier', unit: 'ms' },
      { key: 'verdict', title: 'verdict', tones: outcomeTones },
    ],
    rows: findings.map((finding) => {
      const program = known.get(`${paths.get(finding.tool)} ${finding.name}`)
      return { ...rowOf(finding), ...(program === undefined ? {} : programRow(program)) }
    }),
  }
}

function rowOf(finding: Finding): Row {
  const { tool, name, expected, at, why } = finding
  return {
    tool,
    program: name,
    verdict: outcomeWord(finding),
    expected,
    ...(why === undefined ? {} : { why }),
    ...(at === undefined ? {} : { file: at.file, line: at.line }),
  }
}

function programRow(program: VerifiedProgram): Row {
  const { object, section, type, instructions, figures, loadMs, verdict } = program
  const { verified, states, peakStates, stack, microseconds } = figures
  const { kind, ...more } = verdict
  return {
    object,
    section,
    type,
    instructions,
    verified,
    states,
    peakStates,
    stack,
    stackText: stack?.join('+') ?? null,
    verifierMs: microseconds === null ? null : microseconds / 1000,
    loadMs,
    ...more,
  }
}

/**
 * Why a program was rejected; undefined where it was not.
 * @param root absolute folder whose files are shown by their relative paths; `/proc/self/cwd` is its name in what was
 * compiled there
 */
export function rejection(
  program: VerifiedProgram,
  kernel: string,
  root: string,
): FailureBlock | undefined {
  const { verdict, object, section, name, begins } = program
  if (verdict.kind !== 'rejected') return undefined
  const { reason, at, place = begins, excerpt, hint } = verdict
  const log = excerpt.filter((line) => line !== reason)
  return {
    what: `${name} is rejected`,
    facts: [
      ['object', section === '' ? object : `${object}, section ${section}`],
      ['kernel', kernel],
      ...(at === undefined ? [] : [['at', fileIn(at, root)] as const]),
      ...(log.length === 0 ? [] : [['log', log.join('\n')] as const]),
      ['reason', reason],
    ],
    ...(hint === undefined ? {} : { hint }),
    ...(place === undefined ? {} : { at: placeIn(place, root) }),
  }
}
