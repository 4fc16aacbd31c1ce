// A null build told before tasks.ts is evaluated: where neither its declarations nor any file can have
// changed. Whatever it cannot tell is left to the build, which does everything again.
import * as fs from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import type { Event } from '../base/events.ts'
import { isErrno, UserError } from '../base/failure.ts'
import { nothingToDo } from '../console/progress.ts'
import { coarseTimes, Disk } from '../files/disk.ts'
import { Lookahead } from '../files/lookahead.ts'
import { type Keys, stateHomes, UserKeys } from '../log/logkey.ts'
import { DECLARATION, declarationHolds, type Run } from './declaration.ts'
import { invocationOf } from './invocation.ts'
import { Snapshot } from './snapshot.ts'

/**
 * Bytes of a snapshot from which on a second thread saves more than it costs: some 100,000 files. Where
 * nothing is done beside it, as there is for a build that declares, it takes 50 ms to begin and to end.
 */
const LARGE = 1 << 22

/**
 * Tells it, on standard output, for the command line and environment of this process.
 * @returns false where that cannot be told so; then nothing was said
 */
export function tellNullBuild(): boolean {
  const invocation = invocationOf(process)
  const [, script = ''] = process.argv
  if (invocation === undefined) return false
  try {
    const disk = new Disk(fs.realpathSync.native(dirname(script)))
    const outs = disk.exists('build/.tasks') ? ['build'] : disk.list('.')
    for (const out of outs) {
      const state = `${out}/.tasks`
      if (!disk.exists(`${state}/${DECLARATION}`)) continue
      const environment = process.env
      const keys = new UserKeys(disk, stateHomes(environment), state)
      const edges = edgesUpToDate(disk, state, keys, { invocation, environment })
      if (edges === undefined) continue
      // Too short to be written in part: where there is no room, it is for who can wait.
      fs.writeSync(1, textOf(edges, process.argv.slice(2)))
      return true
    }
  } catch (error) {
    // Whatever is wrong, the build will say.
    if (!isErrno(error) && !(error instanceof UserError)) throw error
  }
  return false
}

/** How many edges are up to date, where a build would find nothing to do; undefined: it has to look. */
export function edgesUpToDate(disk: Disk, state: string, keys: Keys, run: Run): number | undefined {
  const [log, path] = [`${state}/log`, `${state}/snapshot`]
  if (!declarationHolds(disk, state, path, keys, run)) return undefined
  const isLarge = !coarseTimes && (disk.stat(path)?.size ?? 0) >= LARGE
  const ahead = isLarge && availableParallelism() > 1 ? new Lookahead() : undefined
  const snapshot = Snapshot.read(disk, path, log, keys)
  if (snapshot === undefined) return undefined
  if (ahead !== undefined) snapshot.lookAhead(ahead, disk)
  if (!snapshot.holds(disk)) return undefined
  // Nobody builds, and nobody has meanwhile.
  const isAtRest = !disk.exists(`${state}/lock`) && snapshot.isOf(disk, log)
  return isAtRest ? snapshot.declared.edges : undefined
}

/** What the console shows of it. */
function textOf(upToDate: number, words: readonly string[]): string {
  if (words.includes('--json')) {
    const ms = Math.round(performance.now())
    const events: readonly Event[] = [
      { type: 'plan', edges: upToDate, stale: 0 },
      { type: 'summary', ran: 0, upToDate, failed: 0, skipped: 0, ms },
    ]
    return events.map((event) => `${JSON.stringify(event)}\n`).join('')
  }
  const isQuiet = words.some((word) => word === '--quiet' || word === '-q')
  return isQuiet ? '' : `${nothingToDo(upToDate)}\n`
}
