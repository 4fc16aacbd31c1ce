// Questions about the build: query, --explain FILE, --graph, --compdb, report. They run no edge.

import { didYouMean, UserError } from '../base/index.ts'
import type { Builder, Options, Planned, Run, RunParts } from '../build/index.ts'
import type { Tasks } from '../declare/index.ts'
import type { Disk } from '../files/index.ts'
import type { Describe } from './report.ts'

/** What a query says of files; the same words as on the command line. */
const QUERIES = { inputs: 1, users: 1, path: 2 } as const
type Query = keyof typeof QUERIES

/** Answers what was asked for instead of a build. Returns the exit status. */
export async function inspect(
  run: Run,
  options: Options,
  parts: RunParts & { readonly describe: (() => Promise<Describe>) | undefined },
): Promise<number> {
  // What is wrong with the question itself is said before anything is looked at.
  const query = options.mode === 'query' ? parseQuery(options.words) : undefined
  return await run.within(async (builder) => {
    const planned = await look(run, builder, options, parts.tasks)
    switch (options.mode) {
      case 'build': {
        const { explainFile } = await import('./explainfile.ts')
        for (const goal of options.goals) {
          if (goal.kind !== 'file') continue
          for (const text of explainFile(planned, run.disk, run.fromRoot(goal.path))) {
            run.emit({ type: 'output', text })
          }
        }
        return 0
      }
      case 'query': {
        if (query === undefined) return 2
        const of = query.files.map((path) => run.fromRoot(path))
        const files = await answer(planned, run.disk, query.kind, of)
        run.emit({ type: 'query', query: query.kind, of, files })
        return 0
      }
      case 'graph': {
        const { picture } = await import('./graphtext.ts')
        const { folded } = await import('./folding.ts')
        const { drawn } = await import('./graphsvg.ts')
        const whole = picture(planned, run.disk)
        const shown = options.verbose ? whole : folded(whole)
        run.emit({ type: 'output', text: await drawn(shown, options.graph) })
        if (shown !== whole) {
          const text = `${whole.boxes.length} files and edges, folded by folder: -v shows each, and so does naming fewer tasks or files`
          run.emit({ type: 'note', text })
        }
        return 0
      }
      case 'compdb': {
        const { COMPDB, compdbText } = await import('./compdb.ts')
        const text = compdbText(planned, run.disk)
        run.disk.write(COMPDB, text)
        run.emit({ type: 'note', text: `wrote ${COMPDB}; builds keep it current from now on` })
        return 0
      }
      case 'report': {
        const { writeReport } = await import('./report.ts')
        run.emit({
          type: 'note',
          text: `wrote ${await writeReport(run, planned, { out: parts.out, describe: await parts.describe?.() })}`,
        })
        return 0
      }
      default:
        return 2
    }
  })
}

/**
 * The plan for the goals, or for everything that any task builds. Of tasks that nobody asked for,
 * one that lacks something is left out: it would have to be set up first.
 * @throws UserError where none can be planned
 */
export async function look(
  run: Run,
  builder: Builder,
  { goals, mode }: Options,
  tasks: Tasks,
): Promise<Planned> {
  const request = run.request(mode === 'build' ? [] : goals)
  if (goals.length > 0 && mode !== 'build') return await builder.look(request)
  const lookAt = (targets: readonly Tasks[string][]): Promise<Planned> =>
    builder.look({ ...request, targets: targets.map((task) => task.targets) })
  const all = Object.values(tasks)
  try {
    return await lookAt(all)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const sound = await soundAmong(all, lookAt)
    if (sound.every((task) => task.targets.length === 0)) throw error
    return await lookAt(sound)
  }
}

/**
 * The tasks that can be planned, of some that cannot all be. Halves are tried rather than tasks: those that lack
 * something mostly stand together, and a plan takes as long as what it reaches.
 */
async function soundAmong<T>(
  tasks: readonly T[],
  look: (tasks: readonly T[]) => Promise<unknown>,
): Promise<readonly T[]> {
  if (tasks.length < 2) return []
  const middle = tasks.length >> 1
  const sound: T[] = []
  for (const half of [tasks.slice(0, middle), tasks.slice(middle)])
    sound.push(...((await isSound(() => look(half))) ? half : await soundAmong(half, look)))
  return sound
}

async function isSound(look: () => Promise<unknown>): Promise<boolean> {
  try {
    await look()
    return true
  } catch (error) {
    if (error instanceof UserError) return false
    throw error
  }
}

async function answer(
  planned: Planned,
  disk: Disk,
  kind: Query,
  files: readonly string[],
): Promise<string[]> {
  const { Reads } = await import('./whoreadswhat.ts')
  const reads = new Reads(planned, disk)
  const [one = '', other = ''] = files
  switch (kind) {
    case 'inputs':
      return reads.inputs(one)
    case 'users':
      return reads.users(one)
    case 'path': {
      const path = reads.path(one, other)
      if (path !== undefined) return path
      throw new UserError({ what: `neither of ${one} and ${other} goes into the other` })
    }
    default:
      return kind satisfies never
  }
}

function parseQuery([kind = '', ...files]: readonly string[]): {
  readonly kind: Query
  readonly files: readonly string[]
} {
  const known = Object.keys(QUERIES)
  if (!Object.hasOwn(QUERIES, kind)) {
    const near = didYouMean(kind, known)
    throw new UserError({
      what: kind === '' ? 'query what?' : `there is no query ${kind}`,
      hint:
        near === undefined
          ? 'query inputs FILE, query users FILE or query path FILE FILE'
          : `did you mean query ${near}?`,
      status: 2,
    })
  }
  const query = kind as Query
  if (files.length === QUERIES[query]) return { kind: query, files }
  throw new UserError({
    what: `query ${kind} takes ${QUERIES[query]} ${QUERIES[query] === 1 ? 'file' : 'files'}, not ${files.length}`,
    status: 2,
  })
}
