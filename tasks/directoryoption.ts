// What must be known of a command line before anything of the engine is loaded: its folders, and how failures
// are to be shown. Knows no other option.

/**
 * How the command `bpf-tasks` passes on where it was called, as the first of the words: it works in the folder
 * of tasks.ts, but names are typed as from there. In the words, so that a run that is started anew has it too.
 */
const CALLED_FROM = '--called-from='

/** @param words of the command line, without the runtime and the script */
export function calledFrom(words: readonly string[]): {
  readonly from: string | undefined
  readonly rest: readonly string[]
} {
  const [first = '', ...rest] = words
  if (!first.startsWith(CALLED_FROM)) return { from: undefined, rest: words }
  return { from: first.slice(CALLED_FROM.length), rest }
}

/** The words with where they were typed. */
export function withCalledFrom(from: string, words: readonly string[]): readonly string[] {
  return [CALLED_FROM + from, ...words]
}

/**
 * Takes `-C DIR`, `-CDIR`, `--directory DIR` and `--directory=DIR` out of some words. The last one counts.
 * One without a folder is left, for the engine to refuse.
 * @param words of the command line, without the runtime and the script
 */
export function directoryOption(words: readonly string[]): {
  readonly directory: string | undefined
  readonly rest: readonly string[]
} {
  const own = ownWords(words)
  const rest: string[] = []
  let directory: string | undefined
  for (let at = 0; at < own.length; at++) {
    const word = own[at] ?? ''
    const next = own[at + 1]
    if ((word === '-C' || word === '--directory') && next !== undefined) {
      directory = next
      at++
    } else if (/^(?:-C.|--directory=)/s.test(word)) {
      directory = word.replace(/^(?:-C|--directory=)/, '')
    } else rest.push(word)
  }
  return { directory, rest: [...rest, ...words.slice(own.length)] }
}

/** Does a command line ask for JSON? Known even if the rest of it cannot be read. */
export function asksForJson(words: readonly string[]): boolean {
  return ownWords(words).includes('--json')
}

/** Those before `--`: what follows it is for a task. */
function ownWords(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--')
  return end === -1 ? words : words.slice(0, end)
}
