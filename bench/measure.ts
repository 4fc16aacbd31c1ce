// Commands timed: several in turn, several times each, so that a busy moment hits them all alike.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What one run took. */
export interface Cost {
  /** Milliseconds. */
  readonly wall: number
  /** Milliseconds of processor time, of all that it started too. */
  readonly cpu: number
  /** MiB, of the largest process. */
  readonly peak: number
}

export interface Contender {
  readonly name: string
  readonly command: readonly string[] | (() => readonly string[])
  readonly folder: string
  readonly environment?: Readonly<Record<string, string>>
  /** Brings about what is measured; not timed. */
  readonly prepare?: () => void
  /** What it must say: a run that did something else was not measured. */
  readonly expect?: RegExp
}

/** Programs in C that the bench is made of. */
export class Programs {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
  }

  /** Path of a program of this folder, compiled. */
  path(name: 'compiler' | 'timed'): string {
    const source = fileURLToPath(new URL(`${name}.c`, import.meta.url))
    const output = join(this.#folder, name)
    const { status, stderr } = spawnSync('cc', ['-O2', '-o', output, source], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`cc ${source}: ${stderr}`)
    return output
  }
}

export class Stopwatch {
  readonly #timed: string

  constructor(programs: Programs) {
    this.#timed = programs.path('timed')
  }

  /** @throws Error where the command fails: a figure of that would mean nothing */
  once({ name, command: given, folder, environment = {}, prepare, expect }: Contender): Cost {
    prepare?.()
    const command = typeof given === 'function' ? given() : given
    const { PATH = '', HOME = '' } = process.env
    const { status, stdout, stderr, output, error } = spawnSync(this.#timed, [...command], {
      cwd: folder,
      // What one run has built is not to be known to the next one.
      env: { PATH, HOME, ACTION_CACHE_DIR: 'off', ...environment },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      maxBuffer: 1 << 28,
    })
    if (status !== 0 || expect?.test(stdout) === false) {
      const said = `${stdout}${stderr}`.trim().split('\n').slice(-5).join('\n')
      throw new Error(`${name}: ${command.join(' ')}\n${error?.message ?? said}`)
    }
    const [wall = 0, cpu = 0, peak = 0] = (output[3] ?? '').split(' ').map(Number)
    return { wall: wall / 1000, cpu: cpu / 1000, peak: peak / 1024 }
  }

  /** Each contender `runs` times, in turn. The first round warms caches and is not counted. */
  race(contenders: readonly Contender[], runs: number, warm = true): Map<string, Cost> {
    const costs = new Map<string, Cost[]>()
    for (let round = warm ? -1 : 0; round < runs; round++) {
      for (const contender of contenders) {
        const cost = this.once(contender)
        if (round < 0) continue
        const known = costs.get(contender.name)
        if (known === undefined) costs.set(contender.name, [cost])
        else known.push(cost)
      }
    }
    return new Map([...costs].map(([name, all]) => [name, medians(all)]))
  }
}

function medians(costs: readonly Cost[]): Cost {
  const of = (key: keyof Cost): number => median(costs.map((cost) => cost[key]))
  return { wall: of('wall'), cpu: of('cpu'), peak: of('peak') }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low = 0, high = 0] = [sorted[middle - 1], sorted[middle]]
  return sorted.length % 2 === 0 ? (low + high) / 2 : high
}

/** What builds of copies of the repository are timed with. */
export interface RaceParts {
  readonly stopwatch: Stopwatch
  readonly folder: string
  readonly ours: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly jobs: number
  readonly runs: number | undefined
  readonly tell: (text: string) => void
}
