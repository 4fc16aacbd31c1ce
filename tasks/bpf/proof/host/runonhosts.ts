// run:NAME on other machines: one has the terminal, of several each line says whose it is.
import process from 'node:process'
import { type TaskContext, UserError } from '../../../engine/index.ts'
import type { Loader } from '../../rules/index.ts'
import { startPath } from '../../system/index.ts'
import { hostsOf } from './hostname.ts'
import { onEachHost, sayHostCommand } from './onhosts.ts'
import type { Session } from './session.ts'
import type { HostFile } from './staging.ts'

/** A loader with what it needs on another machine. */
export interface RunningAbroad {
  readonly loader: Loader
  readonly files: readonly HostFile[]
  /** Show what comes out of trace_pipe there. */
  readonly tracePipe: boolean
  /** What it is built for, as the kernel names it. */
  readonly arch: string
}

/**
 * Runs a loader on the machines that the arguments begin with, `--on HOST`, with the rest of the arguments.
 * @returns the first exit status that is not 0
 */
export async function runOnHosts(
  ctx: TaskContext,
  { loader, files, tracePipe, arch }: RunningAbroad,
): Promise<number> {
  const { names, rest } = leadingHosts(ctx.args)
  const hosts = hostsOf(names)
  const words = [startPath(loader), ...rest]
  if (ctx.dryRun) {
    for (const host of hosts) sayHostCommand(ctx, host, words)
    return 0
  }
  const isAlone = hosts.length === 1
  const hasTerminal = isAlone && !ctx.json && process.stdin.isTTY && process.stdout.isTTY
  const results = await onEachHost(ctx, hosts, { arch, files, tracefs: true }, async (session) => {
    const say = (line: string): void => ctx.say(isAlone ? line : `${session.host.name}: ${line}`)
    const pipe = `${session.greeting.tracefs}/trace_pipe`
    if (hasTerminal)
      return await session.show(tracePipe ? withTrace(words, pipe) : words, undefined)
    if (tracePipe) void showTrace(session, pipe, say)
    return await session.show(words, say)
  })
  if (ctx.signal.aborted) return 130
  const statuses = results.map(({ value }) => value ?? 1)
  return statuses.find((status) => status !== 0) ?? 0
}

/** The words before the first that is not `--on HOST`. */
export function leadingHosts(args: readonly string[]): { names: string[]; rest: string[] } {
  const names: string[] = []
  const rest = [...args]
  for (let word = rest[0]; word === '--on' || word?.startsWith('--on='); word = rest[0]) {
    rest.shift()
    const name = word === '--on' ? rest.shift() : word.slice('--on='.length)
    if (name === undefined) {
      throw new UserError({ what: '--on needs a value: --on HOST', status: 2 })
    }
    names.push(name)
  }
  return { names, rest }
}

/** While a program has the terminal, ssh has it in raw mode: only what comes through ssh is shown well. */
function withTrace(words: readonly string[], pipe: string): readonly string[] {
  return ['sh', '-c', 'cat "$0" & exec "$@"', pipe, ...words]
}

/** Until the session is closed, which ends what reads the trace there. */
async function showTrace(
  session: Session,
  pipe: string,
  say: (line: string) => void,
): Promise<void> {
  try {
    await session.show(['cat', pipe], say)
  } catch (error) {
    // That the connection is lost is said by whoever runs the loader.
    if (!(error instanceof UserError)) throw error
  }
}
