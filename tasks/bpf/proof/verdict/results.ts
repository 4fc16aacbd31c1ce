// Where findings go besides the terminal: a file of JUnit XML, and the summary of a step on GitHub.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isErrno, type TaskContext, UserError } from '../../../engine/index.ts'
import type { KernelFindings } from './findings.ts'
import { junitText } from './junit.ts'
import { summaryText } from './stepsummary.ts'

/**
 * @param title what was proved, for the summary of the step
 * @param junit path of the XML, relative to the root; undefined: none
 * @throws UserError where the XML cannot be written
 */
export function writeResults(
  ctx: TaskContext,
  title: string,
  columns: readonly KernelFindings[],
  junit: string | undefined,
): void {
  if (junit !== undefined) {
    const path = resolve(ctx.root, junit)
    written(junit, () => {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, junitText(columns))
    })
  }
  const summary = ctx.environment['GITHUB_STEP_SUMMARY']
  if (summary === undefined || summary === '') return
  written(summary, () => appendFileSync(summary, summaryText(title, columns)))
}

function written(path: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    if (!isErrno(error)) throw error
    throw new UserError({
      what: `the results cannot be written to ${path}`,
      facts: [['because', error.message]],
      hint: 'name a file in a folder that you may write to',
    })
  }
}
