// Why one file is stale, or is not, in lines for a person: --explain FILE.

import { resolve } from 'node:path'
import type { Reason } from '../base/index.ts'
import type { Planned } from '../build/index.ts'
import { reasonText } from '../console/index.ts'
import type { Node } from '../decide/index.ts'
import type { Disk } from '../files/index.ts'
import { Explained } from './includes.ts'
import { Reads, readsOf } from './whoreadswhat.ts'

/** @throws UserError with the nearest name where no edge makes or reads the file */
export function explainFile(planned: Planned, disk: Disk, path: string): string[] {
  const explained = new Explained(disk)
  explained.onPlan(planned)
  const node = planned.graph.producer(path)
  if (node !== undefined) return output(planned, explained, path, node)
  const users = new Reads(planned, disk).users(path)
  const changes = [...planned.plan.open].flatMap(([user, reasons]) =>
    explained
      .reasons(user, reasons)
      .flatMap((reason) =>
        'path' in reason && resolve(disk.root, reason.path) === resolve(disk.root, path)
          ? [`  ${user.name}: ${reasonText(reason)}`]
          : [],
      ),
  )
  const state = changes.length === 0 ? 'as it was when they were made' : 'changed since'
  const made = users.length === 1 ? '1 output is' : `${users.length} outputs are`
  return [`${path} is a source; ${made} made from it: ${state}`, ...changes]
}

function output(planned: Planned, explained: Explained, path: string, node: Node): string[] {
  const reasons = planned.plan.open.get(node) ?? []
  if (reasons.length > 0) {
    return [`${path} is stale`, ...because(planned, explained, node, reasons, '  ', new Set())]
  }
  const reads = readsOf(node, planned)
  const count = (kind: string): number => reads.filter((read) => read.kind === kind).length
  const found = count('discovered')
  return [
    `${path} is up to date`,
    `  its command, tools and environment are as they were when it was made`,
    `  so are its ${count('declared')} inputs${found === 0 ? '' : ` and ${found} files that the command found`}`,
    `  and ${node.outputs.length === 1 ? 'it is' : 'its outputs are'} as the command left ${node.outputs.length === 1 ? 'it' : 'them'}`,
  ]
}

/** The reasons, and below one that is another stale edge, the reasons of that. */
function because(
  planned: Planned,
  explained: Explained,
  node: Node,
  reasons: readonly Reason[],
  indent: string,
  told: Set<Node>,
): string[] {
  told.add(node)
  return explained.reasons(node, reasons).flatMap((reason) => {
    const producer = reason.kind === 'input-stale' ? planned.graph.producer(reason.path) : undefined
    const line = `${indent}${reasonText(reason)}`
    if (producer === undefined || told.has(producer)) return [line]
    const deeper = planned.plan.open.get(producer) ?? []
    return [line, ...because(planned, explained, producer, deeper, `${indent}  `, told)]
  })
}
