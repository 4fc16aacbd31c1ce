// What a call is refused with.
import type { FailureBlock } from '../../tasks/engine/base/failure.ts'
import { UserError } from '../../tasks/engine/base/failure.ts'

/** @throws Error where it is taken, and whatever else the call throws */
export function refusal(act: () => unknown): FailureBlock {
  try {
    act()
  } catch (error) {
    if (error instanceof UserError) return error.block
    throw error
  }
  throw new Error('it was taken')
}
