// What the model says of single files: is it the same version, and where else was one looked for.
import type { PlainEdge } from './declare.ts'
import { folderOf } from './fakelanguage.ts'

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
