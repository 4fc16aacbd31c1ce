// Tasks about the results that are kept: what there is, and its removal.
import { cacheSettings, type TaskContext, type Tasks, task } from '../declare/index.ts'

/**
 * `cache` says where results of commands are kept, how much that is, and whether a server answers;
 * `cache:clear` removes what is kept on this machine.
 * @example
 * const tasks: Tasks = { ...cacheTasks }
 */
export const cacheTasks: Tasks = {
  cache: task('Show where results of commands are kept, and how many', [], async (context) => {
    const { cacheFacts } = await import('../cache/index.ts')
    for (const line of await cacheFacts(await variables(context), context.root)) context.say(line)
  }),
  'cache:clear': task(
    'Remove all results that are kept on this machine',
    [],
    async (context) => {
      const { clearCache } = await import('../cache/index.ts')
      context.say(clearCache(await variables(context), context.root, context.dryRun))
    },
    { heedsDryRun: true },
  ),
}

async function variables({
  ask,
  environment,
}: TaskContext): Promise<(name: string) => string | undefined> {
  const given = new Map<string, string | undefined>()
  for (const one of cacheSettings) given.set(one.name, await ask(one))
  return (name) => given.get(name) ?? environment[name]
}
