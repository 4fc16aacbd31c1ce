// Handles to a graph: who makes which path, who needs whom. Reads no file.
import { posix } from 'node:path'
import type { Answers } from '../answer/index.ts'
import { didYouMean, normalPath, UserError } from '../base/index.ts'
import type { Arg, Edge, File, Input, Output } from '../declare/index.ts'
import { derive, eitherOf } from '../declare/index.ts'
import { type Claim, Claims } from './claims.ts'
import { isProbe } from './fingerprint.ts'

/** A file that an edge needs. Without a producer it must be there already. */
export interface Dependency {
  readonly path: string
  readonly producer: Node | undefined
  /** How to mend it when it is missing. */
  readonly hint?: string
}

/** An edge in its place. */
export interface Node {
  readonly id: number
  readonly edge: Edge
  /** The first output: what the log and messages know it by. */
  readonly name: string
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

/** The files that an edge needs, before it is known who makes those named by a path alone. */
interface Needed {
  readonly inputs: readonly File[]
  readonly orderOnly: readonly File[]
  /** True when some were left out, because their values cannot be had without failing. */
  readonly partial: boolean
}

/** What is known of an edge so far. */
interface Claimed extends Claim {
  /** Undefined before its outputs' claim has been followed. */
  needed: Needed | undefined
  /** Undefined before all that it needs has one. */
  node: Node | undefined
}

/** An edge whose needs are being followed. */
interface Followed {
  readonly claimed: Claimed
  readonly needed: Needed
  /** Who makes each input, then each order-only input; undefined for a source. */
  readonly makers: readonly (Claimed | undefined)[]
  next: number
}

/**
 * Every edge that targets reach. First all outputs are claimed, then paths are followed: so a path
 * that is written as a string finds its producer wherever that is declared.
 */
export class Graph {
  readonly #answers: Answers
  readonly #asksOfAll: boolean
  readonly #nodes: Node[] = []
  readonly #claims = new Claims<Claimed>()
  /** What programs turn out to be, by the value that says it. */
  readonly #programs = new Map<Arg, Input>()
  #isWhole = true

  /** @param asksOfAll are the questions that known targets lead to asked as well? */
  constructor(answers: Answers, { asksOfAll = false } = {}) {
    this.#answers = answers
    this.#asksOfAll = asksOfAll
  }

  /** In an order in which each node comes after those that it needs. */
  get nodes(): readonly Node[] {
    return this.#nodes
  }

  /** False where edges may be missing, because a question was not asked. What fails leads to none. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  /** The edge that makes a path, where one of those reached does. */
  producer(path: string): Node | undefined {
    return this.#claims.maker(this.#answers.inTree(path))?.node
  }

  /** Does one of the edges reached make a path, whether or not it has its node yet? */
  makes(path: string): boolean {
    return this.#claims.maker(path) !== undefined
  }

  get outputs(): Iterable<string> {
    return this.#claims.outputs
  }

  /**
   * Adds what the targets reach.
   * @param known other targets, which are added as far as they are known and do not fail: enough to
   *   know who makes which file
   * @throws UserError for two edges with one output, and for a cycle
   */
  add(targets: readonly Input[], known: readonly Input[] = []): Wanted {
    const wanted = this.#answers.allFiles(targets)
    this.#claimAll(wanted, false)
    const others = this.#lenientFiles(known).files
    this.#claimAll(others, true)
    const nodes = new Set<Node>()
    const sources: string[] = []
    for (const file of wanted) {
      const claimed = this.#claims.maker(file.path)
      if (claimed === undefined) sources.push(file.path)
      else nodes.add(this.#follow(claimed, false))
    }
    for (const file of others) {
      const claimed = this.#claims.maker(file.path)
      if (claimed !== undefined) this.#follow(claimed, true)
    }
    return { nodes: [...nodes], sources }
  }

  /**
   * A file that was asked for by its path: the edge that makes it.
   * @param likely what may be meant where no edge makes it
   * @throws UserError with that or the nearest name where no edge does
   */
  target(path: string, alsoKnown: Iterable<string>, likely: readonly string[] = []): Node {
    const node = this.producer(normalPath(path))
    if (node !== undefined) return node
    throw unknownTarget(path, [...alsoKnown, ...this.outputs], likely)
  }

  /** The outputs from a wanted node down to this one: why it is in the build. */
  pathTo(wanted: readonly Node[], node: Node): string[] {
    const cameFrom = new Map<Node, Node | undefined>(wanted.map((start) => [start, undefined]))
    for (const at of cameFrom.keys()) {
      if (at === node) {
        const path: string[] = []
        for (let up: Node | undefined = at; up !== undefined; up = cameFrom.get(up)) {
          path.unshift(up.name)
        }
        return path
      }
      for (const need of at.needs) if (!cameFrom.has(need)) cameFrom.set(need, at)
    }
    return [node.name]
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

  /** Claims the outputs of all edges that handles lead to. */
  #claimAll(files: readonly File[], lenient: boolean): void {
    const found: Needed[] = []
    const claim = (file: File): void => {
      if (file.kind !== 'output') return
      const claimed = this.#claim(file)
      if (claimed.needed !== undefined) return
      claimed.needed = this.#neededBy(file.edge, lenient)
      found.push(claimed.needed)
    }
    for (const file of files) claim(file)
    for (let needed = found.pop(); needed !== undefined; needed = found.pop()) {
      for (const file of needed.inputs) claim(file)
      for (const file of needed.orderOnly) claim(file)
    }
  }

  /** @throws UserError where another edge has an output of this one */
  #claim({ path: asked, edge }: Output): Claimed {
    const known = this.#claims.maker(asked)
    if (known?.edge === edge) return known
    const outputs = edge.outputs.map(({ path }) => this.#answers.inTree(path))
    const depfile = edge.depfile === undefined ? undefined : this.#answers.inTree(edge.depfile)
    const claimed: Claimed = { edge, outputs, depfile, needed: undefined, node: undefined }
    this.#claims.add(claimed)
    return claimed
  }

  #neededBy(edge: Edge, lenient: boolean): Needed {
    if (!lenient) {
      // All that the edge will ask is asked now, so that one walk finds every question that it can.
      this.#answers.collect(edge.command)
      for (const part of edge.searchPath) if (!isProbe(part)) this.#answers.collect(part)
      this.#answers.collect(edge.note)
      this.#answers.collect(edge.depfileIf)
      for (const name in edge.environment) this.#answers.collect(edge.environment[name])
      const { files: inputs, isAll } = this.#answers.filesSoFar(this.#inputsOf(edge))
      const rest = this.#answers.filesSoFar(edge.orderOnly)
      return { inputs, orderOnly: rest.files, partial: !(isAll && rest.isAll) }
    }
    const inputs = this.#lenientFiles(this.#inputsOf(edge))
    const orderOnly = this.#lenientFiles(edge.orderOnly)
    const partial = inputs.partial || orderOnly.partial
    return { inputs: inputs.files, orderOnly: orderOnly.files, partial }
  }

  /** What a command starts by its path in the tree is an input too; what it starts by name is compared as a tool is. */
  #inputsOf({ inputs, command, directory }: Edge): readonly Input[] {
    const [program] = command
    if (typeof program === 'string') {
      const isPath = program.includes('/') && !program.startsWith('/')
      return isPath ? [...inputs, posix.join(directory, program)] : inputs
    }
    let file = programFile(program)
    if (program !== undefined && 'kind' in program && program.kind === 'derived') {
      file = this.#programs.get(program) ?? derive([program], programFile)
      this.#programs.set(program, file)
    }
    return file === undefined ? inputs : [...inputs, file]
  }

  #lenientFiles(inputs: readonly Input[]): {
    readonly files: readonly File[]
    readonly partial: boolean
  } {
    if (inputs.length === 0) return { files: NOTHING, partial: false }
    const files: File[] = []
    let partial = false
    const add = (): void => {
      for (const input of inputs) {
        try {
          const found = this.#answers.filesSoFar(input)
          files.push(...found.files)
          if (found.isAll) continue
          partial = true
          this.#isWhole = false
        } catch (error) {
          if (!(error instanceof UserError)) throw error
          partial = true
        }
      }
    }
    if (this.#asksOfAll) add()
    else this.#answers.withoutAsking(add)
    return { files, partial }
  }

  /** Makes the nodes of an edge and of all that it needs. No recursion: chains may be long. */
  #follow(claimed: Claimed, lenient: boolean): Node {
    if (claimed.node !== undefined) return claimed.node
    const first = this.#startOn(claimed, lenient)
    // Most edges of most trees need nothing that is not there yet: no chain is begun for them.
    if (first.makers.every(isThere)) return this.#makeNode(first)
    const chain = new Set<Edge>([claimed.edge])
    const stack = [first]
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      if (top.next === top.makers.length) {
        stack.pop()
        chain.delete(top.claimed.edge)
        this.#makeNode(top)
        continue
      }
      const needed = top.makers[top.next++]
      if (needed === undefined || needed.node !== undefined) continue
      if (chain.has(needed.edge)) throw cycle([...chain, needed.edge])
      chain.add(needed.edge)
      stack.push(this.#startOn(needed, lenient))
    }
    return claimed.node as unknown as Node
  }

  #startOn(claimed: Claimed, lenient: boolean): Followed {
    let { needed } = claimed
    if (needed === undefined || (needed.partial && !lenient)) {
      // Only known from a target that nobody asked for, and now needed: it may fail after all.
      needed = this.#neededBy(claimed.edge, lenient)
      claimed.needed = needed
      this.#claimAll([...needed.inputs, ...needed.orderOnly], lenient)
    }
    const { inputs, orderOnly } = needed
    const files = orderOnly.length === 0 ? inputs : [...inputs, ...orderOnly]
    return { claimed, needed, makers: files.map(({ path }) => this.#claims.maker(path)), next: 0 }
  }

  #makeNode({ claimed, needed, makers }: Followed): Node {
    const { edge } = claimed
    const inputs = dependencies(needed.inputs, makers, 0)
    const orderOnly = dependencies(needed.orderOnly, makers, inputs.length)
    const node: Node = {
      id: this.#nodes.length,
      edge,
      name: claimed.outputs[0] ?? '',
      outputs: claimed.outputs,
      inputs,
      orderOnly,
      needs: producersOf(inputs, orderOnly),
    }
    this.#nodes.push(node)
    claimed.node = node
    return node
  }
}

/** A program that the tree has or makes, as an input; undefined for one that is found by name. */
function programFile(program: Arg | undefined): Input | undefined {
  if (typeof program !== 'object' || !('kind' in program)) return undefined
  const { kind } = program
  return kind === 'source' || kind === 'output' || kind === 'edge' ? program : undefined
}

/** A source, or made by an edge that has its node. */
function isThere(maker: Claimed | undefined): boolean {
  return maker === undefined || maker.node !== undefined
}

/** @param from where the makers of the files begin */
function dependencies(
  files: readonly File[],
  makers: readonly (Claimed | undefined)[],
  from: number,
): readonly Dependency[] {
  if (files.length === 0) return NOTHING
  return files.map((file, at) => {
    const producer = makers[from + at]?.node
    const { path } = file
    if (file.kind === 'output') return { path, producer }
    const { hint } = file
    return hint === undefined ? { path, producer } : { path, producer, hint }
  })
}

/** Each once. */
function producersOf(
  inputs: readonly Dependency[],
  orderOnly: readonly Dependency[],
): readonly Node[] {
  let producers: Set<Node> | undefined
  for (const { producer } of inputs) {
    if (producer !== undefined) producers = (producers ?? new Set()).add(producer)
  }
  for (const { producer } of orderOnly) {
    if (producer !== undefined) producers = (producers ?? new Set()).add(producer)
  }
  return producers === undefined ? NOTHING : [...producers]
}

const NOTHING: readonly never[] = Object.freeze([])

/** A target that nobody declared. */
function unknownTarget(
  name: string,
  known: Iterable<string>,
  likely: readonly string[],
): UserError {
  const near = likely.length > 0 ? eitherOf(likely) : didYouMean(name, known)
  return new UserError({
    what: `there is no task and no output named ${name}`,
    hint:
      near === undefined
        ? 'npx tsx tasks.ts --list shows the tasks'
        : `did you mean ${near}? npx tsx tasks.ts --list shows the tasks`,
    status: 2,
  })
}

/** A target of a task that is neither there nor made. */
export function missingTarget(
  path: string,
  tasks: readonly string[],
  known: Iterable<string>,
): UserError {
  const near = didYouMean(path, known)
  const correct = 'put the file there, or correct its name in the tasks'
  return new UserError({
    what: `${path} is missing, and no edge makes it`,
    facts: tasks.map((name) => ['target of', `the task ${name}`] as const),
    hint: near === undefined ? correct : `did you mean ${near}? Else ${correct}`,
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
