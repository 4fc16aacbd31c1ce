// A report of the verifier as tables and failure blocks. Decides what is shown; shows nothing.
import type { Event, FailureBlock, Row, Tone } from '../../../engine/index.ts'
import type { Report, VerifiedProgram } from './report.ts'

export const verdictTones: Readonly<Record<string, Tone>> = {
  OK: 'good',
  rejected: 'bad',
  not: 'doubtful',
  denied: 'bad',
}

/** The word for a program's verdict. */
export function verdictWord({ verdict }: VerifiedProgram): string {
  switch (verdict.kind) {
    case 'ok':
      return 'OK'
    case 'rejected':
      return 'rejected'
    case 'unsupported':
      return 'not supported here'
    case 'denied':
      return 'denied'
    default:
      return verdict satisfies never
  }
}

/** The table of programs, then that of maps where there are any. */
export function reportTables(report: Report): Event[] {
  const programs: Event = {
    type: 'table',
    name: 'programs',
    columns: [
      { key: 'program', title: 'program' },
      { key: 'section', title: 'section' },
      { key: 'type', title: 'type' },
      { key: 'instructions', title: 'insns' },
      { key: 'verified', title: 'verified' },
      { key: 'peakStates', title: 'peak states' },
      { key: 'stackText', title: 'stack' },
      { key: 'verifierMs', title: 'verifier', unit: 'ms' },
      { key: 'loadMs', title: 'load', unit: 'ms' },
      { key: 'verdict', title: 'verdict', tones: verdictTones },
    ],
    rows: report.programs.map(programRow),
  }
  const maps: Event = {
    type: 'table',
    name: 'maps',
    columns: [
      { key: 'map', title: 'map' },
      { key: 'object', title: 'object' },
      { key: 'type', title: 'type' },
      { key: 'maxEntries', title: 'entries' },
      { key: 'memory', title: 'memory', unit: 'bytes' },
    ],
    rows: report.maps.map(({ name, ...map }) => ({ map: name, ...map })),
  }
  return report.maps.length === 0 ? [programs] : [programs, maps]
}

function programRow(program: VerifiedProgram): Row {
  const { object, name, section, type, instructions, figures, loadMs, verdict } = program
  const { verified, states, peakStates, stack, microseconds } = figures
  const { kind, ...more } = verdict
  return {
    program: name,
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
    verdict: verdictWord(program),
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
  const { verdict, object, section, name } = program
  if (verdict.kind !== 'rejected') return undefined
  const { reason, at, excerpt, hint } = verdict
  const log = excerpt.filter((line) => line !== reason)
  return {
    what: `${name} is rejected`,
    facts: [
      ['object', section === '' ? object : `${object}, section ${section}`],
      ['kernel', kernel],
      ...(at === undefined
        ? []
        : [['at', at.replace(`${root}/`, '').replace(/^\/proc\/self\/cwd\//, '')] as const]),
      ...(log.length === 0 ? [] : [['log', log.join('\n')] as const]),
      ['reason', reason],
    ],
    ...(hint === undefined ? {} : { hint }),
  }
}
