// Disk errors in readable words, with fixes for the common ones. Looks at no file.
import { quoteWord, UserError } from '../base/index.ts'

/** A disk error as a failure block. */
export function diskFailure(verb: string, path: string, error: NodeJS.ErrnoException): UserError {
  const { what, hint } = errnoWords(error)
  return new UserError({
    what: `cannot ${verb} ${path}: ${what}`,
    ...(hint === undefined ? {} : { hint: hint.replaceAll('PATH', quoteWord(path)) }),
  })
}

/** What an errno means, and how to fix it if that is known. */
export function errnoWords(error: NodeJS.ErrnoException): {
  readonly what: string
  readonly hint: string | undefined
} {
  const known: Record<string, readonly [what: string, hint: string]> = {
    ENOSPC: ['the disk is full', 'free some room (df -h shows where), then build again'],
    EDQUOT: ['the disk quota is used up', 'free some room, then build again'],
    EROFS: ['the file system is read-only', 'build in a folder that can be written'],
    EACCES: ['permission denied', 'look at its owner and mode: ls -ld PATH'],
    EPERM: ['not permitted', 'look at its owner and mode: ls -ld PATH'],
    ELOOP: ['a loop of symbolic links', 'remove the link: ls -l PATH'],
    EISDIR: ['it is a folder', 'move it away: mv PATH PATH.old'],
    ENOTDIR: ['a part of the path is not a folder', 'look at the path: namei -l PATH'],
    ENAMETOOLONG: ['the name is too long', 'use a shorter name'],
    EMFILE: ['too many open files', 'raise the limit: ulimit -n 4096'],
    ENOTEMPTY: ['the folder is not empty', 'look into it: ls -A PATH'],
  }
  const [what, hint] = known[error.code ?? ''] ?? [error.message, undefined]
  return { what, hint }
}
