// Runs the test files that it is given, one after the other, in this process; ends with their counts.
import { relative } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { type Counts, countsLine } from './counts.ts'

/** What uvu's queue holds: a file's name, then its suites, each giving what it counted. */
type Suite = () => Promise<
  readonly [failures: string | true, ran: number, skipped: number, total: number]
>
type Group = [name: string | null, ...suites: Suite[]]

const queue = globalThis as { UVU_DEFER?: number; UVU_QUEUE?: Group[]; UVU_INDEX?: number }
queue.UVU_DEFER = 1
queue.UVU_QUEUE = []

const total: Counts = { passed: 0, failed: 0, skipped: 0 }
for (const [index, file] of process.argv.slice(2).entries()) {
  const group: Group = [file]
  queue.UVU_QUEUE?.push(group)
  queue.UVU_INDEX = index
  process.stdout.write(`\n${relative(process.cwd(), file)}\n`)
  try {
    await import(pathToFileURL(file).href)
    let declared = 0
    for (const suite of group.slice(1) as Suite[]) {
      const [failures, ran, skips, all] = await suite()
      declared += all + skips
      if (failures !== true) process.stdout.write(`\n${failures}\n`)
      total.passed += ran
      total.skipped += skips
      total.failed += all - ran
      process.stdout.write(`  ${ran} of ${all} passed${skips > 0 ? `, ${skips} skipped` : ''}\n`)
    }
    if (declared === 0) throw new Error('this file queued no test: does it end with test.run()?')
  } catch (error) {
    total.failed++
    process.stdout.write(
      `\n  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
  }
}
// What a test has left open does not keep this process; what it left to do at the end is done.
process.stdout.write(`${countsLine(total)}\n`, () => process.exit(total.failed > 0 ? 1 : 0))
