// The records of an edge and of an answer in the log: how they are read and written.

import type { PayloadWriter } from './frame.ts'
import type { Stamp } from './stamp.ts'

/** The kinds of records in a payload. */
export const kinds = { strings: 1, stamps: 2, edge: 3, answer: 4, forget: 5, renew: 6 } as const

/**
 * The last success of an edge: six lists of numbers, one after the other in {@link words}, so that an
 * edge is one object. A list begins at the index in the field of its name and ends where the next one
 * begins. Outputs, inputs, discovered and folders are numbers of stamps; absent and facts, of strings.
 */
export interface EdgeRecord {
  readonly words: Uint32Array
  readonly outputs: number
  readonly inputs: number
  /** Inputs that only the depfile names. */
  readonly discovered: number
  /** The directories of {@link absent}: while they are unchanged, no such file has appeared. */
  readonly folders: number
  /** Paths of missing files that the command would have preferred. */
  readonly absent: number
  /** The fingerprint of the edge. */
  readonly facts: number
  readonly end: number
  /** Wall time of the command in milliseconds. */
  readonly ms: number
}

/** The number of lists in an edge's record. */
export const LISTS = 6

/** @param at index of the first list; the lengths of the lists come before it */
export function edgeRecord(words: Uint32Array, at: number, ms: number): EdgeRecord {
  const count = (list: number): number => words[at - LISTS + list] ?? 0
  const inputs = at + count(0)
  const discovered = inputs + count(1)
  const folders = discovered + count(2)
  const absent = folders + count(3)
  const facts = absent + count(4)
  return {
    words,
    outputs: at,
    inputs,
    discovered,
    folders,
    absent,
    facts,
    end: facts + count(5),
    ms,
  }
}

/**
 * Writes the record of an edge.
 * @param output number of the first output's path
 * @param words the lengths of the lists, then the lists
 */
export function writeEdge(to: PayloadWriter, output: number, ms: number, words: Uint32Array): void {
  to.u32(kinds.edge)
  to.u32(output)
  to.u32(Math.min(0xffffffff, Math.round(ms * 1000)))
  to.list(words)
}

/** Writes the record of an answer; all are numbers of strings. */
export function writeAnswer(to: PayloadWriter, key: number, { facts, words }: KeptAnswer): void {
  to.u32(kinds.answer)
  to.u32(key)
  to.u32(facts.length)
  to.u32(words.length)
  to.list(facts)
  to.list(words)
}

/** The numbers of one list. A loop over {@link EdgeRecord.words} is faster. */
export function idsOf(
  record: EdgeRecord,
  list: 'outputs' | 'inputs' | 'discovered' | 'folders' | 'absent' | 'facts',
): Uint32Array {
  const { words, outputs, inputs, discovered, folders, absent, facts, end } = record
  switch (list) {
    case 'outputs':
      return words.subarray(outputs, inputs)
    case 'inputs':
      return words.subarray(inputs, discovered)
    case 'discovered':
      return words.subarray(discovered, folders)
    case 'folders':
      return words.subarray(folders, absent)
    case 'absent':
      return words.subarray(absent, facts)
    case 'facts':
      return words.subarray(facts, end)
    default:
      return list satisfies never
  }
}

export interface NewEdgeRecord {
  readonly outputs: readonly Stamp[]
  readonly inputs: readonly Stamp[]
  readonly discovered: readonly Stamp[]
  readonly folders: readonly Stamp[]
  readonly absent: readonly string[]
  readonly facts: readonly string[]
  readonly ms: number
}

export interface Answer {
  readonly facts: readonly string[]
  readonly words: readonly string[]
}

/** An {@link Answer} in numbers of strings. */
export interface KeptAnswer {
  readonly facts: Uint32Array
  readonly words: Uint32Array
}

/** Are all numbers between two indexes below a bound? */
export function allBelow(words: Uint32Array, from: number, to: number, bound: number): boolean {
  for (let at = from; at < to; at++) if ((words[at] ?? 0) >= bound) return false
  return true
}
