// Reads declared edges: lists within lists as one, derived values that need no answer as what they are.
import type { Derived } from '../../tasks/engine/index.ts'

/** Every word, handle or path of a command or of inputs, in order. */
export function flattened(parts: readonly unknown[]): unknown[] {
  return parts.flatMap((part) => {
    if (Array.isArray(part)) return flattened(part)
    const value = valueOf(part)
    return value === part ? [part] : flattened([value])
  })
}

/** A derived value that follows from itself alone; anything else as it is. */
function valueOf(part: unknown): unknown {
  if (!isDerived(part)) return part
  const answers = part.from.map(valueOf)
  const asks = answers.some(
    (answer) => typeof answer === 'object' && answer !== null && 'kind' in answer,
  )
  return asks ? part : valueOf(part.make(answers))
}

function isDerived(part: unknown): part is Derived<unknown> {
  return typeof part === 'object' && part !== null && 'kind' in part && part.kind === 'derived'
}
