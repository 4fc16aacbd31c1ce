// Compacts a log: the live records, renumbered, as one payload.

import {
  type EdgeRecord,
  type KeptAnswer,
  kinds,
  LISTS,
  writeAnswer,
  writeEdge,
} from './edgerecord.ts'
import { PayloadWriter } from './frame.ts'
import type { StampTable } from './stamptable.ts'

/** The contents of a log. */
export interface Held {
  readonly strings: readonly string[]
  readonly stamps: StampTable
  /** By first output. */
  readonly edges: ReadonlyMap<string, EdgeRecord>
  /** By key. */
  readonly answers: ReadonlyMap<string, KeptAnswer>
  readonly numberOf: (text: string) => number
}

/** Strings and stamps are numbered in the order in which the edges refer to them. */
export function compacted({ strings, stamps, edges, answers, numberOf }: Held): PayloadWriter {
  const texts = new Numbers(strings.length)
  const files = new Numbers(stamps.count)
  const records = new PayloadWriter()
  for (const [output, record] of edges) {
    const { words, outputs, absent, end, ms } = record
    const first = outputs - LISTS
    const own = words.slice(first, end)
    for (let at = LISTS; at < own.length; at++) {
      const id = own[at] as number
      if (first + at >= absent) own[at] = texts.newNumber(id)
      else {
        texts.newNumber(stamps.path[id] as number)
        own[at] = files.newNumber(id)
      }
    }
    writeEdge(records, texts.newNumber(numberOf(output)), ms, own)
  }
  for (const [key, { facts, words }] of answers) {
    const own = {
      facts: facts.map((id) => texts.newNumber(id)),
      words: words.map((id) => texts.newNumber(id)),
    }
    writeAnswer(records, texts.newNumber(numberOf(key)), own)
  }
  const body = new PayloadWriter()
  body.u32(kinds.strings)
  body.texts(texts.used.map((id) => strings[id] ?? ''))
  body.u32(kinds.stamps)
  body.u32(files.used.length)
  for (const id of files.used) stamps.write(body, id, texts.newNumber(stamps.path[id] as number))
  body.append(records)
  return body
}

/** Gives old numbers new ones, counted from 0 in the order in which they are asked for. */
class Numbers {
  /** The old numbers, in their new order. */
  readonly used: number[] = []
  /** The new number plus one; 0: none yet. */
  readonly #numbers: Uint32Array

  constructor(count: number) {
    this.#numbers = new Uint32Array(count)
  }

  newNumber(old: number): number {
    const known = this.#numbers[old] as number
    if (known > 0) return known - 1
    this.#numbers[old] = this.used.push(old)
    return this.used.length - 1
  }
}
