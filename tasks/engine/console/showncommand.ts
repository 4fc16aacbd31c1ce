// A command as a person can paste it.
import { type Invocation, quoteCommand, quoteWord } from '../base/index.ts'

/** The longest command that the kernel starts with the usual 8 MiB of stack: execve(2). In bytes. */
const ARG_MAX = 1 << 21

/** As much as is shown of a longer one. */
const SHOWN_OF_LONG = 4096

/** A command as it can be pasted. One that no shell could start is cut: nobody can paste it. */
export function shownCommand({ command, directory, environment = {} }: Invocation): string {
  const variables = Object.entries(environment).map(
    ([name, value]) => `${name}=${quoteWord(value)} `,
  )
  const started = `${variables.join('')}${quoteCommand(command)}`
  const text = directory === undefined ? started : `(cd ${quoteWord(directory)} && ${started})`
  if (text.length <= ARG_MAX) return text
  return `${text.slice(0, SHOWN_OF_LONG)} … (${text.length} characters, too long to be pasted)`
}
