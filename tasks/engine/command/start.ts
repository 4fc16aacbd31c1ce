// Where a run begins: loads the rest when the tasks are declared.

import { UserError } from '../base/failure.ts'
import type { Tasks } from '../declare/task.ts'
import { beginEarly } from '../files/early.ts'
import type { MainOptions } from './commandline.ts'

/** A wrong declaration throws before there is a run that could show it. */
const onDeclarationFailure = (error: unknown): void => {
  process.off('uncaughtException', onDeclarationFailure)
  if (!(error instanceof UserError)) throw error
  void import('./commandline.ts').then(({ showFailure }) => showFailure(error))
}
process.on('uncaughtException', onDeclarationFailure)
// What it needs may need this module.
queueMicrotask(beginEarly)

/**
 * Runs what the command line asks for. Sets process.exitCode: 0 done, 1 something failed,
 * 2 wrong usage, 128 + N ended by signal N.
 * @example
 * await main({ hello: task('Say hello', [], ({ say }) => say('hello')) })
 */
export async function main(tasks: Tasks, options: MainOptions = {}): Promise<void> {
  process.off('uncaughtException', onDeclarationFailure)
  const { answerCommandLine } = await import('./commandline.ts')
  await answerCommandLine(tasks, options)
}
