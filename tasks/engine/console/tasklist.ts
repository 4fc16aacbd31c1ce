// What the list of tasks says below the tasks: which names a family has. Adds no colours and prints nothing.
import type { ListedTask } from '../base/index.ts'

/** More names than this are counted: completion knows them all. */
const SHOWN = 100

/**
 * A paragraph for each list of names, with the families that have it where there are several lists.
 * @param columns how wide a line may be
 */
export function familyLines(tasks: readonly ListedTask[], columns: number): readonly string[] {
  const groups = new Map<string, { readonly names: readonly string[]; readonly of: string[] }>()
  for (const { name, names } of tasks) {
    if (names === undefined || names.length === 0) continue
    const key = [placeholderOf(name), ...names].join('\0')
    const group = groups.get(key) ?? { names, of: [] }
    group.of.push(name)
    groups.set(key, group)
  }
  return [...groups.values()].flatMap(({ names, of }) => {
    const placeholder = placeholderOf(of[0] ?? '')
    const head = groups.size === 1 ? `${placeholder}:` : `${placeholder} of ${of.join(', ')}:`
    const more = names.length - SHOWN
    const shown = more > 0 ? [...names.slice(0, SHOWN), `… and ${more} more`] : names
    return wrapped([head, ...shown], columns)
  })
}

function placeholderOf(name: string): string {
  return name.split(':').at(-1) ?? name
}

function wrapped(words: readonly string[], columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = `  ${word}`
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
