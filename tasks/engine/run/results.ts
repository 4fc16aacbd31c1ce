// What the runner asks of results that are kept from one build, or tree, to another. Keeps none itself.
import type { Node } from '../decide/index.ts'

/** What a command has made and said, besides its outputs, which are in place. */
export interface Made {
  /** Both streams, without what was captured. */
  readonly output: string
  /** What its depfile said; undefined: it has none. */
  readonly depfile: string | undefined
  /** Files that it read besides its declared inputs. */
  readonly read: readonly string[]
  /** Names that were not there, and that it would have preferred to those. */
  readonly absent: readonly string[]
  /** Wall time of the command in milliseconds. */
  readonly ms: number
}

/** A result that took the place of a command. */
export interface Placed {
  readonly output: string
  /** How long the command took when it ran, in milliseconds. */
  readonly ms: number
  readonly from: 'folder' | 'server'
  /** Bytes of all that was put in place. */
  readonly bytes: number
}

/** Why no result took the place of a command, in words; undefined where nobody wants to know. */
export interface NotPlaced {
  readonly why: string | undefined
}

/** The result of one command: asked for before it runs, kept afterwards. */
export interface KeptResult {
  /** Puts outputs and depfile in place, as the command would have, if a result is known. */
  place(): Promise<Placed | NotPlaced>
  /** Absent for what is never kept. @returns notes for the user */
  keep?(made: Made): Promise<readonly string[]>
}

export interface KeptResults {
  /** To be asked when the command may start: its inputs are read now. */
  of(node: Node): KeptResult
}
