// Text that decides what is built must be that of sources: an edge could still change any other.
import type { Graph } from '../decide/graph.ts'

/** The text of a file was taken for that of a source before it was known that an edge makes it. */
export class MadeText extends Error {
  readonly path: string
  constructor(path: string) {
    super(`made: ${path}`)
    this.path = path
  }
}

/**
 * What a generator made is as it is by now; anything else may be made anew by this very build.
 * @throws MadeText
 */
export function mustBeSources(texts: ReadonlySet<string>, graph: Graph): void {
  for (const path of texts) {
    const made = graph.producer(path)
    if (made !== undefined && !made.edge.generator) throw new MadeText(path)
  }
}
