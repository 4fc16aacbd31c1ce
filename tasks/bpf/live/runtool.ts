// Runs one tool of a tree, by its name, and the tests of a tree.
import { resolve } from 'node:path'
import { didYouMean, quoteCommand, type TaskContext, UserError } from '../../engine/index.ts'
import type { Tools } from '../tree/index.ts'
import { offeredTracefs, runLoader } from './runloader.ts'

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

/**
 * The body of test: the tests start tools themselves, and those want tracefs. Tests that need root
 * are theirs to skip.
 */
export async function runTests(context: TaskContext, test: readonly string[]): Promise<void> {
  const command = [...test, ...context.args]
  if (context.dryRun) return context.say(quoteCommand(command))
  await offeredTracefs(context)
  await context.run(command)
}
