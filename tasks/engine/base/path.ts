// How the paths of a build are written. Knows no disk.
import { posix } from 'node:path'
import { UserError } from './failure.ts'

/** The one normal form of a path, so that one file has one name: no `.`, no doubled slash. */
export function normalPath(path: string): string {
  if (NORMAL.test(path)) return path
  if (path === '' || path.includes('\0')) {
    throw new UserError({
      what: 'a path is empty or has a NUL byte in it',
      facts: [['path', JSON.stringify(path)]],
      status: 2,
    })
  }
  const normal = posix.normalize(path)
  // A name that begins with a dash must not be taken for an option.
  return normal.startsWith('-') ? `./${normal}` : normal
}

/** Paths that are normal beyond doubt: no part of them begins with a dot, the first not with a dash. */
const NORMAL = /^(?!-)\/?[^/.\0][^/\0]*(?:\/[^/.\0][^/\0]*)*$/
