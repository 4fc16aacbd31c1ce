// What one can do with a demo: build it, run it, run it anew after each change, remove it.
import { runLoader } from '../bpf/index.ts'
import {
  cleanTask,
  type Edge,
  type Input,
  type TaskContext,
  type Tasks,
  task,
} from '../engine/index.ts'

export interface Runnable {
  readonly name: string
  /** What it needs to run. */
  readonly targets: readonly Input[]
  readonly loader: Edge
  /** Show what comes out of trace_pipe while it runs. */
  readonly tracePipe?: boolean
}

/** `build:NAME`, `run:NAME`, `dev:NAME` and `clean:NAME` for each demo. */
export function demoTasks(demos: readonly Runnable[]): Tasks {
  const each = (tasksOf: (demo: Runnable) => Tasks): Tasks =>
    Object.assign({}, ...demos.map(tasksOf))
  const run = (demo: Runnable) => (context: TaskContext) =>
    runLoader(context, [demo.loader.output.path], { tracePipe: demo.tracePipe ?? false })
  const more = { arguments: 'options of the loader; --help lists them', heedsDryRun: true }
  return {
    ...each(({ name, targets }) => ({ [`build:${name}`]: task(`Build ${name}`, targets) })),
    ...each((demo) => ({
      [`run:${demo.name}`]: task(`Run ${demo.name}`, demo.targets, run(demo), more),
    })),
    ...each((demo) => ({
      [`dev:${demo.name}`]: task(
        `Run ${demo.name} anew after each build`,
        demo.targets,
        run(demo),
        { ...more, watch: true },
      ),
    })),
    ...each((demo) => ({
      [`clean:${demo.name}`]: cleanTask(
        `Remove what only ${demo.name} needs`,
        demo.targets,
        demos.filter((other) => other !== demo).flatMap(({ targets }) => targets),
      ),
    })),
  }
}
