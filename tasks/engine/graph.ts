// Handles to a graph: who makes which path, who needs whom. Reads no file.
import type { Answers } from './answers.ts'
import type { Edge, File, Input } from './edge.ts'
import { normalPath } from './edge.ts'
import { didYouMean, type Fact, UserError } from './failure.ts'

/** A file that an edge needs. Without a producer it must be there already. */
export interface Dependency {
  readonly path: string
  readonly producer: Node | undefined
}

/** An edge in its place. */
export interface Node {
  readonly id: number
  readonly edge: Edge
  /** Paths of the outputs, in the edge's order. */
  readonly outputs: readonly string[]
  readonly inputs: readonly Dependency[]
  readonly orderOnly: readonly Dependency[]
  /** The edges that make inputs and order-only inputs, each once. */
  readonly needs: readonly Node[]
}

/** A target that was asked for: the edges to bring up to date, and the sources among the targets. */
export interface Wanted {
  readonly nodes: readonly Node[]
  readonly sources: readonly string[]
}

/**
 * Every edge that the given targets reach, found depth first, so that a node's needs come before
 * it in {@link nodes}.
 */
export class Graph {
  readonly #answers: Answers
  readonly #nodes: Node[] = []
  readonly #byEdge = new Map<Edge, Node>()
  readonly #byOutput = new Map<string, Edge>()
  /** Edges whose inputs are being followed, from the target down. */
  readonly #following: Edge[] = []
  /** Leave out inputs whose values cannot be had. */
  #lenient = false

  constructor(answers: Answers) {
    this.#answers = answers
  }

  /** In an order in which each node comes after those that it needs. */
  get nodes(): readonly Node[] {
    return this.#nodes
  }

  /** The edge that makes a path, where one of those reached does. */
  producer(path: string): Node | undefined {
    const edge = this.#byOutput.get(path)
    return edge === undefined ? undefined : this.#byEdge.get(edge)
  }

  get outputs(): Iterable<string> {
    return this.#byOutput.keys()
  }

  /**
   * Adds what the targets reach.
   * @throws UserError for two edges with one output, and for a cycle
   */
  add(targets: readonly Input[]): Wanted {
    const nodes = new Set<Node>()
    const sources: string[] = []
    // All edges are claimed before any is followed, so that a path written as a string finds its
    // producer wherever that is declared among the targets.
    const files = this.#files(targets)
    for (const file of files) this.#claim(file)
    for (const file of files) {
      const producer = this.#producerOf(file)
      if (producer === undefined) sources.push(file.path)
      else nodes.add(producer)
    }
    return { nodes: [...nodes], sources }
  }

  /**
   * Adds what the targets reach as far as that can be told without running a command, and without
   * failing: enough to know who makes which file, for targets that nobody asked for.
   * @throws UserError for two edges with one output, and for a cycle
   */
  addKnown(targets: readonly Input[]): Wanted {
    this.#lenient = true
    try {
      return this.add(targets)
    } finally {
      this.#lenient = false
    }
  }

  /**
   * A file that was asked for by its path: the edge that makes it.
   * @throws UserError with the nearest name where no edge does
   */
  target(path: string, alsoKnown: Iterable<string>): Node {
    const node = this.producer(normalPath(path))
    if (node !== undefined) return node
    throw unknownTarget(path, [...alsoKnown, ...this.outputs])
  }

  /** The outputs from a wanted node down to this one: why it is in the build. */
  pathTo(wanted: readonly Node[], node: Node): string[] {
    const cameFrom = new Map<Node, Node | undefined>(wanted.map((start) => [start, undefined]))
    for (const at of cameFrom.keys()) {
      if (at === node) {
        const path: string[] = []
        for (let up: Node | undefined = at; up !== undefined; up = cameFrom.get(up)) {
          path.unshift(up.edge.output.path)
        }
        return path
      }
      for (const need of at.needs) if (!cameFrom.has(need)) cameFrom.set(need, at)
    }
    return [node.edge.output.path]
  }

  /** True when `node` needs `other`, directly or through others: `other` is done before it. */
  reaches(node: Node, other: Node): boolean {
    const seen = new Set<Node>([node])
    for (const at of seen) {
      if (at === other) return true
      // Nodes come after those they need, so nothing below a smaller number can lead there.
      for (const need of at.needs) if (need.id >= other.id) seen.add(need)
    }
    return false
  }

  #claim(file: File): void {
    if (file.kind === 'source') return
    const { edge } = file
    if (this.#byEdge.has(edge)) return
    for (const output of edge.outputs) {
      const other = this.#byOutput.get(output.path)
      if (other === edge) continue
      if (other !== undefined) throw twoProducers(output.path, other, edge)
      this.#byOutput.set(output.path, edge)
    }
  }

  #producerOf(file: File): Node | undefined {
    const edge = file.kind === 'output' ? file.edge : this.#byOutput.get(file.path)
    return edge === undefined ? undefined : this.#follow(edge)
  }

  #follow(edge: Edge): Node {
    const known = this.#byEdge.get(edge)
    if (known !== undefined) return known
    if (this.#following.includes(edge)) throw cycle([...this.#following, edge])
    this.#following.push(edge)
    const inputFiles = this.#files(edge.inputs)
    const orderOnlyFiles = this.#files(edge.orderOnly)
    for (const file of inputFiles) this.#claim(file)
    for (const file of orderOnlyFiles) this.#claim(file)
    const inputs = this.#dependencies(inputFiles)
    const orderOnly = this.#dependencies(orderOnlyFiles)
    this.#following.pop()
    const needs = new Set<Node>()
    for (const { producer } of inputs) if (producer !== undefined) needs.add(producer)
    for (const { producer } of orderOnly) if (producer !== undefined) needs.add(producer)
    const node: Node = {
      id: this.#nodes.length,
      edge,
      outputs: edge.outputs.map((output) => output.path),
      inputs,
      orderOnly,
      needs: [...needs],
    }
    this.#nodes.push(node)
    this.#byEdge.set(edge, node)
    return node
  }

  #files(inputs: readonly Input[]): File[] {
    if (!this.#lenient) return this.#answers.files(inputs)
    const known = inputs.filter((input) => {
      try {
        this.#answers.files(input)
        return true
      } catch {
        return false
      }
    })
    return this.#answers.files(known)
  }

  #dependencies(files: readonly File[]): Dependency[] {
    return files.map((file) => ({ path: file.path, producer: this.#producerOf(file) }))
  }
}

/** A target that nobody declared. */
export function unknownTarget(name: string, known: Iterable<string>): UserError {
  const near = didYouMean(name, known)
  return new UserError({
    what: `there is no task and no output named ${name}`,
    hint:
      near === undefined
        ? 'npx tsx tasks.ts --list shows the tasks'
        : `did you mean ${near}? npx tsx tasks.ts --list shows the tasks`,
    status: 2,
  })
}

function twoProducers(path: string, one: Edge, other: Edge): UserError {
  const describe = (edge: Edge): string =>
    `${edge.rule} ${edge.outputs.map((output) => output.path).join(' ')}`
  const facts: Fact[] = [
    ['output', path],
    ['one', describe(one)],
    ['the other', describe(other)],
  ]
  return new UserError({
    what: 'two edges make one file',
    facts,
    hint: 'give one of them another output, or declare the edge once and use its handle twice',
    status: 2,
  })
}

function cycle(edges: readonly Edge[]): UserError {
  const last = edges.at(-1)
  const round = edges.slice(last === undefined ? 0 : edges.indexOf(last))
  return new UserError({
    what: 'edges need each other in a circle',
    facts: [['path', round.map((edge) => edge.output.path).join(' → ')]],
    hint: 'take one of these out of the inputs of the one before it',
    status: 2,
  })
}
