// Runs test files by uvu's own command, several at once, and ends with one line of counts.
import { spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { globbySync } from 'globby'
import { type Counts, countsIn, countsLine, filesWithoutTests } from './support/counts.ts'

const USAGE = `test/all.ts [--long | --all] [parts of file names]
  --long  only the files of test/long/
  --all   these and the others
  With parts only the files whose names contain one of them, those of test/long/ included.
`

/** The files of this folder take a minute or more: VMs, libbpf and bpftool from source, the demos on many toolchains. */
const LONG = 'long/'

/**
 * These use what a machine has only once: what its kernel traces and has loaded, its mounts, sources
 * that are fetched once. They run one after the other, beside the rest.
 */
const ALONE =
  /^(bpf\/(live\/runloader|system\/tracefs|proof\/)|(e2e|long)\/(live|proof|onhost|guests|go-example|trees|vm|watch|examples|templates|guide|package|libbpf|bpftool|cross))/

/** Folders whose files are so quick that they share one process. */
const TOGETHER = ['engine/', 'bpf/']

/** How long a process may stay after its tests have ended, in milliseconds: then one left something open. */
const PATIENCE = 10_000

interface Job {
  readonly files: readonly string[]
  readonly alone: boolean
}

const folder = fileURLToPath(new URL('.', import.meta.url))
const uvu = fileURLToPath(new URL('support/uvu.ts', import.meta.url))

const { values, positionals: parts } = parseArgs({
  options: {
    long: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
  allowPositionals: true,
})
// What one test has built is not to be known to another one.
process.env['ACTION_CACHE_DIR'] = 'off'
if (values.help) process.stdout.write(USAGE)
else process.exitCode = await runAll(chosenFiles())

function chosenFiles(): string[] {
  const files = globbySync('**/*.test.ts', { cwd: folder }).sort()
  if (parts.length > 0) return files.filter((file) => parts.some((part) => file.includes(part)))
  return values.all ? files : files.filter((file) => file.startsWith(LONG) === values.long)
}

/** @returns the exit status */
async function runAll(files: readonly string[]): Promise<number> {
  const total: Counts = { passed: 0, failed: 0, skipped: 0 }
  if (files.length === 0) {
    process.stdout.write(`no test file matches ${parts.join(' ')}\n`)
    total.failed++
  }
  const jobs = jobsOf(files)
  let aloneRuns = false
  /** Takes jobs until there is none left that it may take; what must be alone first. */
  const lane = async (): Promise<void> => {
    for (;;) {
      const alone = aloneRuns ? -1 : jobs.findIndex((job) => job.alone)
      const at = alone === -1 ? jobs.findIndex((job) => !job.alone) : alone
      const [job] = at === -1 ? [] : jobs.splice(at, 1)
      if (job === undefined) return
      aloneRuns ||= job.alone
      const counts = await run(job)
      if (job.alone) aloneRuns = false
      for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counts[key]
    }
  }
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.length) }, lane))
  process.stdout.write(`\n${countsLine(total)}\n`)
  return total.failed > 0 ? 1 : 0
}

function jobsOf(files: readonly string[]): Job[] {
  const isQuick = (file: string): boolean =>
    !ALONE.test(file) && TOGETHER.some((room) => file.startsWith(room))
  const together = TOGETHER.map((room) => ({
    files: files.filter((file) => isQuick(file) && file.startsWith(room)),
    alone: false,
  }))
  // What takes long should not be left for the end, and the size of a file is a fair guess of its time.
  const size = (file: string): number => statSync(folder + file).size
  const single = files.filter((file) => !isQuick(file)).sort((a, b) => size(b) - size(a))
  return [
    ...together.filter((job) => job.files.length > 0),
    ...single.map((file) => ({ files: [file], alone: ALONE.test(file) })),
  ]
}

/** Runs some files in a process of their own, and shows what they wrote when that is over. */
async function run({ files }: Job): Promise<Counts> {
  const started = performance.now()
  const pattern = `^(${files.map((file) => file.replaceAll('.', '\\.')).join('|')})$`
  const child = spawn(process.execPath, [...process.execArgv, uvu, '--no-color', folder, pattern], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Every memo that is recalled is compared with the decision that it stands for.
    env: { ...process.env, BPF_TASKS_CHECK_MEMO: '1' },
  })
  let output = ''
  let patience: NodeJS.Timeout | undefined
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (countsIn(output) !== undefined) patience ??= setTimeout(() => child.kill(), PATIENCE)
    })
  }
  const status = await new Promise<number | string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'nothing'))
  })
  clearTimeout(patience)
  const counts = countsIn(output)
  const wrong = [
    ...(counts === undefined ? [`${files.join(' ')}: ended with ${status}, not with counts`] : []),
    ...(counts?.failed === 0 && status !== 0
      ? [`${files.join(' ')}: ended with ${status} after the tests: was something left open?`]
      : []),
    ...filesWithoutTests(output, files).map((file) => `${file}: no test; does it call test.run()?`),
  ]
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stdout.write(
    `\n${output.trim()}\n${wrong.map((line) => `  ${line}\n`).join('')}  ${seconds} s\n`,
  )
  const { passed = 0, failed = 0, skipped = 0 } = counts ?? {}
  return { passed, failed: failed + wrong.length, skipped }
}
