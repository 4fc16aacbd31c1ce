// Builds of trees of several sizes by each tool: cold, null, and after one change of each kind.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender, Cost, Stopwatch } from './measure.ts'
import { amount, milliseconds, ratio, type Section, table } from './report.ts'
import { BenchTree, type Tool } from './trees.ts'

export const SCENARIOS = ['cold', 'null', 'first', 'source', 'header', 'flags'] as const
export type Scenario = (typeof SCENARIOS)[number]

const ABOUT: Readonly<Record<Scenario, string>> = {
  cold: 'Cold: nothing is built',
  null: 'Null: all is up to date',
  first: 'Null, the first time after a command has run: ours keeps what the next one needs',
  source: 'One source was edited',
  header: 'The header that all share was edited',
  flags: 'A flag of all compiles was changed',
}

export interface BuildsParts {
  readonly stopwatch: Stopwatch
  readonly compiler: string
  readonly folder: string
  readonly sizes: readonly number[]
  readonly scenarios: readonly Scenario[]
  /** Words that run tasks.ts. */
  readonly ours: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly jobs: number
  readonly seed: number
  /** How often each is measured; by default more often the quicker it is. */
  readonly runs: number | undefined
  readonly tell: (text: string) => void
  /** Given all that is known, whenever a size is done. */
  readonly keep: (sections: readonly Section[]) => void
}

/** One table for each scenario, a line for each size. */
export function benchBuilds(parts: BuildsParts): Section[] {
  const rows = new Map<Scenario, string[][]>(parts.scenarios.map((scenario) => [scenario, []]))
  const sections = (): Section[] =>
    parts.scenarios.map((scenario) => ({
      title: ABOUT[scenario],
      text: table(
        ['edges', 'ours', 'make', 'ninja', 'ours/make', 'ours/ninja', ...extraHeads(scenario)],
        rows.get(scenario) ?? [],
      ),
    }))
  for (const edges of parts.sizes) {
    const tree = new BenchTree(join(parts.folder, `${edges}`), edges, parts.compiler, parts.seed)
    const race = new TreeRace(tree, parts)
    race.build()
    for (const scenario of parts.scenarios) {
      parts.tell(`${scenario}, ${amount(edges)} edges`)
      rows.get(scenario)?.push([amount(edges), ...race.row(scenario)])
    }
    parts.keep(sections())
  }
  return sections()
}

/** What only one scenario has to tell. */
function extraHeads(scenario: Scenario): string[] {
  switch (scenario) {
    case 'cold':
      return ['bare processes', 'ours beyond them, an edge']
    case 'null':
      return ['CPU ours', 'CPU ninja', 'peak ours', 'peak make', 'peak ninja']
    case 'first':
    case 'source':
    case 'header':
    case 'flags':
      return []
    default:
      return scenario satisfies never
  }
}

class TreeRace {
  readonly #tree: BenchTree
  readonly #parts: BuildsParts
  #flag = 0

  constructor(tree: BenchTree, parts: BuildsParts) {
    this.#tree = tree
    this.#parts = parts
  }

  /** Everything once by every tool. */
  build(): void {
    for (const tool of ['ours', 'make', 'ninja'] as const) {
      this.#parts.tell(`${tool} builds ${amount(this.#tree.edges)} edges`)
      this.#parts.stopwatch.once(this.#contender(tool))
    }
  }

  row(scenario: Scenario): string[] {
    const { edges } = this.#tree
    const costs = this.#race(scenario)
    const [ours, make, ninja] = [costs.get('ours'), costs.get('make'), costs.get('ninja')]
    const cells = [
      ...[ours, make, ninja].map((cost) => milliseconds(cost?.wall)),
      ratio(ours?.wall, make?.wall),
      ratio(ours?.wall, ninja?.wall),
    ]
    if (scenario === 'cold') {
      const bare = costs.get('bare')?.wall ?? 0
      const beyond = ((ours?.wall ?? 0) - bare) / edges
      cells.push(milliseconds(bare), `${beyond.toFixed(2)} ms`)
    }
    if (scenario === 'null') {
      cells.push(milliseconds(ours?.cpu), milliseconds(ninja?.cpu))
      cells.push(...[ours, make, ninja].map((cost) => `${Math.round(cost?.peak ?? 0)} MiB`))
    }
    return cells
  }

  #race(scenario: Scenario): Map<string, Cost> {
    const { edges } = this.#tree
    const few = scenario === 'null' || scenario === 'first' || scenario === 'source'
    const usual = edges <= 100 ? 7 : edges <= 1000 ? (few ? 7 : 3) : few ? 5 : 1
    const runs = this.#parts.runs ?? usual
    const heavy = !few && edges > 1000
    return this.#parts.stopwatch.race(this.#contenders(scenario), runs, !heavy)
  }

  #contenders(scenario: Scenario): Contender[] {
    const all = (tool: Tool): RegExp | undefined =>
      tool === 'ours' ? new RegExp(`^${this.#tree.edges} ran`, 'm') : undefined
    const each = (make: (tool: Tool) => Contender): Contender[] =>
      (['ours', 'make', 'ninja'] as const).map(make)
    switch (scenario) {
      case 'cold':
        return [
          ...each((tool) => this.#contender(tool, () => this.#tree.clean(tool), all(tool))),
          this.#bare(),
        ]
      case 'null':
        return each((tool) =>
          this.#contender(tool, undefined, tool === 'ours' ? /^nothing to do/m : undefined),
        )
      case 'first':
        // To the others it is as any other.
        return (['ours', 'ninja'] as const).map((tool) =>
          this.#contender(
            tool,
            () => rmSync(join(this.#tree.root, 'build/.tasks/snapshot'), { force: true }),
            tool === 'ours' ? /^nothing to do/m : undefined,
          ),
        )
      case 'source':
        return each((tool) =>
          this.#contender(
            tool,
            () => this.#tree.change('source/f0.c'),
            tool === 'ours' ? /^1 ran/m : undefined,
          ),
        )
      case 'header':
        return each((tool) =>
          this.#contender(tool, () => this.#tree.change('include/all.h'), all(tool)),
        )
      case 'flags':
        // make does not know with which flags it built: it is left out.
        return (['ours', 'ninja'] as const).map((tool) => this.#flagged(tool, all(tool)))
      default:
        return scenario satisfies never
    }
  }

  #contender(tool: Tool, prepare?: () => void, expect?: RegExp): Contender {
    const command = (): string[] => this.#command(tool)
    return {
      name: tool,
      command,
      folder: this.#tree.root,
      environment: this.#parts.environment,
      ...(prepare === undefined ? {} : { prepare }),
      ...(expect === undefined ? {} : { expect }),
    }
  }

  #flagged(tool: 'ours' | 'ninja', expect: RegExp | undefined): Contender {
    return this.#contender(
      tool,
      () => {
        this.#flag++
        if (tool === 'ninja') this.#tree.writeNinja(`${this.#flag}`)
      },
      expect,
    )
  }

  #command(tool: Tool): string[] {
    const { ours, jobs } = this.#parts
    switch (tool) {
      case 'ours':
        return [...ours, 'build', `-j${jobs}`, `FLAG=${this.#flag}`]
      case 'make':
        return ['make', '-s', `-j${jobs}`]
      case 'ninja':
        return ['ninja', `-j${jobs}`]
      default:
        return tool satisfies never
    }
  }

  /** What the same processes cost when nothing decides about them. */
  #bare(): Contender {
    const { root, compiler } = this.#tree
    writeFileSync(join(root, 'commands'), this.#tree.bareCommands())
    const command = ['xargs', '-a', 'commands', '-P', `${this.#parts.jobs}`, '-L1', compiler]
    return { name: 'bare', command, folder: root }
  }
}
