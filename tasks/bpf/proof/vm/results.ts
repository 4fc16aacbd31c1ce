// Reads what a guest wrote to its second serial port. Text and hashes only.
import { createHash } from 'node:crypto'
import { parseJson } from '../../../engine/index.ts'
import { isObject } from '../../system/index.ts'

/** The whole output of one command of a guest. */
export interface Result {
  readonly name: string
  readonly status: number
  readonly output: string
}

const NEWLINE = 0x0a

/** The results that arrived whole and unharmed, up to the first that did not. */
export function readResults(bytes: Uint8Array): Result[] {
  const results: Result[] = []
  let at = 0
  for (;;) {
    const end = bytes.indexOf(NEWLINE, at)
    if (end === -1) return results
    const head = headOf(Buffer.from(bytes.subarray(at, end)).toString('utf8'))
    if (head === undefined) return results
    const output = bytes.subarray(end + 1, end + 1 + head.bytes)
    if (output.length < head.bytes || sha256(output) !== head.sha256) return results
    results.push({
      name: head.name,
      status: head.status,
      output: Buffer.from(output).toString('utf8'),
    })
    at = end + 1 + head.bytes + 1
  }
}

function headOf(line: string) {
  const said = parseJson(line)
  if (!isObject(said)) return undefined
  const { name, status, bytes, sha256 } = said
  if (typeof name !== 'string' || typeof sha256 !== 'string') return undefined
  if (typeof status !== 'number' || typeof bytes !== 'number') return undefined
  return { name, status, bytes, sha256 }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
