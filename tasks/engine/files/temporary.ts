// The temporary name of a file that is renamed into place.
import { createHash } from 'node:crypto'
import { posix } from 'node:path'

/** Beside the file, so that a rename works. Its length does not depend on the name, so it is never too long. */
export function temporaryPath(path: string): string {
  const name = createHash('sha256').update(posix.basename(path)).digest('hex').slice(0, 16)
  return posix.join(posix.dirname(path), `.${name}.new`)
}
