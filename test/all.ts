// Runs every test file, as many at once as there are processors, and ends with one line of counts.
// Arguments are parts of file names: only files that contain one of them are run.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { globbySync } from 'globby'
import { type Counts, countsIn, countsLine } from './support/counts.ts'

/**
 * Files that use what a machine has only one of: what the kernel traces and has loaded, its mounts,
 * sources that are fetched once. They run one after the other.
 */
const ALONE =
  /^(bpf\/(live\/runloader|system\/tracefs|proof\/)|e2e\/(live|proof|vm|watch|examples|templates|guide|package|libbpf|bpftool|cross))/

/** Files of a folder that are quick take one process together. */
const TOGETHER = /^(engine|bpf)\//

interface Job {
  readonly files: readonly string[]
  readonly alone: boolean
}

const folder = fileURLToPath(new URL('.', import.meta.url))
const parts = process.argv.slice(2)
const files = globbySync('**/*.test.ts', { cwd: folder })
  .sort()
  .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))

const jobs: Job[] = files
  .filter((file) => ALONE.test(file) || !TOGETHER.test(file))
  .map((file) => ({ files: [file], alone: ALONE.test(file) }))
for (const room of ['engine/', 'bpf/']) {
  const own = files.filter((file) => file.startsWith(room) && !ALONE.test(file))
  if (own.length > 0) jobs.unshift({ files: own, alone: false })
}

const total: Counts = { passed: 0, failed: 0, skipped: 0 }
if (files.length === 0) {
  process.stdout.write(`no test file matches ${parts.join(' ')}\n`)
  total.failed++
}
let aloneRuns = false
const lanes = Array.from({ length: Math.min(availableParallelism(), jobs.length) }, lane)
await Promise.all(lanes)
process.stdout.write(`\n${countsLine(total)}\n`)
process.exitCode = total.failed > 0 ? 1 : 0

/** Takes jobs until there is none left that it may take. */
async function lane(): Promise<void> {
  for (;;) {
    const alone = aloneRuns ? -1 : jobs.findIndex((job) => job.alone)
    const at = alone === -1 ? jobs.findIndex((job) => !job.alone) : alone
    const [job] = at === -1 ? [] : jobs.splice(at, 1)
    if (job === undefined) return
    aloneRuns ||= job.alone
    await run(job)
    if (job.alone) aloneRuns = false
  }
}

/** Runs some files in a process of their own, and shows what they wrote when that is over. */
async function run({ files: own }: Job): Promise<void> {
  const started = performance.now()
  const child = spawn(
    process.execPath,
    [...process.execArgv, `${folder}support/onefile.ts`, ...own.map((file) => folder + file)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  }
  const status = await new Promise<number | string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'nothing'))
  })
  const output = Buffer.concat(chunks).toString()
  const counts = countsIn(output)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (counts === undefined) {
    total.failed++
    const names = own.map((file) => relative(process.cwd(), folder + file)).join(' ')
    const ended = `${names} ended with ${status} before it had counted its tests`
    process.stdout.write(`\n${output.trim()}\n  ${ended}, ${seconds} s\n`)
    return
  }
  // The last line is for us.
  process.stdout.write(`\n${output.trim().replace(/\n.*$/, '')}, ${seconds} s\n`)
  for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counts[key]
}
