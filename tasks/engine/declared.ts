// What a build is declared to do, as a digest: where that is the same, so are graph and commands.
import { createHash } from 'node:crypto'
import { type Answers, Unanswered } from './answers.ts'
import type { Edge, File, Input } from './edge.ts'
import { UserError } from './failure.ts'
import { fingerprint } from './fingerprint.ts'

/** Of one set of targets, among all that there are. */
export interface Declared {
  /** What was asked for, as far as tells apart what is asked for in turn. */
  readonly wanted: string
  /** Of every edge, with the facts of those that the targets reach. */
  readonly digest: string
  /** How many edges the targets reach. */
  readonly edges: number
}

/** Stands between texts. None of them has a NUL but at its beginning, before a letter. */
const BETWEEN = '\0\n\0'

/** What the texts after it are of, until the next one. */
const EDGE = '\0edge'
const INPUTS = '\0inputs'
const ORDER_ONLY = '\0order-only'
const FACTS = '\0facts'
const UNTOLD = '\0untold'

/**
 * Reads no file but through answers. It knows all that a graph is made of, as a graph does: edges
 * that handles lead to first, then those that make a path which is only named.
 * @param known other targets: their edges are known as far as they can be told without failing
 * @returns undefined where two edges make one file
 * @throws UserError, Unanswered as asking does
 */
export function declared(
  targets: readonly Input[],
  known: readonly Input[],
  answers: Answers,
): Declared | undefined {
  return new Walk(answers).through(targets, known)
}

/** Makes no object for a file: the edges may be many. */
class Walk {
  readonly #answers: Answers
  readonly #texts: string[] = []
  /** Edges that the targets reach, and those of them that are still to be looked at. */
  readonly #below = new Set<Edge>()
  readonly #todo: Edge[] = []
  /** Other edges, likewise. */
  readonly #others = new Set<Edge>()
  readonly #byOutput = new Map<string, Edge>()
  /** Paths that the targets' edges need, and that no handle says an edge for. */
  readonly #named: string[] = []
  /** Two edges make one file. */
  #isAmbiguous = false

  constructor(answers: Answers) {
    this.#answers = answers
  }

  through(targets: readonly Input[], known: readonly Input[]): Declared | undefined {
    this.#need(targets)
    const wanted = `${this.#texts.length} ${this.#texts[0]} ${this.#texts.at(-1)}`
    this.#follow()
    this.#tell(known)
    for (const edge of this.#others) {
      if (this.#below.has(edge)) continue
      this.#begin(edge)
      this.#tell(edge.inputs)
      this.#texts.push(ORDER_ONLY)
      this.#tell(edge.orderOnly)
    }
    for (let at = 0; at < this.#named.length; at++) {
      const edge = this.#byOutput.get(this.#named[at] as string)
      if (edge === undefined || this.#below.has(edge)) continue
      this.#add(edge)
      this.#follow()
    }
    if (this.#isAmbiguous) return undefined
    const digest = createHash('sha256').update(this.#texts.join(BETWEEN)).digest('hex')
    return { wanted, digest, edges: this.#below.size }
  }

  /** Looks at all that the targets' edges lead to by handles. */
  #follow(): void {
    for (let edge = this.#todo.pop(); edge !== undefined; edge = this.#todo.pop()) {
      this.#begin(edge)
      this.#need(edge.inputs)
      this.#texts.push(ORDER_ONLY)
      this.#need(edge.orderOnly)
      this.#texts.push(FACTS)
      fingerprint(edge, this.#answers, this.#texts)
    }
  }

  #begin(edge: Edge): void {
    this.#texts.push(EDGE)
    for (const { path } of edge.outputs) {
      this.#texts.push(path)
      const other = this.#byOutput.get(path)
      if (other === undefined) this.#byOutput.set(path, edge)
      else if (other !== edge) this.#isAmbiguous = true
    }
    this.#texts.push(INPUTS)
  }

  #add(edge: Edge): void {
    if (this.#below.has(edge)) return
    this.#below.add(edge)
    this.#todo.push(edge)
  }

  readonly #onNeeded = (path: string, file: File | undefined): void => {
    this.#texts.push(path)
    if (file?.kind === 'output') this.#add(file.edge)
    else this.#named.push(path)
  }

  readonly #onTold = (path: string, file: File | undefined): void => {
    this.#texts.push(path)
    if (file?.kind === 'output') this.#others.add(file.edge)
  }

  #need(inputs: readonly Input[]): void {
    this.#answers.eachFile(inputs, this.#onNeeded)
  }

  /** As {@link #need}, for what nobody asked for: what cannot be told of it is left out. */
  #tell(inputs: readonly Input[]): void {
    for (const input of inputs) {
      try {
        this.#answers.eachFile(input, this.#onTold)
      } catch (error) {
        if (!(error instanceof UserError || error instanceof Unanswered)) throw error
        this.#texts.push(UNTOLD)
      }
    }
  }
}
