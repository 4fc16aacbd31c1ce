// Why no result of a command fits, in words for a person: what differs from those that are known.
import type { Disk } from '../files/index.ts'
import { listOf, parsed, StoreFault } from './actionresult.ts'
import type { Contents } from './contents.ts'

/** So many files are named, of all that differ. */
const MOST_NAMED = 3

/** What an action was made from, besides what is declared. */
export interface KnownAction {
  /** What it read, with SHA-256. */
  readonly read: ReadonlyMap<string, string>
  readonly absent: readonly string[]
  /** The folder of its tree, where its outputs name that; else ''. */
  readonly root: string
}

/** Actions as secondKey writes them. @throws StoreFault for what is another text */
export function decodeAction(bytes: Buffer): KnownAction {
  const [, known, absent, root] = listOf(parsed(bytes))
  const read = listOf(known).map((pair): [string, string] => {
    const [path, digest] = listOf(pair)
    return [textOf(path), textOf(digest)]
  })
  return { read: new Map(read), absent: listOf(absent).map(textOf), root: textOf(root) }
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new StoreFault('has a name that is not a text')
  return value
}

/**
 * @param known results of this command with these tools and declared inputs, none of which fits; empty: there
 * are none
 */
export function whyNone(
  known: readonly KnownAction[],
  { disk, contents }: { readonly disk: Disk; readonly contents: Contents },
): string {
  if (known.length === 0)
    return 'no result is kept of this command with these tools and declared inputs'
  const usable = known.filter(({ root }) => root === '' || root === disk.root)
  if (usable.length === 0) return 'what is kept names the folder of another tree'
  const versions = (count: number) => (count === 1 ? 'the version' : `the ${count} versions`)
  const differing = [...new Set(usable.flatMap(({ read }) => [...read.keys()]))].flatMap((path) => {
    const now = contents.of(path)
    const digests = new Set(usable.flatMap(({ read }) => read.get(path) ?? []))
    if (now === undefined)
      return usable.every(({ read }) => read.has(path)) ? `${path} is missing` : []
    return digests.has(now) ? [] : `${path} differs from ${versions(digests.size)} known there`
  })
  const appeared = [...new Set(usable.flatMap(({ absent }) => absent))]
    .filter((path) => disk.exists(path))
    .map((path) => `${path} is there, and was not when what is kept was made`)
  const reasons = [...appeared, ...differing]
  if (reasons.length === 0) return 'no result is kept that was made from just these files'
  const more = reasons.length - MOST_NAMED
  return reasons.slice(0, MOST_NAMED).join('; ') + (more > 0 ? `; and ${more} more` : '')
}
