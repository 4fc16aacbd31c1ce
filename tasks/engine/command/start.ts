// Where a run begins: loads the rest when the tasks are declared.
import type { Tasks } from '../declare/index.ts'
import type { MainOptions } from './commandline.ts'

let isCalled = false

/** Has {@link main} been called? */
export function mainWasCalled(): boolean {
  return isCalled
}

/**
 * Runs what the command line asks for. Sets process.exitCode: 0 done, 1 something failed,
 * 2 wrong usage, 128 + N ended by signal N.
 * @example
 * await main({ hello: task('Say hello', [], ({ say }) => say('hello')) })
 */
export async function main(tasks: Tasks, options: MainOptions = {}): Promise<void> {
  isCalled = true
  const { answerCommandLine } = await import('./commandline.ts')
  await answerCommandLine(tasks, options)
}
