// Through which files a command came to read one: the #include lines among the files that it read.
// They are searched, not compiled: a line that a condition leaves out counts like any other.
import { posix } from 'node:path'
import type { Event, Reason } from '../base/index.ts'
import type { Planned } from '../build/index.ts'
import type { Node } from '../decide/index.ts'
import type { Disk } from '../files/index.ts'
import { readsOf } from './whoreadswhat.ts'

/** What a text names: `"a.h"` is looked for beside it first, `<a.h>` is not. */
interface Named {
  readonly name: string
  readonly beside: boolean
}

const INCLUDE = /^[ \t]*#[ \t]*(?:include|include_next|import)[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)/gm

export class Includes {
  readonly #disk: Disk
  readonly #named = new Map<string, readonly Named[]>()

  constructor(disk: Disk) {
    this.#disk = disk
  }

  /**
   * The shortest chain of files, each of which names the next, from a source to the one that names
   * `to`; undefined where their texts do not tell.
   * @param read every path that the command read, `to` included
   */
  chain(
    sources: readonly string[],
    read: readonly string[],
    searchPath: readonly string[],
    to: string,
  ): string[] | undefined {
    const known = byName([...sources, ...read])
    const cameFrom = new Map<string, string | undefined>(sources.map((path) => [path, undefined]))
    for (const at of cameFrom.keys()) {
      for (const named of this.#namedBy(at)) {
        for (const path of found(named, at, known, searchPath)) {
          if (cameFrom.has(path)) continue
          cameFrom.set(path, at)
          if (path === to) return back(cameFrom, at)
        }
      }
    }
    return undefined
  }

  #namedBy(path: string): readonly Named[] {
    const known = this.#named.get(path)
    if (known !== undefined) return known
    // One that went or cannot be read names nothing: this is a word of explanation, no more.
    const text = this.#disk.stat(path)?.type === 'file' ? String(this.#disk.read(path)) : ''
    const named = [...text.matchAll(INCLUDE)].map(([, quoted, angled = '']) =>
      quoted === undefined ? { name: angled, beside: false } : { name: quoted, beside: true },
    )
    this.#named.set(path, named)
    return named
  }
}

/** Adds to the reasons of stale edges who named the header that changed. */
export class Explained {
  readonly #includes: Includes
  #planned: Planned | undefined

  constructor(disk: Disk) {
    this.#includes = new Includes(disk)
  }

  readonly onPlan = (planned: Planned): void => {
    this.#planned = planned
  }

  event(event: Event): Event {
    if (event.type !== 'stale') return event
    const node = this.#planned?.graph.producer(event.outputs[0] ?? '')
    return node === undefined ? event : { ...event, reasons: this.reasons(node, event.reasons) }
  }

  reasons(node: Node, reasons: readonly Reason[]): readonly Reason[] {
    const planned = this.#planned
    if (planned === undefined) return reasons
    return reasons.map((reason) => {
      if (!('discovered' in reason) || !reason.discovered) return reason
      const read = readsOf(node, planned).map(({ path }) => path)
      const sources = node.inputs.map(({ path }) => path)
      const searchPath = planned.answers.searchPath(node.edge)
      const through = this.#includes.chain(sources, read, searchPath, reason.path)
      return through === undefined ? reason : { ...reason, through }
    })
  }
}

function byName(paths: readonly string[]): Map<string, string[]> {
  const known = new Map<string, string[]>()
  for (const path of new Set(paths)) {
    const same = known.get(posix.basename(path))
    if (same === undefined) known.set(posix.basename(path), [path])
    else same.push(path)
  }
  return known
}

/** The files that a name may stand for, among those that were read: one, where it can be told. */
function found(
  { name, beside }: Named,
  includer: string,
  known: ReadonlyMap<string, readonly string[]>,
  searchPath: readonly string[],
): readonly string[] {
  const same = known.get(posix.basename(name)) ?? []
  const folders = beside ? [posix.dirname(includer), ...searchPath] : searchPath
  for (const folder of folders) {
    const path = posix.join(folder, name)
    if (path !== includer && same.includes(path)) return [path]
  }
  return same.filter((path) => path !== includer && path.endsWith(`/${name}`))
}

function back(cameFrom: ReadonlyMap<string, string | undefined>, last: string): string[] {
  const chain: string[] = []
  for (let at: string | undefined = last; at !== undefined; at = cameFrom.get(at)) chain.unshift(at)
  return chain
}
