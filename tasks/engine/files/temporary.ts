// The name under which a file is made before it is put in its place.
import { createHash } from 'node:crypto'
import { posix } from 'node:path'

/** Beside the file, so that a rename puts it in place; as long for every name, so never too long. */
export function temporaryPath(path: string): string {
  const name = createHash('sha256').update(posix.basename(path)).digest('hex').slice(0, 16)
  return posix.join(posix.dirname(path), `.${name}.new`)
}
