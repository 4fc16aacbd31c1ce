// Patterns to paths. The only file that imports globby.
import type { Dirent } from 'node:fs'
import type { FolderReader } from './disk.ts'

/**
 * Sorted paths, relative to the root, of the files that match; links to files count.
 * @param out folder of what is generated: patterns do not lead into it
 * @param reader what reads folders
 */
export type GlobFiles = (
  patterns: readonly string[],
  root: string,
  out: string,
  reader: FolderReader,
) => readonly string[]

/** Loads globby, so that a run that needs no pattern does not pay for it. */
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

/** Reads a folder without the names that are not UTF-8: as text they are the names of other files. */
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
 * Wildcards lead neither into packages and repositories nor into what is made, unless a pattern names
 * such a folder before its first wildcard.
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

/** The folders of a pattern before its first wildcard. */
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
