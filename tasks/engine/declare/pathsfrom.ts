// Paths of a folder that has a tasks.ts of its own, named from the root of the build.
import { isAbsolute, posix } from 'node:path'
import { fromEntry } from '../base/index.ts'
import { described, wrong } from './checks.ts'

/**
 * Names the files of a folder from the root of the build, whether its own tasks.ts runs or another one that imports
 * it. Patterns that exclude keep their `!`; absolute paths stay.
 * @param folder `import.meta.dirname` of the tasks.ts that declares with these paths
 * @throws UserError where that is not an absolute path
 * @example
 * const here = pathsFrom(import.meta.dirname)
 * const config = edge({ rule: 'COPY', outputs: ['build/config.h'], inputs: [here('config.in')], command: ['cp', here('config.in'), 'build/config.h'] })
 */
export function pathsFrom(folder: string): (path: string) => string {
  if (typeof folder !== 'string' || !isAbsolute(folder))
    throw wrong('the root of a tasks.ts is import.meta.dirname', [['given', described(folder)]])
  const prefix = fromEntry(folder)
  if (prefix === '') return (path) => path
  return (path) => {
    if (path.startsWith('!')) return `!${posix.join(prefix, path.slice(1))}`
    return isAbsolute(path) ? path : posix.join(prefix, path)
  }
}
