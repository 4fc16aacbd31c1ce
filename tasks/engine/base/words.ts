// Splits text into words as a shell would, and quotes words for a shell. Runs nothing.
import { UserError } from './failure.ts'

/**
 * Splits text as a POSIX shell does, with quotes and backslashes, but without expansions: `$`, `*` and the
 * like are ordinary characters.
 * @param name the setting that the text comes from, for the message
 * @throws UserError if a quote is not closed
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
      // A backslash before a newline continues the line; both are dropped.
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
 * Quotes a word so that it can be pasted into a shell.
 * @example
 * const shown = quoteWord('two words')
 */
export function quoteWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  // A terminal would act on control characters.
  if (/[\u0000-\u001f\u007f-\u009f]/.test(word)) {
    return `$'${word.replace(/[\\'\u0000-\u001f\u007f-\u009f]/g, (c) =>
      c === '\\' || c === "'" ? `\\${c}` : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )}'`
  }
  return `'${word.replaceAll("'", `'\\''`)}'`
}

/**
 * Quotes a command so that it can be pasted into a shell.
 * @example
 * const shown = quoteCommand(['echo', 'two words'])
 */
export function quoteCommand(words: readonly string[]): string {
  return words.map(quoteWord).join(' ')
}
