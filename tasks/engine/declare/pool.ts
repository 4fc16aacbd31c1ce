// A bound on how many edges of one sort run at once.
import { UserError } from '../base/index.ts'

/** A bound on how many edges of one sort run at once, below `-j`. @example const linking: Pool = pool('link', 2) */
export interface Pool {
  readonly kind: 'pool'
  readonly name: string
  readonly depth: number
}

/**
 * At most `depth` edges of this pool run at once.
 * @example
 * const links = pool('link', 2)
 */
export function pool(name: string, depth: number): Pool {
  if (!Number.isInteger(depth) || depth < 1) {
    throw new UserError({ what: `pool ${name} needs a depth of at least 1`, status: 2 })
  }
  return Object.freeze({ kind: 'pool', name, depth })
}
