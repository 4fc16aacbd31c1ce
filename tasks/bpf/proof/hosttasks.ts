// What verify, check and run need to work on other machines: statically linked programs, built when `--on` asks.
import { type Derived, derive, type Input, type TaskContext } from '../../engine/index.ts'
import type { Loader } from '../rules/index.ts'
import type { BpfRules } from '../tree/index.ts'
import type { HostFile, RunningAbroad } from './host/index.ts'

/** True where the arguments of a task name other machines. */
export function namesHosts(args: readonly string[]): boolean {
  return args.some((word) => word === '--on' || word.startsWith('--on='))
}

/** What is built for other machines: programs that need no library there, under the paths that they have here. */
export interface Abroad {
  readonly targets: Input
  readonly files: Derived<readonly HostFile[]>
}

/** @param programs loaders of the tree, and our own */
export function abroad(rules: BpfRules, programs: Derived<readonly Loader[]>): Abroad {
  const twins = derive([programs], (all) =>
    all.map((program) => [program, rules.staticTwin(program)] as const),
  )
  return {
    targets: derive([twins], (all): Input => all.map(([, twin]) => twin)),
    files: derive([twins], (all) =>
      all.map(([here, twin]): HostFile => ({ path: here.output.path, from: twin.output.path })),
    ),
  }
}

/** Files for other machines, where the arguments name one: not every program can be linked statically. */
export async function abroadFor(ctx: TaskContext, { files }: Abroad): Promise<readonly HostFile[]> {
  return namesHosts(ctx.args) ? await ctx.ask(files) : []
}

/** The body of `run:NAME` where it names other machines. Returns an exit status. */
export async function runAbroad(ctx: TaskContext, running: RunningAbroad): Promise<number> {
  return await (await import('./host/index.ts')).runOnHosts(ctx, running)
}
