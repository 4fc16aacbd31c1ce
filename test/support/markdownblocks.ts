// A page's blocks of commands with their output: what is typed, and what is shown for it.
export interface Typed {
  readonly command: string
  /** Shown lines; none where the page shows nothing of what it writes. */
  readonly shown: readonly string[]
  /** The line of the page. */
  readonly line: number
}

/** The fenced blocks of a page in one language. */
export function blocksOf(
  page: string,
  language: string,
): readonly { readonly text: string; readonly line: number }[] {
  const found: { text: string; line: number }[] = []
  for (const match of page.matchAll(/^```(\w+)[^\n]*\n([\s\S]*?)^```$/gm)) {
    const [, name, text = ''] = match
    if (name !== language) continue
    found.push({ text, line: page.slice(0, match.index).split('\n').length + 1 })
  }
  return found
}

/** Every command of a page's `console` blocks, in order. */
export function typedOn(page: string): Typed[] {
  return blocksOf(page, 'console').flatMap(({ text, line }) => {
    const typed: { command: string; shown: string[]; line: number }[] = []
    for (const [at, row] of text.trimEnd().split('\n').entries()) {
      if (row.startsWith('$ ')) typed.push({ command: row.slice(2), shown: [], line: line + at })
      else typed.at(-1)?.shown.push(row)
    }
    return typed
  })
}

/** What may be shown as this line: numbers and what was executed are never the same twice. */
export function patternOf(shown: string): RegExp {
  if (/^\d+ +\S+ +\/\S+$/.test(shown)) return /^\d+ +\S.* \S*$/
  const escaped = shown.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const loose = escaped.replace(/\d+(\\\.\d+)*/g, '[\\d.]+').replace(/ +/g, ' +')
  return new RegExp(`^${loose.replace('Linux +[\\d.]+:', 'Linux +\\S+:')}$`)
}

/**
 * What is wrong with an output, a sentence each. Without `…` the lines are these, in this order;
 * with it, each is somewhere.
 */
export function differences(shown: readonly string[], output: string): string[] {
  const lines = output.trimEnd().split('\n')
  const wanted = shown.filter((line) => line !== '…')
  if (wanted.length < shown.length) {
    return wanted
      .filter((line) => !lines.some((other) => patternOf(line).test(other)))
      .map((line) => `no line is like: ${line}`)
  }
  if (lines.length !== wanted.length) return [`${lines.length} lines, not ${wanted.length}`]
  return wanted
    .filter((line, at) => !patternOf(line).test(lines[at] ?? ''))
    .map((line) => `not as shown: ${line}`)
}
