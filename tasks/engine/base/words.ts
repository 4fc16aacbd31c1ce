// Text that people write as a shell would read it, to words and back. Runs nothing.
import { UserError } from './failure.ts'

/**
 * Splits as a POSIX shell splits a line without expansions: white space separates, quotes and
 * backslashes keep. `$`, `*` and the like are letters here.
 * @param name the setting that the text came from, for the message
 * @throws UserError where a quote is not closed
 * @example
 * const flags = splitWords('-g -DNAME="two words"', 'CFLAGS')
 */
export function splitWords(text: string, name: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let quote: string | undefined
  for (let at = 0; at < text.length; at++) {
    const c = text.charAt(at)
    if (quote === "'") {
      if (c === "'") quote = undefined
      else word += c
    } else if (c === '\\') {
      const next = text.charAt(at + 1)
      if (next === '') {
        word = (word ?? '') + c
        break
      }
      const special =
        quote === undefined || next === '"' || next === '\\' || next === '$' || next === '`'
      // A backslash before a newline continues the line: both are gone.
      if (next !== '\n') word = (word ?? '') + (special ? next : c + next)
      at++
    } else if (quote === '"') {
      if (c === '"') quote = undefined
      else word += c
    } else if (c === "'" || c === '"') {
      quote = c
      word ??= ''
    } else if (c === ' ' || c === '\t' || c === '\n') {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      word = (word ?? '') + c
    }
  }
  if (quote !== undefined) {
    throw new UserError({
      what: `a quote in ${name} is not closed`,
      facts: [[name, text]],
      hint: `close it: ${name}="-DTEXT='two words'"`,
      status: 2,
    })
  }
  if (word !== undefined) words.push(word)
  return words
}

/**
 * One word as a person can paste it into a shell.
 * @example
 * const shown = quoteWord('two words')
 */
export function quoteWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  // Control characters would act on the terminal that shows them.
  if (/[\u0000-\u001f\u007f-\u009f]/.test(word)) {
    return `$'${word.replace(/[\\'\u0000-\u001f\u007f-\u009f]/g, (c) =>
      c === '\\' || c === "'" ? `\\${c}` : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )}'`
  }
  return `'${word.replaceAll("'", `'\\''`)}'`
}

/**
 * A command as a person can paste it into a shell.
 * @example
 * const shown = quoteCommand(['echo', 'two words'])
 */
export function quoteCommand(words: readonly string[]): string {
  return words.map(quoteWord).join(' ')
}
