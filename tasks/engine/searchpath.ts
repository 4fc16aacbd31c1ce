// Which paths a command would have preferred to those that it read. Pure: knows names, not files.

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
export function preferredPaths(
  searchPath: readonly string[],
  sources: readonly string[],
  read: readonly string[],
): string[] {
  const folders = searchPath.map((folder) => folder.replace(/^\.\/|\/+$/g, '')).filter(Boolean)
  const beside = new Set<string>()
  for (const path of [...sources, ...read]) if (!path.startsWith('/')) beside.add(folderOf(path))
  const preferred = new Set<string>()
  for (const path of read) {
    for (const [at, folder] of folders.entries()) {
      const name = below(folder, path)
      if (name === undefined) continue
      for (const earlier of folders.slice(0, at)) preferred.add(within(earlier, name))
      for (const includer of beside) preferred.add(within(includer, name))
    }
  }
  for (const path of [...sources, ...read]) preferred.delete(path)
  return [...preferred]
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash === -1 ? '.' : path.slice(0, slash)
}

function within(folder: string, name: string): string {
  return folder === '.' ? name : `${folder}/${name}`
}

/** The path from a folder to a file below it. */
function below(folder: string, path: string): string | undefined {
  if (folder === '.') return path.startsWith('/') ? undefined : path
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined
}
