// Among variants: what two of them compile with the same words is compiled for the first, and copied for others.
import { type Edge, edge } from '../../engine/index.ts'

/** Remembers what was declared, by all that it is made from. */
export class CompiledOnce {
  readonly #made = new Map<string, Edge>()
  readonly #numbers = new WeakMap<object, number>()
  #count = 0

  /**
   * @param from all that decides what is in the file; handles count by what they are, not by what they have
   * @param output where it is put, which does not
   */
  edge<E extends Edge>(from: readonly unknown[], output: string, make: () => E): E {
    const key = JSON.stringify(from, (_, part: unknown) => this.#plain(part))
    const known = this.#made.get(key) as E | undefined
    if (known === undefined || known.output.path === output) {
      const made = make()
      this.#made.set(key, made)
      return made
    }
    return edge({
      rule: known.rule,
      outputs: [output],
      inputs: [known],
      command: ['cp', known, output],
    }) as E
  }

  /** A handle as its number: it may lead to all of the tree. */
  #plain(part: unknown): unknown {
    if (typeof part === 'function') return this.#numberOf(part)
    if (typeof part !== 'object' || part === null || !('kind' in part)) return part
    return this.#numberOf(part)
  }

  #numberOf(handle: object): string {
    let number = this.#numbers.get(handle)
    if (number === undefined) {
      number = this.#count++
      this.#numbers.set(handle, number)
    }
    return `handle ${number}`
  }
}
