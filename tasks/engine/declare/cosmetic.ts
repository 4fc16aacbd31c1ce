// Words of a command that only change how its output looks.

/** Words given to a command only when its output goes to a colour terminal; never recorded. */
export interface Cosmetic {
  readonly kind: 'cosmetic'
  readonly words: readonly string[]
}

/** See {@link Cosmetic}. @example const colour = cosmetic('-fdiagnostics-color=always') */
export function cosmetic(...words: string[]): Cosmetic {
  return Object.freeze({ kind: 'cosmetic', words: Object.freeze(words) })
}
