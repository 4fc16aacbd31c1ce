// Trees of the examples, built by their tasks.ts and by their Makefiles, each in a copy of its own.
import { appendFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { compileDemos, copyDemos } from './demos.ts'
import type { Contender, RaceParts } from './measure.ts'
import { comparison, type Section, table } from './report.ts'

const EXAMPLES = [
  { name: 'flat-tools', header: 'execs.h' },
  { name: 'many-tools', header: 'tell_helpers.h' },
] as const

const SCENARIOS = ['cold', 'null', 'one header'] as const

export function benchExamples(parts: RaceParts): Section {
  const rows = EXAMPLES.flatMap(({ name, header }) => {
    const race = new ExampleRace(parts, name, header)
    return SCENARIOS.map((scenario) => race.row(scenario))
  })
  return {
    title: 'The examples, by tasks.ts and by their Makefiles',
    text: table(['tree', 'what', 'ours', 'make', 'ours/make', 'CPU ours', 'CPU make'], rows),
  }
}

class ExampleRace {
  readonly #parts: RaceParts
  readonly #name: string
  readonly #header: string
  readonly #folders: Readonly<Record<'ours' | 'make', string>>
  #edits = 0

  constructor(parts: RaceParts, name: string, header: string) {
    this.#parts = parts
    this.#name = name
    this.#header = header
    const copy = (tool: string): string => {
      const folder = join(parts.folder, `examples-${tool}`)
      copyDemos(folder)
      return join(folder, 'examples', name)
    }
    this.#folders = { ours: copy('ours'), make: copy('make') }
    const { stopwatch, ours, environment } = parts
    const words = ours.slice(0, -1)
    compileDemos(stopwatch, { words, environment }, join(parts.folder, 'examples-ours'))
  }

  row(scenario: (typeof SCENARIOS)[number]): string[] {
    const { stopwatch, runs, tell } = this.#parts
    tell(`${this.#name}, ${scenario}`)
    const costs = stopwatch.race(
      (['ours', 'make'] as const).map((tool) => this.#contender(tool, scenario)),
      runs ?? (scenario === 'cold' ? 3 : 7),
    )
    return [this.#name, scenario, ...comparison(costs.get('ours'), costs.get('make'))]
  }

  #contender(tool: 'ours' | 'make', scenario: (typeof SCENARIOS)[number]): Contender {
    const { ours, environment, jobs } = this.#parts
    const folder = this.#folders[tool]
    const command = tool === 'ours' ? [...ours, 'build', `-j${jobs}`] : ['make', '-s', `-j${jobs}`]
    const prepare = {
      cold: () => this.#clean(folder),
      null: () => {},
      'one header': () => appendFileSync(join(folder, this.#header), `/* ${this.#edits++} */\n`),
    }[scenario]
    const expect = { cold: /^\d+ ran/m, null: /^nothing to do/m, 'one header': /^\d+ ran/m }[
      scenario
    ]
    return {
      name: tool,
      command,
      folder,
      environment,
      prepare,
      ...(tool === 'ours' ? { expect } : {}),
    }
  }

  /** Programs lie beside their sources, without an ending. */
  #clean(folder: string): void {
    this.#parts.stopwatch.once({ name: 'clean', command: ['make', '-s', 'clean'], folder })
    for (const path of ['.output', 'build'])
      rmSync(join(folder, path), { recursive: true, force: true })
  }
}
