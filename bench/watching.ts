// How long after an edit `--watch` has begun to build, and has built.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { median } from './measure.ts'
import { milliseconds, type Section, table } from './report.ts'
import { BenchTree } from './trees.ts'

export interface WatchParts {
  readonly compiler: string
  readonly folder: string
  readonly sizes: readonly number[]
  readonly ours: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly seed: number
  readonly runs: number | undefined
  readonly tell: (text: string) => void
}

export async function benchWatch(parts: WatchParts): Promise<Section> {
  const rows: string[][] = []
  for (const edges of parts.sizes) {
    parts.tell(`watching ${edges} edges`)
    const root = join(parts.folder, `watch-${edges}`)
    const tree = new BenchTree(root, edges, parts.compiler, parts.seed)
    const { begun, done } = await latencies(tree, parts, parts.runs ?? 15)
    rows.push([`${edges}`, milliseconds(begun), milliseconds(done)])
  }
  const heads = ['edges', 'edit to start of the compile', 'edit to end of the build']
  return { title: 'Watching', text: table(heads, rows) }
}

/** Medians in milliseconds. */
async function latencies(tree: BenchTree, { ours, environment }: WatchParts, runs: number) {
  const [program = '', ...words] = ours
  const child = spawn(program, [...words, 'build', '--watch', '--json'], {
    cwd: tree.root,
    env: { ...process.env, ACTION_CACHE_DIR: 'off', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  /** Until an event of a type has come; when that was. */
  const until = async (type: string): Promise<number> => {
    for (;;) {
      const { value, done } = await lines.next()
      if (done === true) throw new Error('the watching build has ended')
      if ((JSON.parse(value) as { type: string }).type === type) return performance.now()
    }
  }
  try {
    await until('waiting')
    const [begun, done]: [number[], number[]] = [[], []]
    for (let run = 0; run < runs; run++) {
      const edited = performance.now()
      tree.change('source/f0.c')
      begun.push((await until('start')) - edited)
      done.push((await until('summary')) - edited)
      // Nobody saves within the few milliseconds in which it looks at what has changed meanwhile.
      await until('waiting')
    }
    return { begun: median(begun), done: median(done) }
  } finally {
    child.kill('SIGTERM')
    await once(child, 'close')
  }
}
