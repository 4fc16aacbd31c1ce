// What is typed while a build watches: a letter and Enter. Lines, not single keys: the terminal stays as it is,
// so Ctrl-C and Ctrl-Z work as ever, and nothing has to be put back when this process is killed.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { unlessErrno } from '../base/index.ts'

/** By the letter: what it does, in words, and what does it. */
export type Keys = Readonly<Record<string, { readonly about: string; readonly act: () => void }>>

/**
 * Listens until the returned function is called. Does nothing without a terminal, and in the background, where
 * reading from the terminal would stop this process.
 */
export function listenToKeys(keys: Keys): () => void {
  const { stdin, stdout } = process
  if (!stdin.isTTY || !stdout.isTTY || !isForeground()) return () => {}
  const lines = createInterface({ input: stdin, terminal: false })
  lines.on('line', (line) => keys[line.trim()]?.act())
  return () => {
    lines.close()
    stdin.unref()
  }
}

/** The keys in one line: `r build again, q quit`. */
export function keysText(keys: Keys): string {
  return Object.entries(keys)
    .map(([key, { about }]) => `${key} ${about}`)
    .join(', ')
}

/** Is this process in the group that the terminal reads for? proc_pid_stat(5). */
function isForeground(): boolean {
  const stat = unlessErrno(() => readFileSync('/proc/self/stat', 'latin1')) ?? ''
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return group !== undefined && group === foreground
}
