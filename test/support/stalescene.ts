// A tree in memory in which edges are recorded as run and then judged.
import type { Reason } from '../../tasks/engine/base/events.ts'
import { Files } from '../../tasks/engine/decide/files.ts'
import { Graph, type Node } from '../../tasks/engine/decide/graph.ts'
import { Staleness } from '../../tasks/engine/decide/stale.ts'
import { type Edge, type EdgeSpec, edge, type Input } from '../../tasks/engine/declare/edge.ts'
import { Disk } from '../../tasks/engine/files/disk.ts'
import { BuildLog } from '../../tasks/engine/log/buildlog.ts'
import type { NewEdgeRecord } from '../../tasks/engine/log/edgerecord.ts'
import type { Stamp } from '../../tasks/engine/log/stamp.ts'
import { FakeDisk, fakeAnswers } from './fakeworld.ts'
import { Tree } from './tree.ts'

interface Options {
  readonly force?: boolean
  readonly digest?: boolean
  readonly keepGoing?: boolean
  readonly open?: (producer: Node) => boolean
}

/** Files in memory, a real log, and edges that can be looked at and recorded as run. */
export class Scene {
  readonly #tree = new Tree()
  readonly disk = new FakeDisk()
  readonly log = BuildLog.open(new Disk(this.#tree.root), 'log')
  globbed: readonly string[] = []

  #staleness(
    targets: readonly Input[],
    { force = false, digest = false, keepGoing = false }: Options = {},
  ) {
    const answers = fakeAnswers({ disk: this.disk, glob: () => this.globbed })
    const graph = new Graph(answers)
    graph.add(targets)
    const files = new Files(this.disk, undefined, this.log)
    return {
      graph,
      staleness: new Staleness(graph, this.log, files, answers, { force, digest, keepGoing }),
    }
  }

  reasons(target: Edge, options: Options = {}, also: readonly Edge[] = []): readonly Reason[] {
    const { graph, staleness } = this.#staleness([target, ...also], options)
    const node = graph.target(target.output.path, [])
    if (options.open) return staleness.whilePlanning(node, options.open, true)
    const reasons = staleness.beforeRunning(node)
    staleness.keepRenewed(this.log)
    return reasons
  }

  /** The reasons of several edges in one build. */
  together(targets: readonly Edge[], options: Options): (readonly Reason[])[] {
    const { graph, staleness } = this.#staleness(targets, options)
    return graph.nodes.map((node) => staleness.beforeRunning(node))
  }

  kinds(target: Edge, options: Options = {}, also: readonly Edge[] = []): string[] {
    return this.reasons(target, options, also).map(({ kind }) => kind)
  }

  stamp(path: string, more: Partial<Stamp> = {}): Stamp {
    const { mtime = 0, size = 0, ino = 0, changed = 0 } = this.disk.stat(path) ?? {}
    const digest = this.disk.digest(path) ?? ''
    return { path, mtime, size, ino, changed, digest, settled: true, ...more }
  }

  /** Records the edge as run just now. */
  ran(target: Edge, discovered: readonly string[] = [], more: Partial<NewEdgeRecord> = {}): void {
    const { graph, staleness } = this.#staleness([target])
    const node = graph.target(target.output.path, [])
    this.log.recordEdge(target.output.path, {
      outputs: node.outputs.map((path) => this.stamp(path)),
      inputs: node.inputs.map(({ path }) => this.stamp(path)),
      discovered: discovered.map((path) => this.stamp(path)),
      absent: [],
      folders: [],
      facts: staleness.facts(node),
      ms: 1,
      ...more,
    })
  }

  [Symbol.dispose](): void {
    this.#tree[Symbol.dispose]()
  }
}

export function cc(more: Partial<EdgeSpec> = {}): Edge {
  return edge({ rule: 'CC', outputs: ['o'], inputs: ['c'], command: ['cc', 'c'], ...more })
}

/** An edge that ran, with all its files as they were then. */
export function built(discovered: readonly string[] = [], more: Partial<EdgeSpec> = {}): Scene {
  const scene = new Scene()
  scene.disk.put('c', 'source')
  scene.disk.put('o', 'object')
  for (const path of discovered) scene.disk.put(path, `content of ${path}`)
  scene.ran(cc(more), discovered)
  return scene
}
