// Tasks about this machine that any libbpf tree wants. Their bodies are loaded when they run.
import { type Task, type TaskContext, task } from '../../engine/index.ts'
import type { RunLoaderOptions } from './runloader.ts'

/**
 * Installs what the build needs and this machine has not.
 * @example
 * await main({ build: task('Build it', [bpf.loader('x.c')]), setup }, bpf.mainOptions)
 */
export const setup: Task = task(
  'Install what the build needs',
  [],
  async (context) => (await import('../machine/index.ts')).install(context),
  {
    options: {
      yes: 'install without asking',
      vm: 'what the guests of vm need, too',
      tests: 'what only some programs and tests need, too',
    },
    heedsDryRun: true,
  },
)

/**
 * Tells what is there and what is not; exits with 1 when the build could not work.
 * @example
 * await main({ build: task('Build it', [bpf.loader('x.c')]), doctor }, bpf.mainOptions)
 */
export const doctor: Task = task('Tell what this machine has and lacks', [], async (context) =>
  (await import('../machine/index.ts')).diagnose(context),
)

/**
 * For the body of a task that runs a loader, with the arguments after `--`: as root, with tracefs
 * mounted. Returns the loader's exit status.
 * @example
 * const loader = bpf.loader('x.c')
 * const run = task('Run it', [loader], (context) => runLoader(context, [loader.output.path]))
 */
export async function runLoader(
  context: TaskContext,
  command: readonly string[],
  options: RunLoaderOptions = {},
): Promise<number> {
  return (await import('./runloader.ts')).runLoader(context, command, options)
}

/**
 * Writes the sources of a new tool from a template, for `tools` of the rules to find.
 * @example
 * await main({ ...treeTasks(bpf, tools), new: newTask }, bpf.mainOptions)
 */
export const newTask: Task = task(
  'Write a new tool: BPF program, loader and test',
  [],
  async (context) => (await import('./newtool.ts')).newTool(context),
  {
    arguments: 'NAME --template tracepoint|kprobe|fentry|uprobe|usdt|xdp|tc|lsm|iter',
    takesRest: true,
    heedsDryRun: true,
  },
)
