// What programs and maps cost, by kernel, tool and name, saved as a file; and what grew since.
import { parseJson, type Row } from '../../../engine/index.ts'
import { isObject, listOf, type Said, textOf } from '../../system/index.ts'
import type { KernelFindings, SourceLine } from '../verdict/index.ts'

/** What is compared: counts that the same program gives again on the same kernel; no times. */
const COUNTS = ['instructions', 'verified', 'peakStates', 'stack', 'memory'] as const

/** A program or map of a tool, with its counts. */
export interface Cost {
  readonly tool: string
  readonly program?: string
  readonly map?: string
  readonly counts: Readonly<Partial<Record<(typeof COUNTS)[number], number>>>
}

/** The costs on one kernel. */
export interface Budget {
  /** Major and minor version, `6.12`: its fixes count alike. */
  readonly kernel: string
  readonly machine: string
  readonly costs: readonly Cost[]
}

export interface Change {
  readonly tool: string
  /** A program, or `map NAME`. */
  readonly what: string
  readonly count: string
  readonly before: number | undefined
  readonly after: number | undefined
  /** Beyond what is allowed. */
  readonly exceeds: boolean
  /** Where the program begins. */
  readonly at?: SourceLine
}

export function budgetOf({ kernel, machine, findings, maps }: KernelFindings): Budget {
  const programs = findings.flatMap(({ tool, name, outcome, figures }) =>
    outcome === 'ok' && figures !== undefined
      ? [{ tool, program: name, counts: known({ ...figures }) }]
      : [],
  )
  const memory = maps.map(({ tool, name, memory }) => ({
    tool,
    map: name,
    counts: known({ memory }),
  }))
  return { kernel: versionOf(kernel), machine, costs: [...programs, ...memory] }
}

function versionOf(release: string): string {
  return /^\d+\.\d+/.exec(release)?.[0] ?? release
}

function known(counts: Readonly<Record<string, number | null>>): Cost['counts'] {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== null))
}

/** A kernel's costs in place of those that were known of it; those of other kernels and other tools stay. */
export function withBudget(all: readonly Budget[], added: Budget): Budget[] {
  const old = all.find((one) => isSameKernel(one, added))
  if (old === undefined) return [...all, added]
  const renewed = new Set(added.costs.map(({ tool }) => tool))
  const kept = old.costs.filter(({ tool }) => !renewed.has(tool))
  return all.map((one) => (one === old ? { ...added, costs: [...kept, ...added.costs] } : one))
}

function isSameKernel(one: Budget, other: Budget): boolean {
  return one.kernel === other.kernel && one.machine === other.machine
}

/** What is known of this kernel, or else of the last of the same architecture, or of any. */
export function nearestBudget(all: readonly Budget[], to: Budget): Budget | undefined {
  return (
    all.find((one) => isSameKernel(one, to)) ??
    all.findLast(({ machine }) => machine === to.machine) ??
    all.at(-1)
  )
}

/** One cost a line, so that a change of the file is easy to read. */
export function budgetText(all: readonly Budget[]): string {
  const parts = all.map(({ kernel, machine, costs }) => {
    const lines = costs.map((one) => `      ${JSON.stringify(one)}`)
    const head = `"kernel": ${JSON.stringify(kernel)}, "machine": ${JSON.stringify(machine)}`
    return `    { ${head}, "costs": [\n${lines.join(',\n')}\n    ] }`
  })
  return `{\n  "budgets": [\n${parts.join(',\n')}\n  ]\n}\n`
}

/** Undefined where the text is not what {@link budgetText} writes. */
export function readBudgets(text: string): readonly Budget[] | undefined {
  const said = parseJson(text)
  if (!isObject(said) || !Array.isArray(said['budgets'])) return undefined
  return listOf(said, 'budgets').map((one) => ({
    kernel: textOf(one, 'kernel'),
    machine: textOf(one, 'machine'),
    costs: listOf(one, 'costs').map(readCost),
  }))
}

function readCost(said: Said): Cost {
  const counts = isObject(said['counts']) ? said['counts'] : {}
  const { program, map } = said
  return {
    tool: textOf(said, 'tool'),
    ...(typeof program === 'string' ? { program } : {}),
    ...(typeof map === 'string' ? { map } : {}),
    counts: Object.fromEntries(
      COUNTS.flatMap((name) => {
        const count = counts[name]
        return typeof count === 'number' ? [[name, count] as const] : []
      }),
    ),
  }
}

/**
 * What is other than before, in the order of `after`, then what is gone. Of tools that are not in `after` nothing is
 * said: they were not verified.
 * @param allowance by how many percent a count may grow
 * @param column where `after` is from: it knows where programs are in their sources
 */
export function changesSince(
  before: Budget,
  after: Budget,
  allowance: number,
  column?: Pick<KernelFindings, 'findings'>,
): Change[] {
  const tools = new Set([
    ...after.costs.map(({ tool }) => tool),
    ...(column?.findings ?? []).map(({ tool }) => tool),
  ])
  const keyed = (costs: readonly Cost[]) =>
    new Map(costs.filter(({ tool }) => tools.has(tool)).map((cost) => [keyOf(cost), cost]))
  const [old, now] = [keyed(before.costs), keyed(after.costs)]
  return [...new Set([...now.keys(), ...old.keys()])].flatMap((key) => {
    const cost = now.get(key) ?? old.get(key)
    if (cost === undefined) return []
    const { tool, program, map } = cost
    const at = column?.findings.find((one) => one.tool === tool && one.name === program)?.at
    const what = program ?? `map ${map}`
    return COUNTS.flatMap((count): Change[] => {
      const [was, is] = [old.get(key)?.counts[count], now.get(key)?.counts[count]]
      if (was === is) return []
      const exceeds = was !== undefined && is !== undefined && is > was * (1 + allowance / 100)
      return [{ tool, what, count, before: was, after: is, exceeds, ...(at ? { at } : {}) }]
    })
  })
}

function keyOf({ tool, program, map }: Cost): string {
  return JSON.stringify([tool, program ?? null, map ?? null])
}

export function changeRow({ tool, what, count, before, after, exceeds }: Change): Row {
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
  return { tool, what, count, before: before ?? null, after: after ?? null, exceeds, change }
}
