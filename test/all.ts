// Runs every test file, one after the other, and ends with one line of counts.
// Arguments are parts of file names: only files that contain one of them are run.
import { relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { globbySync } from 'globby'

/** What uvu's queue holds: a file's name, then its suites, each giving what it counted. */
type Suite = () => Promise<
  readonly [failures: string | true, ran: number, skipped: number, total: number]
>
type Group = [name: string | null, ...suites: Suite[]]

const queue = globalThis as { UVU_DEFER?: number; UVU_QUEUE?: Group[]; UVU_INDEX?: number }
queue.UVU_DEFER = 1
queue.UVU_QUEUE = []

const folder = fileURLToPath(new URL('.', import.meta.url))
const parts = process.argv.slice(2)
const files = globbySync('**/*.test.ts', { cwd: folder })
  .sort()
  .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))

let [passed, failed, skipped] = [0, 0, 0]
if (files.length === 0) {
  process.stdout.write(`no test file matches ${parts.join(' ')}\n`)
  failed++
}
for (const [index, file] of files.entries()) {
  const group: Group = [file]
  queue.UVU_QUEUE?.push(group)
  queue.UVU_INDEX = index
  process.stdout.write(`\n${relative(process.cwd(), folder + file)}\n`)
  try {
    await import(pathToFileURL(folder + file).href)
    let declared = 0
    for (const suite of group.slice(1) as Suite[]) {
      const [failures, ran, skips, total] = await suite()
      declared += total + skips
      if (failures !== true) process.stdout.write(`\n${failures}\n`)
      passed += ran
      skipped += skips
      failed += total - ran
      process.stdout.write(`  ${ran} of ${total} passed${skips > 0 ? `, ${skips} skipped` : ''}\n`)
    }
    if (declared === 0) throw new Error('this file queued no test: does it end with test.run()?')
  } catch (error) {
    failed++
    process.stdout.write(
      `\n  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
  }
}
process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`)
process.exitCode = failed > 0 ? 1 : 0
