// A second thread for a large tree, begun while its tasks are declared: to start one takes as long.
import * as fs from 'node:fs'
import { availableParallelism } from 'node:os'
import { posix } from 'node:path'
import { isOfBuild } from '../memo/invocation.ts'
import type { Disk } from './disk.ts'
import type { Lookahead } from './lookahead.ts'

/** Below this size of a snapshot, in bytes, a thread costs more than it saves: some 5,000 files. */
const LARGE = 1 << 18
/** The same for a log. */
const LARGE_LOG = 1 << 19

let begun: Promise<Lookahead> | undefined

/** Begins one where a build of a large tree is likely: it waits for work, and keeps nothing alive. */
export function beginEarly(): void {
  const [, script = '', ...words] = process.argv
  // Deno would load what these are names of.
  if ('deno' in process.versions) return
  if (!isOfBuild(words)) return
  if (sizeOf(`${posix.dirname(script)}/build/.tasks/snapshot`) >= LARGE) begun = begin()
}

function sizeOf(path: string): number {
  try {
    return fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0
  } catch {
    // Whatever is wrong there, the build will say.
    return 0
  }
}

/** The one that was begun, for one build, or a new one; undefined where it is not worth it. */
export async function lookAhead(state: string, disk: Disk): Promise<Lookahead | undefined> {
  if (availableParallelism() < 2) return undefined
  const folder = disk.at(state)
  if (sizeOf(`${folder}/snapshot`) < LARGE && sizeOf(`${folder}/log`) < LARGE_LOG) return undefined
  const thread = begun ?? begin()
  begun = undefined
  return thread
}

async function begin(): Promise<Lookahead> {
  const { Lookahead } = await import('./lookahead.ts')
  return new Lookahead()
}
