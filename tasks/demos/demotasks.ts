// What one can do with a demo: build it, run it, run it anew after each change, remove it.
import { type Demo, runLoader } from '../bpf/index.ts'
import { cleanTask, type TaskContext, type Tasks, task } from '../engine/index.ts'

/** `build:NAME`, `run:NAME`, `dev:NAME` and `clean:NAME` for each demo. */
export function demoTasks(demos: readonly Demo[]): Tasks {
  const targets = ({ object, loader }: Demo) => [object, loader]
  const each = (tasksOf: (demo: Demo) => Tasks): Tasks => Object.assign({}, ...demos.map(tasksOf))
  const run = (demo: Demo) => (context: TaskContext) =>
    runLoader(context, [demo.loader.output.path], {
      // What it shows comes out there, where its check looks there too.
      tracePipe: demo.check.cases.some(({ trace }) => trace === true),
    })
  const more = { arguments: 'options of the loader; --help lists them', heedsDryRun: true }
  return {
    ...each((demo) => ({
      [`build:${demo.name}`]: task(`Build ${demo.name}`, targets(demo)),
    })),
    ...each((demo) => ({
      [`run:${demo.name}`]: task(`Run ${demo.name}`, targets(demo), run(demo), more),
    })),
    ...each((demo) => ({
      [`dev:${demo.name}`]: task(
        `Run ${demo.name} anew after each build`,
        targets(demo),
        run(demo),
        { ...more, watch: true },
      ),
    })),
    ...each((demo) => ({
      [`clean:${demo.name}`]: cleanTask(
        `Remove what only ${demo.name} needs`,
        targets(demo),
        demos.filter((other) => other !== demo).flatMap(targets),
      ),
    })),
  }
}
