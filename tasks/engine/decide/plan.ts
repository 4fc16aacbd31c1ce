// Wanted to open: which edges may have to run. Runs nothing.
import type { Reason } from '../base/index.ts'
import type { Node } from './graph.ts'

/** As {@link Staleness.whilePlanning}. */
export type ReasonsWhilePlanning = (
  node: Node,
  isOpen: (producer: Node) => boolean,
  awaits: boolean,
) => readonly Reason[]

export interface Plan {
  /** All nodes that the wanted ones reach, each after those that it needs. */
  readonly nodes: readonly Node[]
  /** Those that are stale, or need one that is: they may have to run. */
  readonly open: ReadonlyMap<Node, readonly Reason[]>
  /**
   * Those that are up to date and need one of {@link open} all the same, order-only: they are not
   * done before it is, so that whoever needs them waits for both.
   */
  readonly waiting: ReadonlySet<Node>
}

/** Is something stale, besides what is asked in each build and what waits for that? */
export function isStale({ open }: Plan): boolean {
  return [...open.values()].some((reasons) =>
    reasons.some(({ kind }) => kind !== 'asked-each-build' && kind !== 'input-stale'),
  )
}

/** Looks at every wanted edge once, before anything runs. */
export function plan(wanted: readonly Node[], reasons: ReasonsWhilePlanning): Plan {
  const reached = new Set<Node>(wanted)
  for (const node of reached) for (const need of node.needs) reached.add(need)
  const nodes = [...reached]
  // Mostly they are in order already, and to see that costs less than to sort.
  const isOrdered = nodes.every((node, at) => node.id >= (nodes[at - 1]?.id ?? 0))
  if (!isOrdered) nodes.sort((a, b) => a.id - b.id)
  const open = new Map<Node, readonly Reason[]>()
  const waiting = new Set<Node>()
  const isOpen = (producer: Node): boolean => open.has(producer)
  for (const node of nodes) {
    const awaits = node.needs.some((need) => open.has(need) || waiting.has(need))
    const found = reasons(node, isOpen, awaits)
    if (found.length > 0) open.set(node, found)
    else if (awaits) waiting.add(node)
  }
  return { nodes, open, waiting }
}
