// The files that @FILE in a command stands for: the compiler puts the words in them in its place.
//
// https://gcc.gnu.org/onlinedocs/gcc/Overall-Options.html
import { type Arg, derive, type Input, splitWords, text } from '../../engine/index.ts'
import { wordsOf } from './compileflags.ts'

/** Most commands share their flags, and so the question. */
const known = new WeakMap<object, Input>()

/** The response files among some words, and those that they name themselves. */
export function responseFiles(arg: Arg): Input {
  if (typeof arg === 'string') return namedIn(arg).map((path) => whole(path, new Set()))
  if (Array.isArray(arg)) return (arg as readonly Arg[]).flatMap(responseFiles)
  const handle = arg as Exclude<Arg, string | readonly Arg[]>
  if (handle.kind !== 'derived' && handle.kind !== 'setting') return []
  const found =
    known.get(handle) ??
    derive(
      [wordsOf(handle)],
      (words): Input => words.flatMap(namedIn).map((path) => whole(path, new Set())),
    )
  known.set(handle, found)
  return found
}

/** If there is no such file, the compiler takes the word literally, and nothing is an input. */
function whole(path: string, above: ReadonlySet<string>): Input {
  return derive([text(path)], (said): Input => {
    if (said === undefined || above.has(path)) return []
    const seen = new Set([...above, path])
    return [
      path,
      splitWords(said, path)
        .flatMap(namedIn)
        .map((inner) => whole(inner, seen)),
    ]
  })
}

/** `@FILE`, also where the linker gets it: `-Wl,@FILE`. */
function namedIn(word: string): string[] {
  const words = word.startsWith('-Wl,') ? word.split(',').slice(1) : [word]
  return words.flatMap((one) => (/^@./.test(one) ? one.slice(1) : []))
}
