// The public names of the package, each with the doc comment over its declaration.
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { repository } from './tree.ts'

export interface PublicName {
  readonly name: string
  /** Where it is declared, from the repository's root. */
  readonly file: string
  /** Empty where there is none. */
  readonly comment: string
}

/** What the doors of the package hand on: what is exported there is public. */
const doors = ['tasks/engine/room.ts', 'tasks/bpf/room.ts'] as const

export function publicNames(): PublicName[] {
  return doors.flatMap((door) => {
    const text = readFileSync(join(repository, door), 'utf8')
    const passedOn = text.matchAll(/export (?:type )?\{([^}]*)\} from '([^']+)'/g)
    const own = text.matchAll(/export const (\w+)/g)
    return [
      ...[...passedOn].flatMap(([, names = '', from = '']) => {
        const file = relative(repository, join(repository, dirname(door), from))
        return names
          .split(',')
          .map((name) => name.replace(/\btype\b/, '').trim())
          .filter((name) => name !== '')
          .map((name) => ({ name, file, comment: commentOn(name, file) }))
      }),
      ...[...own].map(([, name = '']) => ({ name, file: door, comment: commentOn(name, door) })),
    ]
  })
}

/** The comment that ends right above the first declaration of a name. */
function commentOn(name: string, file: string): string {
  const text = readFileSync(join(repository, file), 'utf8')
  const kinds = 'interface|type|const|function|async function|class'
  const found = new RegExp(`^export (?:${kinds}) ${name}\\b`, 'm').exec(text)
  if (found === null) throw new Error(`${file} does not declare ${name}`)
  const before = text.slice(0, found.index)
  const start = before.lastIndexOf('/**')
  const comment = before.slice(start)
  return start !== -1 && /\*\/\n$/.test(comment) && comment.indexOf('*/') === comment.length - 3
    ? comment
    : ''
}

/** The code of each example in a file's doc comments, with the line where it begins. */
export function examplesIn(file: string): { readonly code: string; readonly line: number }[] {
  const text = readFileSync(join(repository, file), 'utf8')
  return [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap((comment) =>
    [...comment[0].matchAll(/@example\b([\s\S]*?)(?=\n\s*\* @|\*\/)/g)].map(
      ({ 1: body = '', index }) => ({
        code: body.replace(/^\s*\* ?/gm, '').trim(),
        line: text.slice(0, comment.index + index).split('\n').length,
      }),
    ),
  )
}
