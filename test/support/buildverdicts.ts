// What a build did, from its events; and the two verdicts that most tests end with.
import * as fs from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { Event } from '../../tasks/engine/index.ts'
import { eventsOf, type Ran, type Tree } from './tree.ts'

type Of<T extends Event['type']> = Extract<Event, { type: T }>

export interface Built {
  readonly status: number | null
  /** First outputs of the edges that it ran, sorted. */
  readonly ran: readonly string[]
  /** Kinds of the reasons, by the first output of the edge that they made stale. */
  readonly why: Readonly<Record<string, readonly string[]>>
  /** What finished badly, by first output. */
  readonly failed: Readonly<Record<string, Of<'finish'>>>
  readonly summary: Of<'summary'> | undefined
  readonly events: readonly Event[]
  readonly stderr: string
}

const BUILD: readonly string[] = ['build']

/** Runs a build with `--json`. */
export function build(
  tree: Tree,
  args: readonly string[] = BUILD,
  environment: Readonly<Record<string, string>> = {},
): Built {
  return builtOf(tree.run([...args, '--json'], environment))
}

export function builtOf({ status, stdout, stderr }: Ran): Built {
  const events = eventsOf(stdout)
  const of = <T extends Event['type']>(type: T): Of<T>[] =>
    events.filter((event): event is Of<T> => event.type === type)
  const known = (outputs: readonly string[]): string => outputs[0] ?? ''
  return {
    status,
    ran: of('start')
      .map(({ outputs }) => known(outputs))
      .sort(),
    why: Object.fromEntries(
      of('stale').map(({ outputs, reasons }) => [known(outputs), reasons.map(({ kind }) => kind)]),
    ),
    failed: Object.fromEntries(
      of('finish')
        .filter((finish) => finish.status !== 'ok')
        .map((finish) => [known(finish.outputs), finish]),
    ),
    summary: of('summary').at(-1),
    events,
    stderr,
  }
}

/** Fails unless a build now runs nothing and ends well. */
export function settled(
  tree: Tree,
  args: readonly string[] = BUILD,
  environment: Readonly<Record<string, string>> = {},
): void {
  const { status, why, ran, stderr } = build(tree, args, environment)
  assert.equal({ status, why, ran }, { status: 0, why: {}, ran: [] }, `not settled: ${stderr}`)
}

/** Fails unless the run was refused with one block that has these parts, and shows no stack. */
export function refused(ran: Ran, status: number, ...parts: readonly (string | RegExp)[]): void {
  assert.is(ran.status, status, `${ran.stdout}${ran.stderr}`)
  assert.is(ran.stderr.match(/^error: /gm)?.length, 1, ran.stderr)
  noStack(ran)
  for (const part of parts) assert.match(ran.stderr, part)
}

/** Fails where a stack trace is shown: then it was a bug, not a failure of the user's. */
export function noStack({ stdout, stderr }: Pick<Ran, 'stdout' | 'stderr'>): void {
  assert.not.match(stdout + stderr, /^ +at (async )?(\S+ \(|file:|node:|\/)/m)
  assert.not.match(stdout + stderr, 'Node.js v')
}

/** Every file of the tree with all that a write would change, change times included. */
export function snapshot(tree: Tree, folder = '.'): Record<string, string> {
  const found: Record<string, string> = {}
  const visit = (path: string): void => {
    for (const name of fs.readdirSync(tree.at(path))) {
      const at = join(path, name)
      const stat = fs.lstatSync(tree.at(at), { bigint: true })
      found[at] = [stat.ino, stat.mode, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ')
      if (stat.isDirectory()) visit(at)
    }
  }
  visit(folder)
  return found
}
