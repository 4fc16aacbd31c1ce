// Tasks of this repository that hand their arguments to programs of npm packages, and end as those do.
import { type Input, type Task, task } from '../engine/index.ts'

/**
 * @param commands each begins with a name in node_modules/.bin; the last one gets the arguments
 * @param more how the help shows the arguments, and what is to be built first
 */
export function programTask(
  about: string,
  commands: readonly (readonly [program: string, ...words: string[]])[],
  more: { readonly arguments?: string; readonly needs?: readonly Input[] } = {},
): Task {
  const { needs = [], ...options } = more
  return task(
    about,
    needs,
    async ({ run, args }) => {
      for (const [at, [program, ...words]] of commands.entries()) {
        const own = at === commands.length - 1 ? args : []
        const command = [`node_modules/.bin/${program}`, ...words, ...own]
        const { status } = await run(command, { nothrow: true })
        if (status !== 0) return status ?? 1
      }
      return 0
    },
    options,
  )
}
