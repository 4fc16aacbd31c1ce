// How this run was called, for the commands that messages tell to type.
import { relative } from 'node:path'
import { calledFrom, directoryOption } from '../../directoryoption.ts'
import { quoteWord } from './words.ts'

/** As the sources of messages write it. */
const WRITTEN = 'npx tsx tasks.ts'

/**
 * A message that names commands as `npx tsx tasks.ts …`, with the start that this run had instead: another
 * name of the script, another runtime, the command of the package.
 * @example
 * const hint = asCalled('npx tsx tasks.ts setup')
 */
export function asCalled(message: string): string {
  return message.includes(WRITTEN) ? message.replaceAll(WRITTEN, startOf(process)) : message
}

/** @returns what to type to start this script; if it is not a file of tasks, what the sources of messages say */
export function startOf({
  argv,
  execArgv,
  versions,
  cwd,
}: Pick<NodeJS.Process, 'argv' | 'execArgv' | 'versions' | 'cwd'>): string {
  const [, path = '', ...words] = argv
  if (calledFrom(words).from !== undefined) return 'npx bpf-tasks'
  const script = relative(cwd(), path)
  if (!/(?:^|\/)tasks\.m?[jt]s$/.test(script)) return WRITTEN
  const isTsx = execArgv.some((word) => /\btsx\b/.test(word))
  const runtime = 'deno' in versions ? 'deno run -A' : isTsx ? 'npx tsx' : 'node'
  const { directory } = directoryOption(words)
  const there = directory === undefined ? '' : ` -C ${quoteWord(directory)}`
  return `${runtime} ${quoteWord(script)}${there}`
}
