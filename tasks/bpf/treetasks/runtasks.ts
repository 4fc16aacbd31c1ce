// run:NAME and dev:NAME: one tool is built, and run as root. Whether its neighbours build does not matter.
import { derive, type TaskContext, type Tasks, task, taskFamily } from '../../engine/index.ts'
import { runLoader } from '../live/index.ts'
import { abroad, namesHosts, runAbroad } from '../proof/index.ts'
import {
  type BpfRules,
  mustKnow,
  programNamed,
  programNames,
  type Tools,
  toolNamed,
} from '../tree/index.ts'

/** @param tracing names of tools whose trace is shown */
export function runTasks(rules: BpfRules, tools: Tools, tracing: readonly string[]): Tasks {
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
    const elsewhere = abroad(
      rules,
      derive([program], ({ loader }) => [loader]),
    )
    const objectOf = derive([program], ({ tool }) =>
      derive([toolNamed(tools, tool)], ({ object }) => (object === undefined ? [] : [object])),
    )
    /** Only the first words are ours: the rest is the tool's. */
    const isElsewhere = ([first = '']: readonly string[]) => !watch && namesHosts([first])
    return task(
      about,
      [derive([program, shown], ({ targets }) => targets)],
      async (context: TaskContext) => {
        const { path, tool, loader } = await context.ask(program)
        const tracePipe = (await context.ask(shown)).has(tool)
        if (isElsewhere(context.args)) {
          const files = await context.ask(elsewhere.files)
          const objects = (await context.ask(objectOf)).map(({ output }) => output)
          return await runAbroad(context, {
            loader,
            files: [...files, ...objects.map(({ path }) => ({ path, from: path }))],
            tracePipe,
            arch: await context.ask(rules.arch),
          })
        }
        return await runLoader(context, [path], { tracePipe })
      },
      {
        arguments: `${watch ? '' : '[--on HOST]… '}arguments of the tool; --help lists them`,
        heedsDryRun: true,
        watch,
        targetsFor: (args) => (isElsewhere(args) ? [elsewhere.targets, objectOf] : []),
      },
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
