// Finds `-C DIR` in a command line before anything of the engine is loaded. Knows no other option.

/**
 * Takes `-C DIR`, `-CDIR`, `--directory DIR` and `--directory=DIR` out of some words. The last one counts.
 * One without a folder is left, for the engine to refuse.
 * @param words of the command line, without the runtime and the script
 */
export function directoryOption(words: readonly string[]): {
  readonly directory: string | undefined
  readonly rest: readonly string[]
} {
  const end = words.indexOf('--')
  const own = end === -1 ? words : words.slice(0, end)
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
