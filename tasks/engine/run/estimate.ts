// How long what is left will take, by how long it took last time. Knows no file and no command.
import type { Node } from '../decide/index.ts'

/** How much of a source a compiler gets through in a millisecond, roughly. */
const BYTES_A_MS = 75

export class Estimate {
  /** The time that each node and what waits for it will take at least, in milliseconds. */
  readonly paths: ReadonlyMap<Node, number>
  readonly #own = new Map<Node, number>()
  readonly #jobs: number
  readonly #byRule = new Map<string, { readonly sum: number; readonly count: number }>()
  readonly #running = new Map<Node, number>()
  /** What all that is not done takes together; undefined where nothing ran before. */
  #sum: number | undefined

  /**
   * @param open what may run, each node after those that it needs
   * @param users who waits for a node
   * @param lastMs how long a node took last time
   * @param jobs how many run at once
   * @param size bytes of what a node is made from: all that is known where no node of its rule ever ran
   */
  constructor(
    open: readonly Node[],
    users: ReadonlyMap<Node, readonly Node[]>,
    lastMs: (node: Node) => number | undefined,
    jobs: number,
    size: (node: Node) => number | undefined = () => undefined,
  ) {
    this.#jobs = jobs
    for (const node of open) {
      const ms = lastMs(node)
      if (ms === undefined) continue
      this.#own.set(node, ms)
      this.#count(node, ms)
    }
    const paths = new Map<Node, number>()
    let sum = 0
    for (const node of open.toReversed()) {
      const rule = this.#byRule.get(node.edge.rule)
      // An edge that never ran takes what others of its rule take; without any, the larger is longer.
      const guess = rule === undefined ? 1 + (size(node) ?? 0) / BYTES_A_MS : rule.sum / rule.count
      const own = this.#own.get(node) ?? guess
      this.#own.set(node, own)
      let longest = 0
      for (const user of users.get(node) ?? []) longest = Math.max(longest, paths.get(user) ?? 0)
      paths.set(node, own + longest)
      sum += own
    }
    this.paths = paths
    if (this.#byRule.size > 0) this.#sum = sum
  }

  begin(node: Node): void {
    this.#running.set(node, performance.now())
  }

  /**
   * It ran, or need not run.
   * @param ms how long it took, where it ran
   */
  end(node: Node, ms?: number): void {
    if (ms !== undefined) this.#count(node, ms)
    this.#running.delete(node)
    if (this.#sum !== undefined) this.#sum -= this.#own.get(node) ?? 0
  }

  #count({ edge: { rule } }: Node, ms: number): void {
    const { sum, count } = this.#byRule.get(rule) ?? { sum: 0, count: 0 }
    this.#byRule.set(rule, { sum: sum + ms, count: count + 1 })
  }

  /** In milliseconds, from now; undefined where nothing is known. */
  leftMs(): number | undefined {
    if (this.#sum === undefined) return undefined
    const now = performance.now()
    let done = 0
    let longest = 0
    for (const [node, since] of this.#running) {
      const ran = Math.min(now - since, this.#own.get(node) ?? 0)
      done += ran
      longest = Math.max(longest, (this.paths.get(node) ?? 0) - ran)
    }
    return Math.max(longest, (this.#sum - done) / this.#jobs, 0)
  }
}
