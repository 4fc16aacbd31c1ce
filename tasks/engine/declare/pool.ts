// A bound on how many edges of one sort run at once.
import { UserError } from '../base/index.ts'
import { checkOptions, checks } from './checks.ts'

/** A bound on how many edges of one sort run at once, below `-j`. @example const linking: Pool = pool('link', 2) */
export interface Pool {
  readonly kind: 'pool'
  readonly name: string
  readonly depth: number
  /** Memory that each of them needs, where that is more than a compiler's: in MiB. */
  readonly mebibytes: number | undefined
}

/**
 * At most `depth` edges of this pool run at once, and no more than free memory has room for.
 * @param more what each of them needs, if that is much
 * @example
 * const links = pool('link', 2)
 * const guests = pool('guests', 16, { mebibytes: 640 })
 */
export function pool(
  name: string,
  depth: number,
  more: { readonly mebibytes?: number } = {},
): Pool {
  if (!Number.isInteger(depth) || depth < 1) {
    throw new UserError({ what: `pool ${name} needs a depth of at least 1`, status: 2 })
  }
  checkOptions(`pool ${name}`, more, { mebibytes: checks.any })
  return Object.freeze({ kind: 'pool', name, depth, mebibytes: more.mebibytes })
}
