// What a build from nothing gives: by pure evaluation of a graph, and by the engine in another folder.
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { UserError } from '../../tasks/engine/base/failure.ts'
import { ANYTHING, build } from './builders.ts'
import type { PlainEdge } from './declare.ts'
import { FakeCommands } from './fakecommands.ts'
import { compute } from './fakelanguage.ts'
import { Disagreement, type ModelBuild } from './model.ts'
import type { World } from './world.ts'

/** The texts of an edge's outputs; or that its command fails, or something that it needs. */
type Clean = readonly string[] | 'failed' | 'skipped'

/** Every edge by its first output. */
function evaluate(edges: readonly PlainEdge[], world: World): Map<string, Clean> {
  const clean = new Map<string, Clean>()
  const texts = new Map<string, string>()
  const makers = new Map(edges.flatMap((edge) => edge.outputs.map((path) => [path, edge.key])))
  const read = (path: string): string | undefined =>
    makers.has(path) ? texts.get(path) : world.model.files.get(path)?.text
  for (const { key, inputs, orderOnly, outputs, job } of edges) {
    const needs = [...inputs, ...orderOnly].map((path) => clean.get(makers.get(path) ?? ''))
    if (needs.includes('failed') || needs.includes('skipped')) {
      clean.set(key, 'skipped')
      continue
    }
    const lacks = inputs.some((path) => !makers.has(path) && !world.model.files.has(path))
    const result = compute(job, read)
    if (lacks || result.failed !== undefined) {
      clean.set(key, 'failed')
      continue
    }
    clean.set(key, result.texts)
    for (const [at, path] of outputs.entries()) texts.set(path, result.texts[at] ?? '')
  }
  return clean
}

/** @throws Disagreement where a build did not leave what a build from nothing gives */
export function compareWithClean(
  edges: readonly PlainEdge[],
  model: ModelBuild,
  world: World,
): void {
  const clean = evaluate(edges, world)
  for (const edge of edges) {
    const expected = clean.get(edge.key)
    const outcome = model.outcome(edge)
    if (outcome === 'untried' || expected === 'skipped' || expected === undefined) continue
    if (expected === 'failed') {
      if (outcome === 'failed') continue
      throw new Disagreement(`${edge.key} counts as up to date, and fails in a clean build`)
    }
    if (outcome === 'failed') throw new Disagreement(`${edge.key} failed, but not in a clean build`)
    for (const [at, path] of edge.outputs.entries()) {
      const is = world.model.files.get(path)?.text
      if (is !== expected[at])
        throw new Disagreement(`${path} is ${is}in a clean build it is ${expected[at]}`)
    }
  }
}

/**
 * Builds a copy of the tree's sources with the engine, and compares with the evaluation.
 * @returns false where the engine refuses, because a source is missing
 */
export async function buildClean(world: World): Promise<boolean> {
  const edges = world.edges()
  const made = new Set(edges.flatMap(({ outputs }) => outputs))
  const root = `${world.root}2`
  for (const path of world.model.files.keys()) {
    if (made.has(path) || path.startsWith('/')) continue
    fs.mkdirSync(dirname(`${root}/${path}`), { recursive: true })
    fs.copyFileSync(world.at(path), `${root}/${path}`)
  }
  const commands = new FakeCommands(root)
  commands.onStart = (key) => {
    if (commands.read(key).failed !== 'early') commands.write(key)
    setImmediate(() => commands.end(key))
  }
  try {
    const { signal } = new AbortController()
    await build(world, { root, executor: commands, signal, asked: ANYTHING })
    for (const [key, expected] of evaluate(edges, world)) {
      const { outputs = [] } = edges.find((edge) => edge.key === key) ?? {}
      for (const [at, path] of outputs.entries()) {
        const copy = `${root}/${path}`
        const is = fs.existsSync(copy) ? fs.readFileSync(copy, 'utf8') : undefined
        const should = typeof expected === 'string' ? undefined : expected[at]
        if (is !== should) throw new Disagreement(`a clean build made ${path} ${is}not ${should}`)
      }
    }
    return true
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return false
  } finally {
    fs.rmSync(root, { recursive: true, force: true })
  }
}
