// The normal form of paths. Looks at no disk.
import { posix } from 'node:path'
import { UserError } from './failure.ts'

/** Normalizes a path, so that one file has one name: no `.`, no doubled slash. */
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
  // A command must not take a name that begins with a dash for an option.
  return normal.startsWith('-') ? `./${normal}` : normal
}

/** Paths that are certainly normal: no part begins with a dot, and the first does not begin with a dash. */
const NORMAL = /^(?!-)\/?[^/.\0][^/\0]*(?:\/[^/.\0][^/\0]*)*$/

/** Is it a folder, or in it at any depth? `.` is the root of the tree. */
export function isWithin(path: string, folder: string): boolean {
  if (folder === '.') return !path.startsWith('/')
  return path === folder || path.startsWith(folder === '/' ? folder : `${folder}/`)
}

/** The tree's name for a normal path: relative to the root if it lies below it, `.` for the root itself. */
export function inTree(path: string, root: string): string {
  if (!path.startsWith('/')) return path
  if (path === root) return '.'
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path
}
