// libbpf from its sources, from nothing: by tasks.ts, and by upstream's own Makefile.
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { kernelSources, libbpfSources } from '../test/support/sources.ts'
import { compileDemos, copyDemos } from './demos.ts'
import type { Contender, RaceParts } from './measure.ts'
import { comparison, type Section, table } from './report.ts'
import type { Way } from './startup.ts'

export interface LibbpfParts extends RaceParts {
  readonly ways: readonly Way[]
}

/** Where libbpf's Makefile is in each. */
const TREES = [
  { name: 'libbpf 1.5.0', makefile: 'src', found: () => libbpfSources('1.5.0') },
  { name: 'tools/lib/bpf of Linux 6.1', makefile: 'tools/lib/bpf', found: kernelSources },
] as const

export function benchLibbpf(parts: LibbpfParts): Section {
  const { stopwatch, folder, ours, environment } = parts
  const own = join(folder, 'libbpf')
  copyDemos(own)
  compileDemos(stopwatch, { words: ours.slice(0, -1), environment }, own)
  return {
    title: 'libbpf from source, from nothing: by tasks.ts and by its own Makefile',
    text: table(
      ['sources', 'way to start', 'ours', 'make', 'ours/make', 'CPU ours', 'CPU make'],
      TREES.flatMap((tree) => rows(tree, own, parts)),
    ),
  }
}

function rows(tree: (typeof TREES)[number], own: string, parts: LibbpfParts): string[][] {
  const { stopwatch, folder, jobs, runs, tell, ways } = parts
  const { name, makefile } = tree
  const sources = tree.found()
  tell(`${name}, by tasks.ts and by make`)
  if ('reason' in sources) return [[name, sources.reason, '–', '–', '–', '–', '–']]
  const copied = join(folder, 'libbpf-make')
  rmSync(copied, { recursive: true, force: true })
  cpSync(sources.folder, copied, { recursive: true })
  const args = ['tasks.ts', 'libbpf', 'LIBBPF=source', `LIBBPF_TOP=${sources.folder}`, `-j${jobs}`]
  // Not by every way: each takes a minute.
  const contenders = ways
    .filter((way) => /node|npx/.test(way.name))
    .map(
      ({ name, words, environment = {} }): Contender => ({
        name,
        command: [...words, ...args],
        folder: own,
        environment,
        prepare: () => rmSync(join(own, 'build'), { recursive: true, force: true }),
        expect: /^\d+ ran, 0 up to date, 0 failed/m,
      }),
    )
  const make = { name: 'make', folder: join(copied, makefile) }
  const upstream: Contender = {
    ...make,
    command: ['make', '-s', `-j${jobs}`],
    prepare: () => {
      stopwatch.once({ ...make, command: ['make', '-s', 'clean'] })
    },
  }
  const costs = stopwatch.race([upstream, ...contenders], runs ?? 5)
  return contenders.map((way) => [
    name,
    `\`${way.name}\``,
    ...comparison(costs.get(way.name), costs.get('make')),
  ])
}
