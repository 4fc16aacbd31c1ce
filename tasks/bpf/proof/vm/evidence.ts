// What one guest showed: written by the program that boots it, read where it is judged.
import { parseJson } from '../../../engine/index.ts'
import { isObject } from '../../system/index.ts'
import type { Problem } from './guest.ts'
import type { Result } from './results.ts'

/** What a guest was asked about. */
export interface Proven {
  /** Objects that were verified, with whose they are. */
  readonly objects: readonly { readonly tool: string; readonly path: string }[]
  readonly tools: readonly ProvenTool[]
}

/** A tool that was run in a guest. */
export interface ProvenTool {
  readonly name: string
  /** Names of the cases that it was run in. */
  readonly cases: readonly string[]
}

export interface GuestEvidence extends Proven {
  readonly format: typeof FORMAT
  readonly release: string | null
  /** kvm or tcg. */
  readonly by: string
  readonly ms: number
  readonly results: readonly Result[]
  readonly problem: Problem | null
}

export const FORMAT = 1

/** Undefined for a text of another version. */
export function readGuestEvidence(text: string): GuestEvidence | undefined {
  const said = parseJson(text)
  // Written by this package alone.
  return isObject(said) && said['format'] === FORMAT
    ? (said as unknown as GuestEvidence)
    : undefined
}
