// Reads declared edges: lists within lists as one.

/** Every word, handle or path of a command or of inputs, in order. */
export function flattened(parts: readonly unknown[]): unknown[] {
  return parts.flatMap((part) => (Array.isArray(part) ? flattened(part) : [part]))
}
