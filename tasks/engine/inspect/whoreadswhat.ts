// Who reads what: files as a graph, headers that the compilers found included. Runs nothing.

import { basename, resolve } from 'node:path'
import { didYouMean, UserError } from '../base/index.ts'
import type { Planned } from '../build/index.ts'
import type { Node } from '../decide/index.ts'
import type { Disk } from '../files/index.ts'
import { idsOf } from '../log/index.ts'

export type ReadKind = 'declared' | 'discovered' | 'order-only'

export interface Read {
  readonly path: string
  readonly kind: ReadKind
}

/** What an edge reads, each path once: declared, then found by its command, then order-only. */
export function readsOf(node: Node, { log }: Pick<Planned, 'log'>): Read[] {
  const reads = new Map<string, ReadKind>()
  for (const { path } of node.inputs) reads.set(path, 'declared')
  const record = log.edge(node.name)
  if (record !== undefined) {
    for (const stamp of idsOf(record, 'discovered')) {
      const path = log.stampPath(stamp)
      if (!reads.has(path)) reads.set(path, 'discovered')
    }
  }
  for (const { path } of node.orderOnly) if (!reads.has(path)) reads.set(path, 'order-only')
  return [...reads].map(([path, kind]) => ({ path, kind }))
}

export class Reads {
  /** By output: what its edge reads. */
  readonly #inputs = new Map<string, readonly Read[]>()
  /** By path: outputs of the edges that would run again if it changed. */
  readonly #users = new Map<string, string[]>()

  readonly #disk: Disk

  constructor(planned: Planned, disk: Disk) {
    this.#disk = disk
    for (const node of planned.plan.nodes) {
      const reads = readsOf(node, planned)
      for (const output of node.outputs) this.#inputs.set(output, reads)
      for (const { path, kind } of reads) {
        if (kind === 'order-only') continue
        const users = this.#users.get(path)
        if (users === undefined) this.#users.set(path, [...node.outputs])
        else users.push(...node.outputs)
      }
    }
  }

  /** Every file that goes into an output, nearest first. */
  inputs(of: string): string[] {
    return reached(this.#known(of), (path) => this.#inputs.get(path)?.map((read) => read.path))
  }

  /** Every output that may be made anew when a file changes, nearest first. */
  users(of: string): string[] {
    return reached(this.#known(of), (path) => this.#users.get(path))
  }

  /** The shortest chain from an output down to a file that goes into it; undefined without one. */
  path(one: string, other: string): string[] | undefined {
    const [from, to] = [this.#known(one), this.#known(other)]
    return this.#chain(from, to) ?? this.#chain(to, from)
  }

  #chain(from: string, to: string): string[] | undefined {
    const cameFrom = new Map<string, string | undefined>([[from, undefined]])
    for (const at of cameFrom.keys()) {
      if (at === to) {
        const chain: string[] = []
        for (let up: string | undefined = at; up !== undefined; up = cameFrom.get(up))
          chain.unshift(up)
        return chain
      }
      for (const { path } of this.#inputs.get(at) ?? []) {
        if (!cameFrom.has(path)) cameFrom.set(path, at)
      }
    }
    return undefined
  }

  /** The name by which the build knows a file, whatever way leads to it. */
  #known(path: string): string {
    if (this.#inputs.has(path) || this.#users.has(path)) return path
    const all = new Set([...this.#inputs.keys(), ...this.#users.keys()])
    const { root } = this.#disk
    const [whole, real] = [resolve(root, path), this.#disk.realPath(path)]
    for (const known of all) {
      if (resolve(root, known) === whole) return known
      // Comparing the last part first avoids a look at the disk for most names.
      if (real === undefined || basename(known) !== basename(real)) continue
      if (this.#disk.realPath(known) === real) return known
    }
    const near = didYouMean(path, all)
    throw new UserError({
      what: `no edge makes or reads ${path}`,
      hint:
        near === undefined
          ? 'headers are known once the build has run: npx tsx tasks.ts build'
          : `did you mean ${near}?`,
      status: 2,
    })
  }
}

function reached(from: string, next: (path: string) => readonly string[] | undefined): string[] {
  const found = new Set([from])
  for (const path of found) for (const other of next(path) ?? []) found.add(other)
  found.delete(from)
  return [...found]
}
