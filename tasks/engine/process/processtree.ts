// Which processes came from others, as /proc shows it. Knows no command and sends no signal.
//
// https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
import * as fs from 'node:fs'
import { isErrno } from '../base/index.ts'

/**
 * The processes with one of these ids, those that have `mark` (`NAME=value`) in the environment that
 * they were started with, and all that these have started. A process whose parent has ended is found
 * by its mark alone. Without zombies and this process, in no order.
 */
export function processTree(roots: Iterable<number>, mark?: string): number[] {
  const found = new Set<number>(roots)
  const children = new Map<number, number[]>()
  const alive = new Set<number>()
  for (const entry of fs.readdirSync('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    const parent = familyOf(pid)?.parent
    if (parent === undefined) continue
    alive.add(pid)
    const siblings = children.get(parent)
    if (siblings === undefined) children.set(parent, [pid])
    else siblings.push(pid)
    if (mark !== undefined && hasMark(pid, mark)) found.add(pid)
  }
  // A set hands out what is added while it is walked.
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child)
  return [...found].filter((pid) => alive.has(pid))
}

/** Does any process of a group run, besides its leader? A zombie does not. */
export function hasFollowers(leader: number): boolean {
  return fs.readdirSync('/proc').some((entry) => {
    const pid = Number(entry)
    return Number.isInteger(pid) && pid !== leader && familyOf(pid)?.group === leader
  })
}

/** Undefined where the process is gone, or a zombie. */
function familyOf(pid: number): { readonly parent: number; readonly group: number } | undefined {
  const stat = readProc(pid, 'stat')
  if (stat === undefined) return undefined
  // The second field is the program's name in brackets, which may hold anything.
  const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' ? undefined : { parent: Number(parent), group: Number(group) }
}

function hasMark(pid: number, mark: string): boolean {
  return readProc(pid, 'environ')?.split('\0').includes(mark) === true
}

/** Undefined where the process is gone, or somebody else's. */
function readProc(pid: number, name: string): string | undefined {
  try {
    return fs.readFileSync(`/proc/${pid}/${name}`, 'latin1')
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return undefined
    throw error
  }
}
