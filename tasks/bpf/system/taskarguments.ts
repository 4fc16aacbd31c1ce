// The words after `--` of a task, told apart: options with a value, and the rest. Reads nothing else.
import { didYouMean, UserError } from '../../engine/index.ts'

export interface Arguments {
  /** What an option was given, in order; empty where it was not. */
  readonly all: (option: string) => readonly string[]
  /** The last that an option was given; '' for a flag. */
  readonly last: (option: string) => string | undefined
  /** Words that are no options. */
  readonly rest: readonly string[]
}

/**
 * @param known options without dashes, each with what its value is called; '' for a flag, which has none
 * @throws UserError with status 2 for an unknown option or a missing value
 */
export function parseTaskArguments(
  words: readonly string[],
  known: Readonly<Record<string, string>>,
): Arguments {
  const values = new Map<string, string[]>()
  const rest: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (!word.startsWith('--')) {
      rest.push(word)
      continue
    }
    const [, name = '', given] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? []
    const value = known[name]
    if (value === undefined) throw unknownOption(name, Object.keys(known))
    if (value === '' && given !== undefined) {
      throw new UserError({ what: `--${name} takes no value`, status: 2 })
    }
    const text = value === '' ? '' : (given ?? words[++at])
    if (text === undefined) {
      throw new UserError({ what: `--${name} needs a value: --${name} ${value}`, status: 2 })
    }
    values.set(name, [...(values.get(name) ?? []), text])
  }
  return {
    all: (option) => values.get(option) ?? [],
    last: (option) => values.get(option)?.at(-1),
    rest,
  }
}

function unknownOption(name: string, known: readonly string[]): UserError {
  const near = didYouMean(name, known)
  return new UserError({
    what: `this task has no option --${name}`,
    facts: [['it has', known.map((option) => `--${option}`).join(' ')]],
    ...(near === undefined ? {} : { hint: `did you mean --${near}?` }),
    status: 2,
  })
}
