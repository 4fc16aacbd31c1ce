// The processes that had this one started, up to the runner: a shell between them outlives a runner that is killed.
import * as fs from 'node:fs'
import { unlessErrno } from '../../../engine/index.ts'

/** Every command of a build has this variable. */
const MARK = 'BPF_TASKS_LOCK='

/** What the runner's shells that start commands have in their command line. */
const LAUNCHER = 'launch_variables'

/** Longer than any such chain. */
const MOST = 20

/** Process ids from the parent up to the runner. When it is another list than before, one of them is gone. */
export function ancestors(pid: number): readonly number[] {
  const found: number[] = []
  for (let at = parentOf(pid); at > 1 && found.length < MOST; at = parentOf(at)) {
    found.push(at)
    if (!textOf(at, 'environ').includes(MARK) && !textOf(at, 'cmdline').includes(LAUNCHER)) break
  }
  return found
}

/** The fourth field of proc(5)'s stat, behind a name that may have anything in it; 0 where there is none. */
function parentOf(pid: number): number {
  const text = textOf(pid, 'stat')
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1] ?? 0)
}

function textOf(pid: number, name: string): string {
  return unlessErrno(() => fs.readFileSync(`/proc/${pid}/${name}`, 'latin1')) ?? ''
}
