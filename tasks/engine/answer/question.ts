// What must be asked of the world before a value is known. Asks nothing itself.
import type { ProcessResult } from '../declare/index.ts'

/** Stands for an answer that is not known yet: whatever depends on it is open too. */
export const OPEN: unique symbol = Symbol('open')
export type Open = typeof OPEN

/** A command to run for its answer. */
export interface CommandQuestion {
  readonly kind: 'command'
  /** What the answer is remembered by. */
  readonly key: string
  readonly command: readonly string[]
  /** Variables besides those that every command gets. */
  readonly environment: Readonly<Record<string, string>>
  /** The answer holds as long as these are the same: words, tool identities, file stamps. */
  readonly facts: readonly string[]
  /** It names neither tools nor inputs, so nothing tells when its answer changes: asked in each build. */
  readonly isVolatile: boolean
  /** Gives the arguments that make the command write which files it read to a path, in make's syntax. */
  readonly depfile: ((path: string) => readonly string[]) | undefined
  /** Is this answer to be remembered? A "no" is not: what was missing may be installed. */
  readonly isKept: (words: readonly string[]) => boolean
  /** @throws UserError where there is no answer */
  readonly read: (result: ProcessResult) => readonly string[]
}

/** Patterns to match. */
export interface GlobQuestion {
  readonly kind: 'glob'
  readonly key: string
  readonly patterns: readonly string[]
}

export type Question = CommandQuestion | GlobQuestion

/** What is known of a question: the answer's words, or why there is none. */
export type Known = { readonly words: readonly string[] } | { readonly failure: Error }
