// From what was asked for to what does it: questions, the watch mode, or a build and who listens to it.
import type { Options, Run, RunParts } from '../build/index.ts'
import type { Describe } from '../inspect/index.ts'

/** Does what was asked for. Returns the exit status. */
export async function dispatch(
  run: Run,
  options: Options,
  parts: RunParts & { readonly describe: (() => Promise<Describe>) | undefined },
): Promise<number> {
  const { watch, dryRun, check, explain, trace, mode } = options
  if (mode !== 'build' || asksOfFiles(options)) {
    const { inspect } = await import('../inspect/index.ts')
    return await inspect(run, options, parts)
  }
  if (explain) {
    const { Explained } = await import('../inspect/index.ts')
    run.rewriteBy(new Explained(run.disk))
  }
  if (!dryRun && !check) {
    const { Journal } = await import('../inspect/index.ts')
    run.listen(new Journal(run.disk, `${parts.out}/.tasks/last.json`))
  }
  if (run.disk.exists('compile_commands.json')) {
    const { keepCompdb } = await import('../inspect/index.ts')
    run.listen({ onPlan: (planned) => keepCompdb(planned, run.disk) })
  }
  if (trace !== undefined) {
    const { Tracer } = await import('../inspect/index.ts')
    run.listen(new Tracer(run.disk, run.fromRoot(trace)))
  }
  if (watch && !dryRun && !check) {
    const { watchRun } = await import('../watch/index.ts')
    return await run.within(async (builder) => {
      // A watch would wait for ever for a name that was misspelt.
      await run.checkNames(builder, true)
      return await watchRun(run, builder, parts, options)
    })
  }
  return await run.buildAll()
}

/** `--explain FILE` is a question; a task is built and explained. */
function asksOfFiles({ explain, watch, goals }: Options): boolean {
  return explain && !watch && goals.every(({ kind }) => kind === 'file')
}
