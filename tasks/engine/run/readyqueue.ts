// Which of the ready nodes runs next. Knows nothing of slots and pools.
import type { Node } from '../decide/index.ts'

/** Ready nodes, the longest remaining path first; among equals the one declared first. A heap. */
export class ReadyQueue {
  readonly #paths: ReadonlyMap<Node, number>
  readonly #heap: Node[] = []

  constructor(paths: ReadonlyMap<Node, number>) {
    this.#paths = paths
  }

  push(node: Node): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(node)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#before(node, heap[parent])) break
      heap[at] = heap[parent] as Node
      at = parent
    }
    heap[at] = node
  }

  pop(): Node | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= heap.length) break
      if (this.#before(heap[child + 1], heap[child])) child++
      if (!this.#before(heap[child], last)) break
      heap[at] = heap[child] as Node
      at = child
    }
    heap[at] = last
    return first
  }

  #before(a: Node | undefined, b: Node | undefined): boolean {
    if (a === undefined || b === undefined) return false
    const [pathA, pathB] = [this.#paths.get(a) ?? 0, this.#paths.get(b) ?? 0]
    return pathA === pathB ? a.id < b.id : pathA > pathB
  }
}
