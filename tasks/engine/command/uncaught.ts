// Shows an error that nobody caught: a failure that the user can mend as one block, and an error whose
// stack goes through `dist` with the lines of our sources. It leaves all others to the runtime.
import * as fs from 'node:fs'
import * as module from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { asksForJson } from '../../directoryoption.ts'
import { type FailureBlock, packageRoot, UserError } from '../base/index.ts'
import { makeConsole, PLAIN, Standard } from '../console/index.ts'
import { mainWasCalled } from './start.ts'

/** The last word of a line of a stack, in parentheses or not: where in which file. */
const PLACE = /(?<=[ (])(?<file>(?:file:\/\/)?\/[^()]*):(?<line>\d+):(?<column>\d+)(?=\)?$)/

/**
 * Call this once, before anything is declared: a wrong declaration throws before `main` is called.
 * A monitor, unlike a handler of `uncaughtException`, leaves the text and the status of every other
 * error to the runtime.
 * @internal
 */
export function showUncaught(): void {
  process.once('uncaughtExceptionMonitor', (error: unknown) => {
    if (!(error instanceof Error) || process.listenerCount('uncaughtException') > 0) return
    if (error instanceof UserError) {
      const block = withUserLine(error)
      show(block)
      process.exit(block.status ?? 1)
    }
    if (!withSourceLines(error)) return
    new Standard(2).write(`${inspect(error)}\n`)
    process.exit(1)
  })
}

/**
 * Call this once too: a script of tasks that ends without {@link main} would end in silence, having done nothing.
 * @internal
 */
export function showMissingMain(): void {
  process.once('exit', (status) => {
    const script = basename(process.argv[1] ?? '')
    if (status !== 0 || mainWasCalled() || !/^tasks\.m?[jt]s$/.test(script)) return
    show({
      what: `${script} ended without a call of main, so nothing was done`,
      hint: "end it with: await main({ build: task('Build it', [loader]) })",
    })
    process.exitCode = 2
  })
}

function show(block: FailureBlock): void {
  const json = asksForJson(process.argv.slice(2))
  const console = makeConsole({ ...PLAIN, json }, new Standard(1), new Standard(2))
  console.emit({ type: 'failure', ...block })
}

/** The block of the failure, and which line of the user's caused it. */
function withUserLine({ block, stack = '' }: UserError): FailureBlock {
  for (const text of stack.split('\n')) {
    const { file = '', line } = PLACE.exec(text)?.groups ?? {}
    if (whose(text) !== 'user') continue
    const at = `${relative(process.cwd(), pathOf(file))}:${line}`
    return { ...block, facts: [...(block.facts ?? []), ['declared at', at]] }
  }
  return block
}

/** Whose code a line of a stack is in; undefined: it names no file. */
function whose(line: string): 'user' | 'library' | 'runner' | 'runtime' | undefined {
  const { file } = PLACE.exec(line)?.groups ?? {}
  if (file === undefined) return /[ (]node:/.test(line) ? 'runtime' : undefined
  if (isOurs(pathOf(file))) return 'runner'
  return file.includes('/node_modules/') ? 'library' : 'user'
}

function isOurs(path: string): boolean {
  return ['dist', 'tasks'].some((directory) => path.startsWith(`${packageRoot}/${directory}/`))
}

/**
 * Writes the lines of our sources into the stack of an error, and of its causes, because the runtime knows
 * those of `dist` alone. A stack that begins in the user's code loses the lines of ours.
 * @returns false where the runtime shows it as well as we could
 */
function withSourceLines(error: Error): boolean {
  const lines = (error.stack ?? '').split('\n')
  const owners = new Set(lines.map(whose))
  const first = [...owners].find((owner) => owner === 'user' || owner === 'runner')
  const hidden: readonly unknown[] = first === 'user' ? ['runner', 'runtime'] : []
  if (owners.has('runner')) {
    error.stack = lines
      .filter((line) => !hidden.includes(whose(line)))
      .map((line) => line.replace(PLACE, sourcePlace))
      .join('\n')
  }
  const isCauseChanged = error.cause instanceof Error && withSourceLines(error.cause)
  // Node shows the new stack below the line of the user's that failed; Deno has the old stack.
  if (first === 'user' && !('deno' in process.versions)) return false
  return isCauseChanged || owners.has('runner')
}

function sourcePlace(place: string, file: string, line: string, column: string): string {
  const path = pathOf(file)
  if (!path.startsWith(`${packageRoot}/dist/`) || !fs.existsSync(`${path}.map`)) return place
  const map = new module.SourceMap(JSON.parse(fs.readFileSync(`${path}.map`, 'utf8')))
  const entry = map.findEntry(Number(line) - 1, Number(column) - 1)
  if (!('originalSource' in entry)) return place
  const source = join(dirname(path), entry.originalSource)
  return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
}

function pathOf(file: string): string {
  return file.startsWith('file:') ? fileURLToPath(file) : file
}
