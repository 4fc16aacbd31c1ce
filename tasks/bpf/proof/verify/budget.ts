// What a report costs, saved as a file, and what grew since an earlier one.
import { parseJson, type Row } from '../../../engine/index.ts'
import { isObject, listOf, type Said, textOf } from '../../system/index.ts'
import type { Report } from './report.ts'

/** What is compared: counts that the same program gives again on the same kernel; no times. */
const COUNTS = ['instructions', 'verified', 'peakStates', 'stack', 'memory'] as const

/** A program or map by its name, with its counts. */
export interface Cost {
  readonly what: string
  readonly counts: Readonly<Partial<Record<(typeof COUNTS)[number], number>>>
}

export interface Budget {
  readonly kernel: string
  readonly costs: readonly Cost[]
}

export interface Change {
  readonly what: string
  readonly count: string
  readonly before: number | undefined
  readonly after: number | undefined
  /** Beyond what is allowed. */
  readonly exceeds: boolean
}

export function budgetOf(report: Report): Budget {
  const programs = report.programs
    .filter(({ verdict }) => verdict.kind === 'ok')
    .map(({ object, name, instructions, figures }) => {
      const { verified, peakStates, stack } = figures
      return cost(`${object} ${name}`, {
        instructions,
        verified,
        peakStates,
        stack: stack?.reduce((sum, bytes) => sum + bytes, 0) ?? null,
      })
    })
  const maps = report.maps.map(({ object, name, memory }) =>
    cost(`${object} map ${name}`, { memory }),
  )
  return { kernel: report.release ?? '', costs: [...programs, ...maps] }
}

function cost(what: string, counts: Readonly<Record<string, number | null>>): Cost {
  return {
    what,
    counts: Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== null)),
  }
}

/** One cost a line, so that a change of the file is easy to read. */
export function budgetText({ kernel, costs }: Budget): string {
  const lines = costs.map((one) => `    ${JSON.stringify(one)}`)
  return `{\n  "kernel": ${JSON.stringify(kernel)},\n  "costs": [\n${lines.join(',\n')}\n  ]\n}\n`
}

/** Undefined where the text is no budget. */
export function readBudget(text: string): Budget | undefined {
  const said = parseJson(text)
  if (!isObject(said) || !Array.isArray(said['costs'])) return undefined
  return { kernel: textOf(said, 'kernel'), costs: listOf(said, 'costs').map(readCost) }
}

function readCost(said: Said): Cost {
  const counts = isObject(said['counts']) ? said['counts'] : {}
  const known = COUNTS.flatMap((name) => {
    const count = counts[name]
    return typeof count === 'number' ? [[name, count] as const] : []
  })
  return { what: textOf(said, 'what'), counts: Object.fromEntries(known) }
}

/**
 * All that is other than before, in the order of `after`, then what is gone.
 * @param allowance by how many percent a count may grow
 */
export function changesSince(before: Budget, after: Budget, allowance: number): Change[] {
  const old = new Map(before.costs.map(({ what, counts }) => [what, counts]))
  const now = new Map(after.costs.map(({ what, counts }) => [what, counts]))
  return [...new Set([...now.keys(), ...old.keys()])].flatMap((what) =>
    COUNTS.flatMap((count) => {
      const [was, is] = [old.get(what)?.[count], now.get(what)?.[count]]
      if (was === is) return []
      const exceeds = was !== undefined && is !== undefined && is > was * (1 + allowance / 100)
      return [{ what, count, before: was, after: is, exceeds }]
    }),
  )
}

export function changeRow({ what, count, before, after, exceeds }: Change): Row {
  const percent =
    before === undefined || after === undefined || before === 0
      ? null
      : Math.round((after / before - 1) * 1000) / 10
  const share = percent === null ? '' : ` (${percent > 0 ? '+' : ''}${percent} %)`
  const change =
    before === undefined
      ? 'new'
      : after === undefined
        ? 'gone'
        : `${after > before ? 'grew' : 'shrank'}${share}${exceeds ? ': too much' : ''}`
  return { what, count, before: before ?? null, after: after ?? null, exceeds, change }
}
