// Builds at random: graphs and edits that nobody thought of, against a model that says what must run.
// As a script: npx tsx test/e2e/random.ts --builds N --seed S, for as long as that takes.
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { type Counts, type History, histories, noCounts, runHistory } from '../support/histories.ts'
import { minimise } from '../support/minimise.ts'
import { Disagreement } from '../support/model.ts'

/** How long a counterexample is made smaller, in milliseconds. */
const SHRINK = 30_000

/**
 * One history, the same for the same seed.
 * @returns undefined where all is right, else what was done, made as short as can be
 */
export async function tryHistory(seed: number, counts: Counts): Promise<string | undefined> {
  const run = async (history: History, into: Counts): Promise<string | undefined> => {
    try {
      await runHistory(history, into)
      return undefined
    } catch (error) {
      if (error instanceof Disagreement) return error.message
      throw error
    }
  }
  const [history] = fc.sample(histories, { seed, numRuns: 1 })
  if (history === undefined) return undefined
  const found = await run(history, counts)
  if (found === undefined) return undefined
  const fails = async (smaller: History): Promise<boolean> => {
    try {
      return (
        smaller.steps.every(({ jobs }) => jobs > 0) &&
        (await run(smaller, noCounts())) !== undefined
      )
    } catch {
      // Not every smaller value is a history.
      return false
    }
  }
  const smallest = await minimise(history, fails, performance.now() + SHRINK)
  return (await run(smallest, noCounts())) ?? found
}

export function countsText(counts: Counts): string {
  const { histories, builds, commands, failures, refused, cleanBuilds, told } = counts
  const edits = [...counts.edits].sort(([a], [b]) => (a < b ? -1 : 1))
  const total = edits.reduce((sum, [, count]) => sum + count, 0)
  return [
    `${builds} builds in ${histories} histories, ${commands} commands (${failures} failed as they should)`,
    `${refused} builds refused for a missing source, ${cleanBuilds} real clean builds compared`,
    `${told} null builds that need not have been declared`,
    `${total} edits`,
    ...edits.map(([kind, count]) => `  ${String(count).padStart(6)} ${kind}`),
  ].join('\n')
}

async function soak(): Promise<void> {
  const { values } = parseArgs({
    options: { builds: { type: 'string', default: '1000' }, seed: { type: 'string' } },
  })
  const builds = Number(values.builds)
  const first = Number(values.seed ?? Date.now() % 1_000_000)
  const counts = noCounts()
  const started = performance.now()
  for (let seed = first; counts.builds < builds; seed++) {
    const found = await tryHistory(seed, counts)
    if (found === undefined) continue
    process.stdout.write(
      `${found}\n\nagain: npx tsx test/e2e/random.ts --builds 1 --seed ${seed}\n`,
    )
    process.exitCode = 1
    break
  }
  const seconds = (performance.now() - started) / 1000
  process.stdout.write(
    `${countsText(counts)}\nseeds from ${first}, ${seconds.toFixed(1)} s, ${Math.round(counts.builds / seconds)} builds a second\n`,
  )
}

const script = process.argv[1]
if (script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url)) await soak()
