// The graph as boxes and arrows, whatever it is drawn with. Pure.
import type { Planned } from '../build/index.ts'
import { reasonText } from '../console/index.ts'
import type { Disk } from '../files/index.ts'
import { Explained } from './includes.ts'
import { type ReadKind, readsOf } from './whoreadswhat.ts'

export interface Box {
  readonly id: string
  /** Undefined for a source. */
  readonly rule: string | undefined
  /** Outputs of an edge, or the source alone. */
  readonly paths: readonly string[]
  /** Why it is stale, in words; empty where it is up to date. */
  readonly reasons: readonly string[]
  /** How long its command took last time, in milliseconds; of several, all of them. */
  readonly ms: number | undefined
  /** Where it stands for several: how many, and what their names have in common. */
  readonly stands?: { readonly boxes: number; readonly pattern: string }
}

export interface Arrow {
  readonly from: string
  readonly to: string
  readonly kind: ReadKind
}

export interface Picture {
  readonly boxes: readonly Box[]
  readonly arrows: readonly Arrow[]
}

/** Headers outside of the tree are left out: there are hundreds, and nobody edits them. */
export function picture(planned: Planned, disk: Disk): Picture {
  const explained = new Explained(disk)
  explained.onPlan(planned)
  const { plan, graph, log } = planned
  const boxes = new Map<string, Box>()
  const arrows = new Map<string, Arrow>()
  for (const node of plan.nodes) {
    const id = `e${node.id}`
    boxes.set(id, {
      id,
      rule: node.edge.rule,
      paths: node.outputs,
      reasons: explained.reasons(node, plan.open.get(node) ?? []).map(reasonText),
      ms: log.edge(node.name)?.ms,
    })
  }
  for (const node of plan.nodes) {
    for (const { path, kind } of readsOf(node, planned)) {
      const producer = graph.producer(path)
      if (producer === undefined && kind === 'discovered' && path.startsWith('/')) continue
      const from = producer === undefined ? `s ${path}` : `e${producer.id}`
      if (producer === undefined && !boxes.has(from)) {
        boxes.set(from, { id: from, rule: undefined, paths: [path], reasons: [], ms: undefined })
      }
      const to = `e${node.id}`
      // An edge with several outputs may be read by more than one of them: one arrow will do.
      if (!arrows.has(`${from} ${to}`) || kind === 'declared')
        arrows.set(`${from} ${to}`, { from, to, kind })
    }
  }
  const sorted = [...boxes.values()].map((box, at) => [box.id, `n${at}`] as const)
  const names = new Map(sorted)
  const named = (id: string): string => names.get(id) ?? id
  return {
    boxes: [...boxes.values()].map((box) => ({ ...box, id: named(box.id) })),
    arrows: [...arrows.values()].map(({ from, to, kind }) => ({
      from: named(from),
      to: named(to),
      kind,
    })),
  }
}
