// What a value throws that cannot be told yet, though no command is needed for it.

/**
 * Thrown by a value that was worked out before all that it depends on was declared: everything is asked
 * again from the start, and what has been declared since is known then.
 * @example
 * const known = new Set(['a'])
 * const told = derive([], () => {
 *   if (!known.has('b')) throw new AskAgain()
 *   return 'b'
 * })
 */
export class AskAgain extends Error {
  constructor() {
    super('asked before all was declared')
  }
}
