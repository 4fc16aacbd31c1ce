// Reads the JSON lines of our own C programs, and the values in them. Knows no program.
import { parseJson, UserError } from '../../engine/index.ts'

export type Said = Readonly<Record<string, unknown>>

/** One object a line; what is none is passed over. */
export function jsonLines(text: string): Said[] {
  return text.split('\n').flatMap((line) => {
    const value = line.startsWith('{') ? parseJson(line) : undefined
    return isObject(value) ? [value] : []
  })
}

/** @throws UserError where the line has no such text: it is then of another version of the program */
export function textOf(said: Said, key: string): string {
  const value = said[key]
  if (typeof value === 'string') return value
  throw foreign(said, key)
}

/** @throws UserError where the line has no such number */
export function numberOf(said: Said, key: string): number {
  const value = said[key]
  if (typeof value === 'number') return value
  throw foreign(said, key)
}

/** The objects of a list; none where there is no such list. */
export function listOf(said: Said, key: string): Said[] {
  const value = said[key]
  return Array.isArray(value) ? value.filter(isObject) : []
}

export function isObject(value: unknown): value is Said {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function foreign(said: Said, key: string): UserError {
  return new UserError({
    what: `a helper program says something unexpected: no ${key}`,
    facts: [['it said', JSON.stringify(said).slice(0, 200)]],
    hint: 'build everything again: npx tsx tasks.ts -B build',
  })
}
