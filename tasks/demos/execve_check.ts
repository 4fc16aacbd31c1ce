// What trace_execve and probe_execve must show of the processes of marked_execve.
import type { Check, Evidence, Loader } from '../bpf/index.ts'
import { type MarkedExecve, markedExecves } from './marked_execve.ts'

/** No process of the machine has this user by itself, so that the burst's events are all there are. */
const BURST_USER = 64123
const BURST = 10_000

type Fields = Readonly<Record<string, unknown>>

/** @param program what the loader calls itself in its lines */
export function execveCheck(program: string, marked: Loader): Check {
  return {
    ready: 'waiting for execve',
    lacks: ({ stderr }) =>
      stderr.some((line) => /this kernel (?:has|gives out) no kprobes/.test(line))
        ? 'kprobes (CONFIG_KPROBES, CONFIG_KPROBE_EVENTS)'
        : undefined,
    cases: [
      {
        name: 'every field, as JSON',
        arguments: ['--json'],
        trigger: [marked],
        judge: (seen) => [...jsonProblems(program, seen), ...lostProblems(seen)],
      },
      {
        name: 'every field, as text',
        trigger: [marked],
        judge: (seen) => [...textProblems(program, seen), ...lostProblems(seen)],
      },
      { name: `${BURST} execve in bursts`, ...burst(marked), judge: burstProblems },
      {
        name: `${BURST} execve, too many to hold`,
        ...burst(marked),
        stall: true,
        judge: (seen) => [...burstProblems(seen), ...(lostOf(seen) > 0 ? [] : ['it lost none'])],
      },
    ],
  }
}

function jsonProblems(program: string, { stdout, trigger }: Evidence): string[] {
  const shown = stdout.map((line) => JSON.parse(line) as Fields)
  return markedExecves(trigger).flatMap((marked) => {
    const mine = shown.filter((line) => line['event'] === 'execve' && line['pid'] === marked.pid)
    const [line] = mine
    if (line === undefined || mine.length > 1) return [countProblem(marked, mine.length)]
    const { pid, ppid, uid, comm, parent_comm, filename } = marked
    const expected: Fields = {
      program,
      event: 'execve',
      pid,
      ppid,
      uid,
      comm,
      parent_comm,
      filename,
    }
    const wrong = Object.entries(expected).filter(([key, value]) => line[key] !== value)
    return [
      ...wrong.map(([key, value]) => fieldProblem(marked, key, value, line[key])),
      ...timeProblems(marked, Number(line['ktime_ns'])),
    ]
  })
}

/** The lines are `PROGRAM KTIME_NS PID COMM PPID PARENT_COMM UID FILENAME`. */
function textProblems(program: string, { stdout, trigger }: Evidence): string[] {
  return markedExecves(trigger).flatMap((marked) => {
    const mine = stdout.filter((line) => line.split(' ')[2] === `${marked.pid}`)
    const [line] = mine
    if (line === undefined || mine.length > 1) return [countProblem(marked, mine.length)]
    const [name, time, pid, comm, ppid, parent, uid] = line.split(' ')
    const found = [name, pid, comm, ppid, parent, uid, line.split(' ').slice(7).join(' ')]
    const expected = [
      program,
      `${marked.pid}`,
      escaped(marked.comm),
      `${marked.ppid}`,
      escaped(marked.parent_comm),
      `${marked.uid}`,
      marked.filename.replaceAll('\n', '\\n'),
    ]
    const names = ['PROGRAM', 'PID', 'COMM', 'PPID', 'PARENT_COMM', 'UID', 'FILENAME']
    return [
      ...names.flatMap((key, at) =>
        found[at] === expected[at] ? [] : [fieldProblem(marked, key, expected[at], found[at])],
      ),
      ...timeProblems(marked, Number(time)),
    ]
  })
}

/** In all fields but the last a space would end the field. */
function escaped(text: string): string {
  return text.replaceAll(' ', '\\x20')
}

function burst(marked: Loader) {
  return {
    arguments: ['--json', '--uid', `${BURST_USER}`],
    trigger: [marked, '--burst', `${BURST}`, `${BURST_USER}`],
    count: '"event":"execve"',
  } as const
}

/** What is printed and what is told as lost is what was executed. */
function burstProblems(seen: Evidence): string[] {
  const { counted, trigger } = seen
  const [told = '{}'] = trigger
  const { executed } = JSON.parse(told) as { readonly executed?: number }
  const lost = lostOf(seen)
  if (executed === BURST && counted + lost === BURST) return []
  return [`${executed} were executed, but ${counted} printed and ${lost} told as lost`]
}

function lostOf({ stdout }: Evidence): number {
  return stdout
    .map((line) => JSON.parse(line) as { readonly event?: string; readonly lost?: number })
    .reduce((sum, line) => sum + (line.event === 'lost' ? (line.lost ?? 0) : 0), 0)
}

function lostProblems({ stderr }: Evidence): string[] {
  const end = stderr.findLast((line) => /\d+ events, \d+ lost$/.test(line))
  if (end === undefined) return ['it did not tell how many events it saw and lost']
  return end.endsWith(' 0 lost') ? [] : [`it lost events with nearly nothing to do: ${end}`]
}

function countProblem(marked: MarkedExecve, count: number): string {
  return `${marked.case}: ${count} lines for process ${marked.pid} instead of one`
}

function fieldProblem(
  marked: MarkedExecve,
  key: string,
  expected: unknown,
  found: unknown,
): string {
  const short = (value: unknown): string => `${JSON.stringify(value)}`.slice(0, 60)
  return `${marked.case}: ${key} is ${short(found)} instead of ${short(expected)}`
}

function timeProblems(marked: MarkedExecve, time: number): string[] {
  if (time >= marked.before_ns && time <= marked.after_ns) return []
  return [
    `${marked.case}: its time ${time} is not between ${marked.before_ns} and ${marked.after_ns}`,
  ]
}
