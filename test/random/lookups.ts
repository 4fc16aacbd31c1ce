// What the model says of single files: is it the same version, and where else was one looked for.
import type { PlainEdge } from './declare.ts'
import { folderOf } from './fakelanguage.ts'

/** One version of a file. */
export interface Version {
  readonly text: string
  /** Modification time; of what a command wrote, a number that nothing else has. */
  readonly time: number
  /** The moment at which it came here. */
  readonly moment: number
  /** Did nothing separate it, for a clock, from what came right after? */
  readonly blurred: boolean
}

/** An input as a command saw it; `sure`: did it surely read that version? */
export interface Seen {
  readonly text: string
  readonly time: number
  readonly sure: 'yes' | 'no' | 'maybe'
}

/** The last success of an edge. */
export interface Memory {
  readonly inputs: ReadonlyMap<string, Seen>
  readonly found: ReadonlyMap<string, Seen>
  readonly outputs: ReadonlyMap<string, Version>
  /** Where the command would have found other files, had they been there. */
  readonly absent: ReadonlySet<string>
  readonly facts: string
}

/**
 * Where a file that was read would have been found earlier, if by its name: below each earlier folder of the
 * search path, and beside each file of the tree that may have asked for it.
 */
export function preferred({ inputs, job }: PlainEdge, named: readonly string[]): string[] {
  const read = [...inputs, ...named]
  const beside = read.filter((path) => !path.startsWith('/')).map(folderOf)
  return named
    .flatMap((path) => {
      const folder = folderOf(path)
      const at = job.folders.indexOf(folder)
      const name = path.slice(folder.length)
      return at === -1 ? [] : [...job.folders.slice(0, at), ...beside].map((other) => other + name)
    })
    .filter((path) => !read.includes(path))
}

/** By time and content: an engine may know them by other marks. */
export function sameFile(
  a: { readonly text: string; readonly time: number } | undefined,
  b: { readonly text: string; readonly time: number } | undefined,
): boolean {
  return a !== undefined && b !== undefined && a.time === b.time && a.text === b.text
}
