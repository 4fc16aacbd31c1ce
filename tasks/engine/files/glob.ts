// Finds files by patterns. The only file that imports globby.
import type { Dirent } from 'node:fs'
import type { FolderReader } from './disk.ts'

/**
 * Returns the sorted paths, relative to the root, of the files that match; links to files count.
 * @param out the build directory, which wildcards do not enter
 * @param reader reads the directories
 */
export type GlobFiles = (
  patterns: readonly string[],
  root: string,
  out: string,
  reader: FolderReader,
) => readonly string[]

/** Loads globby only when a pattern needs it. */
export async function loadGlob(): Promise<GlobFiles> {
  const { globbySync } = await import('globby')
  return (patterns, root, out, reader) =>
    globbySync([...patterns], {
      cwd: root,
      dot: false,
      expandDirectories: false,
      ignore: ignored(patterns, out),
      fs: { ...reader, readdirSync: readable(reader) },
    }).sort()
}

/** Leaves out names that are not UTF-8: decoded, they would name other files. */
function readable({ readdirSync }: FolderReader): FolderReader['readdirSync'] {
  const read = (folder: string, options: { readonly withFileTypes: true }): readonly Dirent[] => {
    const entries = readdirSync(folder, options)
    if (!entries.some(({ name }) => name.includes('\ufffd'))) return entries
    const names = readdirSync(folder, { encoding: 'buffer' })
    return entries.filter((_, at) => names[at]?.equals(Buffer.from(String(names[at]))) === true)
  }
  return read as FolderReader['readdirSync']
}

/**
 * Patterns for what wildcards do not enter: node_modules, .git and the build directory, unless a pattern
 * names such a directory before its first wildcard.
 */
export function ignored(patterns: readonly string[], out: string): string[] {
  const bases = patterns.filter((pattern) => !pattern.startsWith('!')).map(baseOf)
  const isNamed = (folder: string): boolean =>
    bases.some((base) => base === folder || base.startsWith(`${folder}/`))
  const packages = ['node_modules', '.git'].filter(
    (name) => !bases.some((base) => base.split('/').includes(name)),
  )
  return [
    ...packages.map((name) => `**/${name}/**`),
    ...(isNamed(out) ? [] : [`${literal(out)}/**`]),
  ]
}

/** The directories of a pattern before its first wildcard. */
function baseOf(pattern: string): string {
  const parts = pattern.replace(/^(\.\/)+/, '').split('/')
  const first = parts.findIndex((part) => /(?<!\\)[*?[\]{}()!+@]/.test(part))
  return parts
    .slice(0, first === -1 ? -1 : first)
    .join('/')
    .replaceAll('\\', '')
}

function literal(path: string): string {
  return path.replace(/[*?[\]{}()!+@\\]/g, '\\$&')
}
