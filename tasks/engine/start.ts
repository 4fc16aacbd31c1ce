// Where a run begins: loads the rest through the runtime's cache of compiled code.
import * as module from 'node:module'
import { UserError } from './failure.ts'
import type { MainOptions } from './main.ts'
import type { Tasks } from './task.ts'

/** A wrong declaration throws before there is a run that could show it. */
const onDeclarationFailure = (error: unknown): void => {
  process.off('uncaughtException', onDeclarationFailure)
  if (!(error instanceof UserError)) throw error
  void import('./main.ts').then(({ showFailure }) => showFailure(error))
}
process.on('uncaughtException', onDeclarationFailure)

/**
 * Runs what the command line asks for. Sets process.exitCode: 0 done, 1 something failed,
 * 2 wrong usage, 128 + N ended by signal N.
 * @example
 * await main({ hello: task('Say hello', [], ({ say }) => say('hello')) })
 */
export async function main(tasks: Tasks, options: MainOptions = {}): Promise<void> {
  process.off('uncaughtException', onDeclarationFailure)
  // Node 22.8 and newer keep compiled code, types stripped, in a folder of the system's for
  // temporary files. Static imports are compiled before anything runs, so there are few of them.
  // Deno keeps it anyway, and would load what this is a name of.
  if (!('deno' in process.versions)) {
    ;(module as { enableCompileCache?: () => unknown }).enableCompileCache?.()
  }
  const { answerCommandLine } = await import('./main.ts')
  await answerCommandLine(tasks, options)
}
