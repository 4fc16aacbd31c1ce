// Tasks about the results that are kept: what there is, and its removal.
import type { CachePlace } from '../cache/index.ts'
import { cacheSettings, type TaskContext, type Tasks, task } from '../declare/index.ts'

/**
 * `cache` says where results of commands are kept, how much that is, and whether a server answers;
 * `cache:clear` removes what is kept on this machine.
 * @example
 * const tasks: Tasks = { ...cacheTasks }
 */
export const cacheTasks: Tasks = {
  cache: task('Show where results of commands are kept, and how many', [], async (context) => {
    for (const { name, detail } of await placesOfResults(context)) context.say(`${name}: ${detail}`)
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

/**
 * The folder and the server where results are kept, as they are now.
 * @throws UserError for settings that cannot be meant
 * @internal
 */
export async function placesOfResults(context: TaskContext): Promise<readonly CachePlace[]> {
  const { cachePlaces } = await import('../cache/index.ts')
  return await cachePlaces(await variables(context), context.root)
}

async function variables({
  ask,
  environment,
}: TaskContext): Promise<(name: string) => string | undefined> {
  const given = new Map<string, string | undefined>()
  for (const one of cacheSettings) given.set(one.name, await ask(one))
  return (name) => given.get(name) ?? environment[name]
}
