// One random history by its seed; if it goes wrong, the smallest history that goes wrong likewise.
import fc from 'fast-check'
import { type Counts, type History, histories, noCounts, runHistory } from './histories.ts'
import { Disagreement } from './model.ts'

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
  const { histories, builds, commands, failures, refused, cleanBuilds, recalled, placed } = counts
  const edits = [...counts.edits].sort(([a], [b]) => (a < b ? -1 : 1))
  const total = edits.reduce((sum, [, count]) => sum + count, 0)
  return [
    `${builds} builds in ${histories} histories, ${commands} commands (${failures} failed as they should)`,
    `${refused} builds refused for a missing source, ${cleanBuilds} real clean builds compared`,
    `${recalled} null builds were recalled by a memo, ${placed} commands were results that were kept`,
    `${total} edits`,
    ...edits.map(([kind, count]) => `  ${String(count).padStart(6)} ${kind}`),
  ].join('\n')
}

type Json =
  | undefined
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json }

/** Simpler values to try in the place of one, the boldest first. */
function* simpler(value: Json): Generator<Json> {
  if (typeof value === 'boolean' && value) yield false
  else if (typeof value === 'number') {
    if (value > 1) yield 1
    if (value > 0) yield 0
  } else if (Array.isArray(value)) {
    const list: readonly Json[] = value
    for (let size = list.length; size >= 1; size >>= 1) {
      for (let at = 0; at + size <= list.length; at += size) yield list.toSpliced(at, size)
    }
    for (const [at, element] of list.entries()) {
      for (const other of simpler(element)) yield list.with(at, other)
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, part] of Object.entries(value)) {
      for (const other of simpler(part)) yield { ...value, [key]: other }
    }
  }
}

/**
 * @param fails does this value still fail?
 * @param until the time, by `performance.now()`, at which the smallest so far is good enough
 */
async function minimise<T>(
  value: T,
  fails: (smaller: T) => Promise<boolean>,
  until: number,
): Promise<T> {
  let smallest = value
  for (let again = true; again && performance.now() < until; ) {
    again = false
    for (const smaller of simpler(smallest as Json) as Generator<T>) {
      if (performance.now() > until) break
      if (!(await fails(smaller))) continue
      smallest = smaller
      again = true
      break
    }
  }
  return smallest
}
