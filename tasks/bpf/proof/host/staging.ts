// Files as they will lie on another machine: links in one folder here, which scp follows.
import { mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join, normalize, resolve } from 'node:path'

/** A file for another machine. */
export interface HostFile {
  /** Its path from the folder there: the same as from the root here, so that words need no change. */
  readonly path: string
  /** Where it is here, relative to the root. */
  readonly from: string
}

export interface Staged {
  /** Absolute paths of what lies at the top. */
  readonly entries: readonly string[]
  readonly bytes: number
}

/** @param folder absolute, and not there yet */
export function stage(root: string, folder: string, files: readonly HostFile[]): Staged {
  const placed = new Map(files.map(({ path, from }) => [placeThere(path), resolve(root, from)]))
  let bytes = 0
  for (const [path, from] of placed) {
    bytes += statSync(from).size
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    symlinkSync(from, join(folder, path))
  }
  return { entries: readdirSync(folder).map((name) => join(folder, name)), bytes }
}

/** The path below the folder there of a file whose path here may lead out of the root. */
export function placeThere(path: string): string {
  const plain = normalize(path)
  if (!plain.startsWith('/') && !plain.startsWith('../')) return plain
  return `outside/${plain.replace(/^\/+/, '').replaceAll('../', 'up/')}`
}
