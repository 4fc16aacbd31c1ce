// The questions that a build will ask, found before it asks them: so that they are answered together.

import { UserError } from '../base/failure.ts'
import type { Arg, Askable, Derived, Edge, File, Input } from '../declare/edge.ts'
import { type Answers, type Question, Unanswered } from './answers.ts'

/**
 * Every question below some targets that can be told already, each once. What depends on an answer is
 * found when that answer is there.
 */
export function questionsBelow(targets: readonly Input[], answers: Answers): readonly Question[] {
  const survey = new Survey(answers)
  survey.visit(targets)
  return [...survey.found.values()]
}

class Survey {
  /** By key. */
  readonly found = new Map<string, Question>()
  readonly #answers: Answers
  readonly #seen = new Set<Edge | Askable>()
  readonly #edges: Edge[] = []

  constructor(answers: Answers) {
    this.#answers = answers
  }

  visit(targets: readonly Input[]): void {
    this.#inputs(targets)
    // No recursion from edge to edge: chains may be long.
    for (let edge = this.#edges.pop(); edge !== undefined; edge = this.#edges.pop()) {
      this.#words(edge.command)
      this.#words(edge.searchPath)
      for (const value of Object.values(edge.environment)) this.#words(value)
      this.#inputs(edge.inputs)
      this.#inputs(edge.orderOnly)
    }
  }

  #inputs(inputs: readonly Input[]): void {
    for (const input of inputs) {
      if (typeof input === 'object' && 'kind' in input && input.kind === 'derived') {
        this.#asks(input)
      }
      for (const file of this.#try(() => this.#answers.files(input)) ?? []) this.#file(file)
    }
  }

  #file(file: File): void {
    if (file.kind !== 'output' || this.#seen.has(file.edge)) return
    this.#seen.add(file.edge)
    this.#edges.push(file.edge)
  }

  #words(arg: Arg | undefined): void {
    if (arg === undefined || typeof arg === 'string') return
    if ('kind' in arg) {
      switch (arg.kind) {
        case 'source':
        case 'output':
        case 'edge':
        case 'cosmetic':
          return
        case 'unlisted':
          this.#words(arg.words)
          return
        default:
          this.#ask(arg)
      }
      return
    }
    for (const part of arg) this.#words(part)
  }

  /** What is asked in turn comes first: without that there is no question yet. */
  #ask(what: Askable): void {
    if (this.#seen.has(what)) return
    this.#seen.add(what)
    if (what.kind === 'derived') this.#asks(what)
    if (what.kind === 'probe') this.#words(what.command)
    this.#try(() => this.#answers.ask(what))
  }

  #asks({ from, foreseen }: Derived<unknown>): void {
    for (const part of from) this.#ask(part)
    for (const part of foreseen) this.#ask(part)
  }

  /** Whatever else is wrong is for the build itself to say. */
  #try<T>(ask: () => T): T | undefined {
    try {
      return ask()
    } catch (error) {
      if (error instanceof Unanswered) this.found.set(error.question.key, error.question)
      else if (!(error instanceof UserError)) throw error
      return undefined
    }
  }
}
