// Finds the files of this package that are not modules, whether the sources run or `dist`.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Absolute path of the directory of our package.json, the same for the sources and for `dist`.
 */
export const packageRoot = directoryWith('package.json', fileURLToPath(import.meta.url))

/**
 * Absolute path of a file of this package.
 * @param path from the root of the package
 * @example
 * const source = packageFile('LICENSE')
 */
export function packageFile(path: string): string {
  return join(packageRoot, path)
}

function directoryWith(name: string, below: string): string {
  for (let directory = dirname(below); ; directory = dirname(directory)) {
    if (existsSync(join(directory, name))) return directory
    if (dirname(directory) === directory) throw new Error(`no ${name} above ${below}`)
  }
}
