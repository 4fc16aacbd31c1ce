// Tasks about this machine that any libbpf tree wants. Their bodies are loaded when they run.
import {
  type Derived,
  derive,
  type Task,
  type TaskContext,
  task,
  UserError,
} from '../../engine/index.ts'
import type { RunLoaderOptions } from './runloader.ts'

/** What the sources of the tree include; empty where that cannot be known. */
type Headers = Derived<readonly string[]>

/** `setup` and `doctor` of a tree: they also look for headers that only its own tools need. */
export function machineTasks(headers: Headers): { readonly setup: Task; readonly doctor: Task } {
  return {
    setup: task(
      'Install what the build needs',
      [],
      async (context) =>
        (await import('../machine/index.ts')).install(context, await known(context, headers)),
      {
        options: {
          yes: 'install without asking',
          vm: 'what the guests of vm need, too',
          tests: 'what only some programs and tests need, too',
        },
        heedsDryRun: true,
      },
    ),
    doctor: task('Tell what this machine has and lacks', [], async (context) =>
      (await import('../machine/index.ts')).diagnose(context, await known(context, headers)),
    ),
  }
}

/** A tree without a tool is set up as well. */
async function known({ ask }: TaskContext, headers: Headers): Promise<readonly string[]> {
  try {
    return await ask(headers)
  } catch (error) {
    if (error instanceof UserError) return []
    throw error
  }
}

const ofAnyTree = machineTasks(derive([], () => []))

/**
 * Installs what the build needs and this machine has not. `treeTasks` has one that knows the tree's tools.
 * @example
 * await main({ build: task('Build it', [bpf.loader('x.c')]), setup }, bpf.mainOptions)
 */
export const setup: Task = ofAnyTree.setup

/**
 * Tells what is there and what is not; exits with 1 when the build could not work.
 * @example
 * await main({ build: task('Build it', [bpf.loader('x.c')]), doctor }, bpf.mainOptions)
 */
export const doctor: Task = ofAnyTree.doctor

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
 * await main({ build: task('Build it', [tools.all]), new: newTask }, bpf.mainOptions)
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
