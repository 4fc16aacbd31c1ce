// What it costs to start: each runtime with an empty file, with the list of tasks, with a null build.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileDemos, copyDemos } from './demos.ts'
import type { Contender, Stopwatch } from './measure.ts'
import { milliseconds, type Section, table } from './report.ts'

/** A way to run a TypeScript file. */
export interface Way {
  readonly name: string
  /** Words before the file. */
  readonly words: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

export interface StartupParts {
  readonly stopwatch: Stopwatch
  readonly folder: string
  readonly ways: readonly Way[]
  readonly runs: number | undefined
  readonly tell: (text: string) => void
}

export function benchStartup({ stopwatch, folder, ways, runs, tell }: StartupParts): Section {
  copyDemos(folder)
  writeFileSync(join(folder, 'empty.ts'), 'const nothing: number = 0\nvoid nothing\n')
  const [first] = ways
  if (first !== undefined) {
    tell('the demos are built once')
    compileDemos(stopwatch, first, folder)
    stopwatch.once(contender(first, folder, ['tasks.ts', 'build']))
  }
  const rows = ways.map((way) => {
    tell(`startup by ${way.name}`)
    const runsOf = [
      ['empty', ['empty.ts']],
      ['list', ['tasks.ts', '--list']],
      ['null', ['tasks.ts', 'build']],
    ] as const
    const costs = stopwatch.race(
      runsOf.map(([name, words]) => ({ ...contender(way, folder, words), name })),
      runs ?? 7,
    )
    const [empty, list, none] = ['empty', 'list', 'null'].map((name) => costs.get(name)?.wall)
    return [
      `\`${way.name}\``,
      milliseconds(empty),
      milliseconds(list),
      milliseconds(none),
      milliseconds((none ?? 0) - (empty ?? 0)),
    ]
  })
  return {
    title: 'Starting, on the demos',
    text: table(
      ['runtime', 'an empty file', '`--list`', 'null build', 'null build beyond the empty file'],
      rows,
    ),
  }
}

function contender({ name, words, environment }: Way, folder: string, args: readonly string[]) {
  return {
    name,
    command: [...words, ...args],
    folder,
    ...(environment === undefined ? {} : { environment }),
  } satisfies Contender
}
