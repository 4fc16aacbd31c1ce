// What a build is declared to do, as a digest: where that is the same, so are graph and commands.
import { createHash } from 'node:crypto'
import { type Answers, Unanswered } from '../answer/answers.ts'
import { UserError } from '../base/failure.ts'
import { fingerprint } from '../decide/fingerprint.ts'
import type { Edge, File, Input, Output } from '../declare/edge.ts'

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
const LASTS = '\0lasts'
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

/** So many texts are summed up at once: one by one takes twenty times as long, all have to be kept. */
const AT_ONCE = 1 << 14

/**
 * Makes no object for a file or an edge: they may be many. The loops over them are by number, because
 * each runs too few times to be compiled well, and until then the other kind makes an object a turn.
 */
class Walk {
  readonly #answers: Answers
  readonly #hash = createHash('sha256')
  #texts: string[] = []
  /** How many edges the targets reach, and those of them that are still to be looked at. */
  #below = 0
  readonly #todo: Edge[] = []
  /** Edges that only other targets lead to, and those of them that the targets' edges name. */
  readonly #others = new Set<Edge>()
  readonly #namedOthers = new Set<Edge>()
  /** Of every edge that was looked at, or will be for the targets: so it says which those are. */
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
      this.#begin(edge)
      this.#tell(edge.inputs)
      this.#texts.push(ORDER_ONLY)
      this.#tell(edge.orderOnly)
    }
    for (let at = 0; at < this.#named.length; at++) {
      const edge = this.#byOutput.get(this.#named[at] as string)
      if (edge === undefined || !this.#others.has(edge) || this.#namedOthers.has(edge)) continue
      this.#namedOthers.add(edge)
      this.#below++
      this.#todo.push(edge)
      this.#follow()
    }
    if (this.#isAmbiguous) return undefined
    this.#sumUp()
    return { wanted, digest: this.#hash.digest('hex'), edges: this.#below }
  }

  #sumUp(): void {
    this.#hash.update(this.#texts.join(BETWEEN)).update(BETWEEN)
    this.#texts = []
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
    if (this.#texts.length > AT_ONCE) this.#sumUp()
    this.#texts.push(EDGE)
    const { outputs } = edge
    for (let at = 0; at < outputs.length; at++) {
      const { path } = outputs[at] as Output
      this.#texts.push(path)
      this.#claim(path, edge)
    }
    this.#texts.push(INPUTS)
  }

  /** False where an edge has the path already: this one, or another, which then ends it all. */
  #claim(path: string, edge: Edge): boolean {
    const other = this.#byOutput.get(path)
    if (other === undefined) this.#byOutput.set(path, edge)
    else if (other !== edge) this.#isAmbiguous = true
    return other === undefined
  }

  readonly #onNeeded = (path: string, file: File | undefined): void => {
    this.#texts.push(path)
    if (file?.kind === 'source' && file.lasts !== undefined) this.#texts.push(LASTS)
    if (file?.kind !== 'output') this.#named.push(path)
    else if (this.#claim(file.edge.output.path, file.edge)) {
      this.#below++
      this.#todo.push(file.edge)
    }
  }

  readonly #onTold = (path: string, file: File | undefined): void => {
    this.#texts.push(path)
    if (file?.kind !== 'output') return
    const { edge } = file
    if (this.#byOutput.get(edge.output.path) !== edge) this.#others.add(edge)
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
