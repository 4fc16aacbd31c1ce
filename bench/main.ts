// The bench: this runner, make and ninja on the same trees, and what it costs to start and to watch.
//
// npx tsx tasks.ts bench [-- --edges N… --only WORD --runs N --seed N]; writes bench/RESULTS.md.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { deno, nodeAlone } from '../test/support/runtimes.ts'
import { benchBuilds, SCENARIOS } from './builds.ts'
import { benchCache } from './cache.ts'
import { benchExamples } from './examples.ts'
import { benchInstalled } from './installed.ts'
import { benchLibbpf } from './libbpf.ts'
import { Programs, Stopwatch } from './measure.ts'
import { benchPch } from './pch.ts'
import type { Section } from './report.ts'
import { benchStartup, type Way } from './startup.ts'
import { benchWatch } from './watching.ts'

const PARTS = [...SCENARIOS, 'startup', 'examples', 'libbpf', 'pch', 'cache', 'watch'] as const
const SIZES = [100, 1000, 10_000]

const repository = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
const results = join(repository, 'bench/RESULTS.md')

const { values } = parseArgs({
  options: {
    edges: { type: 'string', multiple: true },
    only: { type: 'string' },
    runs: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
})

const tell = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

function whole(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new Error(`--${name} is a number of at least 1, not ${text}`)
}

const { only } = values
if (only !== undefined && !PARTS.some((part) => part === only)) {
  throw new Error(`--only is one of ${PARTS.join(', ')}, not ${only}`)
}
const asked = (part: (typeof PARTS)[number]): boolean => only === undefined || only === part
const edges = values.edges?.map((text) => whole('edges', text) ?? 0)
const runs = whole('runs', values.runs)
const seed = whole('seed', values.seed) ?? 1
const sizes = edges ?? SIZES
const jobs = os.availableParallelism()

for (const program of ['cc', 'make', 'ninja']) {
  const { error } = spawnSync(program, ['--version'])
  if (error !== undefined)
    throw new Error(
      `${program} is needed: apt-get install ${program === 'ninja' ? 'ninja-build' : program}`,
    )
}

const folder = fs.mkdtempSync(join(fs.realpathSync(os.tmpdir()), 'bench-'))
process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const programs = new Programs(join(folder, 'bin'))
const stopwatch = new Stopwatch(programs)
const compiler = programs.path('compiler')
const ways = waysToRun()
const [quickest] = ways
const ours = [...(quickest?.words ?? []), 'tasks.ts']
const load = os.loadavg()

const scenarios = SCENARIOS.filter(asked)
const common = {
  stopwatch,
  compiler,
  ours,
  environment: quickest?.environment ?? {},
  jobs,
  seed,
  runs,
  tell,
}

const parts: Section[] = []
if (asked('startup')) {
  parts.push(benchStartup({ ...common, folder: join(folder, 'startup'), ways }))
  const alone = ways.find(({ name }) => name === 'node tasks.ts')
  if (alone !== undefined) parts.push(benchInstalled({ ...common, node: alone.words }))
  keep([])
}
if (asked('examples')) {
  parts.push(benchExamples({ ...common, folder }))
  keep([])
}
if (asked('libbpf')) {
  parts.push(benchLibbpf({ ...common, folder, ways }))
  keep([])
}
if (asked('pch')) {
  parts.push(benchPch({ ...common, folder }))
  keep([])
}
if (asked('cache')) {
  parts.push(await benchCache({ ...common, folder }))
  keep([])
}
if (asked('watch')) {
  const watched = sizes.filter((size) => size <= 1000)
  parts.push(await benchWatch({ ...common, folder, sizes: watched }))
  keep([])
}
// The largest trees come last: until then all else is written already.
const builds =
  scenarios.length === 0 ? [] : benchBuilds({ ...common, folder, sizes, scenarios, keep })
process.stdout.write(pageOf([...builds, ...parts]))

/** What is known so far; a part of the figures that was asked for must not stand for all of them. */
function keep(known: readonly Section[]): void {
  if (only !== undefined) return
  fs.writeFileSync(results, pageOf([...known, ...parts]))
  tell(`wrote ${results}`)
}

/** The quickest first. */
function waysToRun(): Way[] {
  const tsx = join(repository, 'node_modules/.bin/tsx')
  const found: Way[] = []
  const plain = nodeAlone()
  if ('runtime' in plain) {
    const { command, environment } = plain.runtime
    const words = command.slice(0, -1)
    const cache = { ...environment, NODE_COMPILE_CACHE: join(folder, 'cache') }
    found.push({ name: 'NODE_COMPILE_CACHE=… node tasks.ts', words, environment: cache })
    found.push({ name: 'node tasks.ts', words, environment })
  }
  const other = deno()
  if ('runtime' in other) {
    const { command, environment } = other.runtime
    found.push({ name: 'deno run -A tasks.ts', words: command.slice(0, -1), environment })
  }
  found.push(
    { name: 'tsx tasks.ts', words: [tsx] },
    { name: 'npx tsx tasks.ts', words: ['npx', 'tsx'] },
  )
  return found
}

function pageOf(sections: readonly Section[]): string {
  const said = (program: string, ...args: string[]): string =>
    spawnSync(program, args, { encoding: 'utf8' }).stdout?.split('\n')[0]?.trim() ?? ''
  const cpus = os.cpus()
  const [program = ''] = quickest?.words ?? []
  const facts = [
    `${new Date().toISOString().slice(0, 10)}, ${jobs} of ${cpus.length} × ${cpus[0]?.model ?? '?'}, ` +
      `${Math.round(os.totalmem() / 2 ** 30)} GiB, Linux ${os.release()}`,
    `load before: ${load.map((value) => value.toFixed(2)).join(' ')}`,
    `${said('make', '--version')}; ninja ${said('ninja', '--version')}; ${said('clang', '--version')}`,
    `ours: \`${quickest?.name}\` on ${said(program, '--version')}; seed ${seed}`,
  ]
  return [
    '# Figures',
    '',
    'Made by `npx tsx tasks.ts bench`: medians of wall time, tools in turn on one tree. Each edge reads',
    'one header that all share and twenty others; its command does next to nothing.',
    '',
    ...facts.map((fact) => `- ${fact}`),
    '',
    ...sections.flatMap(({ title, text }) => [`## ${title}`, '', text, '']),
  ].join('\n')
}
