// run:NAME and dev:NAME: one tool is built, and run as root. Whether its neighbours build does not matter.
import { derive, type TaskContext, type Tasks, task, taskFamily } from '../../engine/index.ts'
import { runLoader } from '../live/index.ts'
import { mustKnow, programNamed, programNames, type Tools } from '../tree/index.ts'

/** @param tracing names of tools whose trace is shown */
export function runTasks(tools: Tools, tracing: readonly string[]): Tasks {
  const names = programNames(tools)
  const shown = derive([tools.known], (known) => {
    mustKnow(
      'trace of treeTasks',
      tracing,
      known.map(({ name }) => name),
    )
    return new Set(tracing)
  })
  const member = (about: string, name: string, watch: boolean) => {
    const program = programNamed(tools, name)
    return task(
      about,
      [derive([program, shown], ({ targets }) => targets)],
      async (context: TaskContext) => {
        const { path, tool } = await context.ask(program)
        const tracePipe = (await context.ask(shown)).has(tool)
        return await runLoader(context, [path], { tracePipe })
      },
      { arguments: 'arguments of the tool; --help lists them', heedsDryRun: true, watch },
    )
  }
  return {
    'run:NAME': taskFamily('Build NAME, and run it as root', names, (name) =>
      member(`Build ${name}, and run it as root`, name, false),
    ),
    'dev:NAME': taskFamily('Run NAME anew after each build', names, (name) =>
      member(`Run ${name} anew after each build`, name, true),
    ),
  }
}
