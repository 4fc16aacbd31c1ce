// Work on several machines at once: each succeeds or fails by itself.
import { quoteCommand, type TaskContext, UserError } from '../../../engine/index.ts'
import type { Host } from './hostname.ts'
import { type Needs, Session } from './session.ts'

/** How the work on one machine ended. */
export interface HostResult<T> {
  readonly host: Host
  /** Wall time in milliseconds. */
  readonly ms: number
  /** Undefined where it failed. */
  readonly value: T | undefined
  /** Why it failed; shown already. */
  readonly problem: string | undefined
}

/** In the order of the hosts. What fails on one is shown, and does not end the others. */
export function onEachHost<T>(
  ctx: TaskContext,
  hosts: readonly Host[],
  needs: Needs,
  work: (session: Session) => Promise<T>,
): Promise<readonly HostResult<T>[]> {
  return Promise.all(
    hosts.map(async (host): Promise<HostResult<T>> => {
      const started = performance.now()
      const result = (value: T | undefined, problem: string | undefined): HostResult<T> => ({
        host,
        ms: performance.now() - started,
        value,
        problem,
      })
      try {
        const session = await Session.open(ctx, host, needs)
        try {
          return result(await work(session), undefined)
        } finally {
          await session.close()
        }
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        if (!ctx.signal.aborted) ctx.emit({ type: 'failure', ...error.block })
        return result(undefined, error.block.what)
      }
    }),
  )
}

/** Under `--dry-run`: what would be run there. */
export function sayHostCommand(ctx: TaskContext, host: Host, words: readonly string[]): void {
  ctx.say(quoteCommand(['ssh', host.destination, quoteCommand(words)]))
}
