// Runs one tool of a tree, by its name.
import { resolve } from 'node:path'
import { didYouMean, type TaskContext, UserError } from '../engine/index.ts'
import { runLoader } from './run.ts'
import type { Tools } from './tools.ts'

/** The body of run: the first argument names the tool or an alias, the others are for it. */
export async function runTool(context: TaskContext, tools: Tools): Promise<number> {
  const [name, ...args] = context.args
  const built = await context.ask(tools.list)
  const programs = new Map(
    built.flatMap(({ name, loader, aliases }) => [
      ...(loader === undefined ? [] : [[name, loader.output.path] as const]),
      ...aliases.map(({ output: { path } }) => [path.split('/').at(-1) ?? path, path] as const),
    ]),
  )
  const program = name === undefined ? undefined : programs.get(name)
  if (program !== undefined) {
    return runLoader({ ...context, args }, [resolve(context.root, program)])
  }
  const near = name === undefined ? undefined : didYouMean(name, programs.keys())
  throw new UserError({
    what: name === undefined ? 'no tool is named' : `there is no tool ${name} to run`,
    facts: [['tools', [...programs.keys()].join(' ')]],
    hint: near === undefined ? 'npx tsx tasks.ts run -- NAME' : `did you mean ${near}?`,
    status: 2,
  })
}
