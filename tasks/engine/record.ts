// What the log holds of one edge and of one answer, as it is read and as it is written.
import type { Stamp } from './stamp.ts'

/** The last success of an edge. The numbers index {@link BuildLog.stamps} and strings. */
export interface EdgeRecord {
  readonly outputs: Uint32Array
  readonly inputs: Uint32Array
  /** Inputs that only the depfile told of. */
  readonly discovered: Uint32Array
  /** Paths, as string numbers, at which there was no file that the command would have preferred. */
  readonly absent: Uint32Array
  /** The folders of those paths: while they are as they were, nothing has appeared. */
  readonly folders: Uint32Array
  /** What {@link fingerprint} gave, as string numbers. */
  readonly facts: Uint32Array
  /** Wall time of the command in milliseconds. */
  readonly ms: number
}

export interface NewEdgeRecord {
  readonly outputs: readonly Stamp[]
  readonly inputs: readonly Stamp[]
  readonly discovered: readonly Stamp[]
  readonly absent: readonly string[]
  readonly folders: readonly Stamp[]
  readonly facts: readonly string[]
  readonly ms: number
}

export interface Answer {
  readonly facts: readonly string[]
  readonly words: readonly string[]
}
