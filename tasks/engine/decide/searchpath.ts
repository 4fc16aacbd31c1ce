// Which paths a command would have preferred to those that it read. Pure: knows names, not files.
import { posix } from 'node:path'

/** A path below a folder of a search path. */
interface Place {
  /** Its path from that folder. */
  readonly name: string
  /** The same name below each folder that is searched before that one. */
  readonly earlier: readonly string[]
}

/** The same headers are found by many commands: where each is is told once a search path. */
export class Preferences {
  /** By search path, then by path. */
  readonly #places = new Map<string, Map<string, readonly Place[]>>()

  /**
   * The paths at which a file would be found before one that was read. For a file below a folder of
   * the search path, those are the same name below each folder before that one, and below the
   * folders of the sources and of the headers of this tree: C looks beside the file that includes
   * first (`#include "…"`). Headers outside of the tree do not look into it, so those of absolute
   * path count as read, not as reading.
   * @param searchPath folders, the first one searched first
   * @param sources what the command was told to read
   * @param read what it read besides
   */
  before(
    searchPath: readonly string[],
    sources: readonly string[],
    read: readonly string[],
  ): ReadonlySet<string> {
    const preferred = new Set<string>()
    if (searchPath.length === 0) return preferred
    const key = searchPath.join('\n')
    let places = this.#places.get(key)
    if (places === undefined) {
      places = new Map()
      this.#places.set(key, places)
    }
    const beside = new Set<string>()
    for (const path of [...sources, ...read])
      if (!path.startsWith('/')) beside.add(posix.dirname(path))
    for (const path of read) {
      let of = places.get(path)
      if (of === undefined) {
        of = placesOf(path, searchPath)
        places.set(path, of)
      }
      for (const { name, earlier } of of) {
        for (const other of earlier) preferred.add(other)
        for (const includer of beside) preferred.add(within(includer, name))
      }
    }
    for (const path of sources) preferred.delete(path)
    for (const path of read) preferred.delete(path)
    return preferred
  }
}

function placesOf(path: string, searchPath: readonly string[]): Place[] {
  const folders = searchPath.map((folder) => folder.replace(/^\.\/|\/+$/g, '')).filter(Boolean)
  return folders.flatMap((folder, at) => {
    const name = below(folder, path)
    if (name === undefined) return []
    return [{ name, earlier: folders.slice(0, at).map((other) => within(other, name)) }]
  })
}

function within(folder: string, name: string): string {
  return folder === '.' ? name : `${folder}/${name}`
}

/** The path from a folder to a file below it. */
function below(folder: string, path: string): string | undefined {
  if (folder === '.') return path.startsWith('/') ? undefined : path
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined
}
