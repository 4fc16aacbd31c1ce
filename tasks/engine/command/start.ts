// Where a run begins: loads the rest when the tasks are declared.
import { fromEntry, UserError } from '../base/index.ts'
import type { Tasks } from '../declare/index.ts'
import type { MainOptions } from './commandline.ts'

let isCalled = false

/** Has {@link main} been called? */
export function mainWasCalled(): boolean {
  return isCalled
}

/**
 * Runs what the command line asks for. Sets process.exitCode: 0 done, 1 something failed,
 * 2 wrong usage, 128 + N ended by signal N. With a `root` it does nothing in a tasks.ts that another one imports.
 * @throws UserError where two tasks.ts of one run call it
 * @example
 * await main({ hello: task('Say hello', [], ({ say }) => say('hello')) })
 */
export async function main(tasks: Tasks, options: MainOptions = {}): Promise<void> {
  if (options.root !== undefined && fromEntry(options.root) !== '') return
  if (isCalled) throw calledTwice()
  isCalled = true
  const { answerCommandLine } = await import('./commandline.ts')
  await answerCommandLine(tasks, options)
}

function calledTwice(): UserError {
  return new UserError({
    what: 'main is called twice: by tasks.ts, and by one that it imports',
    hint: 'in the imported one: bpfRules({ root: import.meta.dirname }), or main(tasks, { root: import.meta.dirname })',
    status: 2,
  })
}
