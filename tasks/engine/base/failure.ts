// Failures that a user can cause, as one block: what failed, labelled facts, how to fix it.

/**
 * One labelled line of a failure block, for example `['file', 'src/a.c']`.
 * @example
 * const fact: Fact = ['file', 'src/a.c']
 */
export type Fact = readonly [label: string, value: string]

/**
 * A failure as it is shown.
 * @example
 * const block: FailureBlock = { what: 'no key is there', hint: 'make one: ssh-keygen' }
 */
export interface FailureBlock {
  /** One sentence without a full stop: what failed. */
  readonly what: string
  readonly facts?: readonly Fact[]
  /** How to fix it; a command to paste, if there is one. */
  readonly hint?: string
  /** The line of a source that it is about: editors and GitHub show it there. */
  readonly at?: { readonly file: string; readonly line: number }
  /** Process exit status: 1 something failed (the default), 2 wrong usage. */
  readonly status?: 1 | 2
}

/**
 * A failure that the user can fix, shown without a stack. Anything else that is thrown is a bug of ours.
 * @example
 * throw new UserError({ what: 'no device is named', facts: [['devices', 'eth0 eth1']], hint: 'name one: -- eth0', status: 2 })
 */
export class UserError extends Error {
  readonly block: FailureBlock
  override readonly name = 'UserError'

  constructor(block: FailureBlock) {
    super(block.what)
    this.block = block
  }
}

/** A failure block as text without colours. */
export function blockText(block: FailureBlock): string {
  const width = Math.max(0, ...(block.facts ?? []).map(([label]) => label.length))
  const lines = [block.what]
  for (const [label, value] of block.facts ?? []) {
    lines.push(`  ${label.padEnd(width)}  ${value.replaceAll('\n', `\n  ${' '.repeat(width)}  `)}`)
  }
  if (block.hint !== undefined) lines.push(`  ${block.hint.replaceAll('\n', '\n  ')}`)
  return lines.join('\n')
}

/**
 * True for an errno error of Node's, optionally with one of the given codes.
 * @example
 * const missing = (error: unknown) => isErrno(error, 'ENOENT')
 */
export function isErrno(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string')
    return false
  return codes.length === 0 || codes.includes(error.code)
}

/**
 * The result of a call; undefined if the system refuses it (an errno error). Other errors are thrown.
 * @example
 * const isThere = unlessErrno(() => process.kill(4711, 0)) === true
 */
export function unlessErrno<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (isErrno(error)) return undefined
    throw error
  }
}

/**
 * A block as a program that a command starts says it, to be shown below that command: a part a line.
 * @internal
 */
export function plainBlock({ what, facts = [], hint = '' }: FailureBlock): string {
  const lines = [what, ...facts.map((fact) => fact.join(': ')), hint]
  return lines.filter((line) => line !== '').join('\n')
}

/**
 * The value of a JSON text; undefined if it is not JSON.
 * @example
 * const value = parseJson('{ "ms": 12 }')
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/**
 * The name in `known` that is nearest to a typed one: at most a third of the letters differ
 * (Damerau–Levenshtein, a swap of two neighbours counts once), or it begins with what was typed.
 * Undefined if none is near.
 * @example
 * const near = didYouMean('buidl', ['build', 'clean'])
 */
export function didYouMean(typed: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(typed.length / 3)) + 1
  for (const candidate of known) {
    const [left, right] = [typed.toLowerCase(), candidate.toLowerCase()]
    const begins = left.length > 2 && right.startsWith(left)
    const distance = Math.min(editDistance(left, right), begins ? 1 : Infinity)
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1),
      )
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1)
      }
      row.push(cost)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}
