// test and test:NAME: the command of the tree that runs its tests, for all tools or for the tests of one.
import { posix } from 'node:path'
import {
  type Derived,
  derive,
  glob,
  type Input,
  quoteCommand,
  type TaskContext,
  type Tasks,
  task,
  taskFamily,
} from '../../engine/index.ts'
import { offeredTracefs } from '../live/index.ts'
import { type Tools, toolFiles, toolNamed } from '../tree/index.ts'

type Command = readonly [program: string, ...args: string[]]

/** @param all what is built before all tests */
export function testTasks(tools: Tools, all: readonly Input[], test: Command): Tasks {
  const more = { arguments: '[argument…]', heedsDryRun: true } as const
  const files = testFiles(tools)
  return {
    test: task('Build, and run the tests', all, (context) => runTests(context, test), more),
    'test:NAME': taskFamily(
      'Build NAME, and run its tests: NAME.test.*',
      derive([files], (byName) => [...byName.keys()].sort()),
      (name) =>
        task(
          `Build ${name}, and run its tests`,
          [derive([toolNamed(tools, name)], toolFiles)],
          async (context) => {
            const own = (await context.ask(files)).get(name) ?? []
            await runTests(context, [...test, ...own])
          },
          more,
        ),
    ),
  }
}

/** `NAME.test.*` beside the sources of a tool, by its name; tools without tests are left out. */
function testFiles({ known }: Tools): Derived<ReadonlyMap<string, readonly string[]>> {
  return derive([known], (tools) => {
    const sources = tools.flatMap(({ bpf, loader }) => [bpf ?? [], loader ?? []].flat())
    const folders = [...new Set(sources.map((path) => posix.dirname(path)))]
    if (folders.length === 0) return new Map()
    const patterns = folders.map((folder) => posix.join(folder, '*.test.*'))
    return derive([glob(...patterns)], (found) => {
      const byName = tools.map(({ name }): [string, string[]] => [
        name,
        found.filter((path) => posix.basename(path).startsWith(`${posix.basename(name)}.test.`)),
      ])
      return new Map(byName.filter(([, own]) => own.length > 0))
    })
  })
}

/** The tests start tools themselves, and those want tracefs. Tests that need root are theirs to skip. */
async function runTests(context: TaskContext, test: readonly string[]): Promise<void> {
  const command = [...test, ...context.args]
  if (context.dryRun) return context.say(quoteCommand(command))
  await offeredTracefs(context)
  await context.run(command)
}
