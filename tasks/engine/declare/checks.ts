// Checks what a declaration is given: unknown options, and values that the types would refuse. It looks at
// data only.
import { didYouMean, type Fact, UserError } from '../base/index.ts'

/**
 * What is wrong with a value, as words to follow its name; undefined: nothing.
 * @example
 * const even: ValueCheck = (value: unknown) => (Number(value) % 2 === 0 ? undefined : 'is not even')
 */
export type ValueCheck = (value: never) => string | undefined

/**
 * Checks options by name, for people who write JavaScript or misspell.
 * @param where the options' owner, as a failure names it
 * @param required names of options that must be there
 * @throws UserError for an unknown or missing option, and for a value that its check refuses
 * @example
 * checkOptions('greet', { name: 'you' }, { name: checks.text })
 */
export function checkOptions(
  where: string,
  options: object,
  known: Readonly<Record<string, ValueCheck>>,
  required: readonly string[] = [],
): void {
  if (!isRecord(options))
    throw wrong(`${where}: options are not a record`, [['given', described(options)]])
  for (const name in options) {
    const value = (options as Record<string, unknown>)[name]
    const check = known[name]
    if (check === undefined) {
      const near = didYouMean(name, Object.keys(known))
      throw wrong(`${where} has no option ${name}`, [
        ['known', Object.keys(known).join(' ')],
        ...(near === undefined ? [] : [['did you mean', near] as const]),
      ])
    }
    const problem = value === undefined ? undefined : check(value as never)
    if (problem !== undefined) throw wrong(`${where}: ${name} ${problem}`, [[name, shown(value)]])
  }
  for (const name of required) {
    const value = (options as Record<string, unknown>)[name]
    if (value === undefined) throw wrong(`${where}: ${name} is missing`)
  }
}

/**
 * The failure for a wrong declaration.
 * @example
 * throw wrong('a project has no name')
 */
export function wrong(what: string, facts: readonly Fact[] = []): UserError {
  return new UserError({ what, facts, hint: 'correct it in tasks.ts', status: 2 })
}

/**
 * A value in one line; an edge by its rule and first output.
 * @example
 * const text = described(['a', 'b'])
 */
export function described(value: unknown): string {
  return isEdge(value) ? `${value.rule} ${value.output.path}` : shown(value)
}

/** Edges in it are shortened: they know their outputs, and these know the edge. */
function shown(value: unknown): string {
  if (typeof value === 'string') return value === '' ? '""' : value
  if (typeof value === 'function') return 'a function'
  const short = (_: string, part: unknown): unknown => {
    if (isEdge(part)) return described(part)
    return isRecord(part) && 'kind' in part && part.kind === 'derived' ? 'a derived value' : part
  }
  return JSON.stringify(value, short) ?? String(value)
}

function isEdge(value: unknown): value is { readonly rule: string; readonly output: File } {
  return isRecord(value) && 'kind' in value && value.kind === 'edge'
}

interface File {
  readonly path: string
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Lists may be in lists. `undefined` in one is mostly a condition or a name that went wrong. */
function list(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'is not a list'
  for (let at = 0; at < value.length; at++) {
    const problem = value[at] === '' ? 'contains an empty word' : part(value[at])
    if (problem !== undefined) return problem
  }
  return undefined
}

/** A word of a command may be empty. */
function part(value: unknown): string | undefined {
  if (typeof value === 'string') return word(value)
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? command(value) : undefined
  return `contains something that is neither a word nor a handle: ${shown(value)}`
}

function command(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'is not a list'
  for (let at = 0; at < value.length; at++) {
    const problem = part(value[at])
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Neither a command nor the name of a file can contain a NUL byte. */
function word(value: string): string | undefined {
  return value.includes('\0') ? `contains a NUL byte: ${JSON.stringify(value)}` : undefined
}

function words(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'is not a list'
  const bad = value.findIndex((name) => typeof name !== 'string' || name === '')
  return bad === -1 ? undefined : `contains something that is not a name: ${shown(value[bad])}`
}

/** Paths, which their normal form checks. */
function paths(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'is not a list'
  const bad = value.findIndex((path) => typeof path !== 'string')
  return bad === -1 ? undefined : `contains something that is not a path: ${shown(value[bad])}`
}

function text(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'is not a text'
  if (value === '') return 'is empty'
  return word(value)
}

/** Values by name, each as a part of a command. */
function variables(value: unknown): string | undefined {
  if (!isRecord(value)) return "is not a record such as { NAME: 'value' }"
  for (const [name, own] of Object.entries(value)) {
    if (!/^[^=\0]+$/.test(name)) return `has a name that no variable can have: ${shown(name)}`
    const problem = own === undefined ? undefined : part(own)
    if (problem !== undefined) return `${name}: it ${problem}`
  }
  return undefined
}

/**
 * Checks for the values of options.
 * @example
 * checkOptions('greet', { names: ['you'] }, { names: checks.words })
 */
export const checks = {
  /** Words and handles, and lists of them; no empty word. */
  list,
  command,
  /** A word, a handle or a list of them. */
  part,
  /** Names. */
  words,
  paths,
  variables,
  text,
  /** A pattern for files, or several. */
  patterns: (value: unknown) => (typeof value === 'string' ? text(value) : words(value)),
  string: (value: unknown) => (typeof value === 'string' ? undefined : 'is not a text'),
  record: (value: unknown) => (isRecord(value) ? undefined : 'is not a record'),
  path: (value: unknown) =>
    typeof value === 'string' && value !== '' && !value.endsWith('/')
      ? word(value)
      : 'is not the path of a file',
  flag: (value: unknown) => (typeof value === 'boolean' ? undefined : 'is neither true nor false'),
  callable: (value: unknown) => (typeof value === 'function' ? undefined : 'is not a function'),
  any: () => undefined,
  oneOf:
    (...values: readonly string[]): ValueCheck =>
    (value: unknown) =>
      typeof value === 'string' && values.includes(value)
        ? undefined
        : `is not one of ${values.join(', ')}`,
  /** A handle of one kind, such as that of a tool. */
  handle:
    (...kinds: readonly string[]): ValueCheck =>
    (value: unknown) =>
      isRecord(value) && 'kind' in value && kinds.includes(String(value.kind))
        ? undefined
        : `is not what ${kinds.join(' or ')} returns`,
  /** Options in an option. */
  nested:
    (where: string, known: Readonly<Record<string, ValueCheck>>): ValueCheck =>
    (value: unknown) => {
      if (!isRecord(value)) return 'is not a record'
      checkOptions(where, value, known)
      return undefined
    },
} as const
