// Which files a link reads that its command does not name by path: libraries of -l, scripts, start files.
//
// GNU ld since 2.35, gold, lld and mold write that down themselves; with another linker, the libraries that
// -l names are looked for in the folders of -L.
import { type Arg, type Derived, derive, glob, type Input, probe } from '../../engine/index.ts'
import { literalPattern } from '../system/index.ts'
import { wordsOf } from './compileflags.ts'
import { compilerEnvironment } from './settings.ts'

/** What an edge needs so that it reads what its link reads. */
export interface LinkReads {
  readonly depfile: string
  readonly depfileIf: Arg
  /** Where a library is looked for: one that appears earlier is another one. */
  readonly searchPath: readonly Arg[]
  /** Files to add to its inputs. */
  readonly inputs: Derived<Input>
  /** Words to add to its command. */
  readonly words: Arg
}

/** @param flags of the link: what names libraries, folders or the linker */
export function linkReads(compiler: Arg, flags: Arg, output: string): LinkReads {
  const depfile = `${output}.d`
  const words = wordsOf(flags)
  const writes = probe({
    name: 'the linker writes a dependency file',
    command: [compiler, derive([words], linkerWords), ...EMPTY_LIBRARY],
    environment: compilerEnvironment,
    depfile: (path) => [`${OPTION}${path}`],
    read: ({ status }) => (status === 0 ? [OPTION] : []),
  })
  return {
    depfile,
    depfileIf: writes,
    searchPath: [derive([words], libraryFolders)],
    inputs: derive([writes, words], ([can], all) =>
      can === undefined ? librariesOf(all).map((pattern) => glob(pattern)) : [],
    ),
    words: derive([writes], ([can]) => (can === undefined ? [] : [`${can}${depfile}`])),
  }
}

const EMPTY_LIBRARY = ['-shared', '-x', 'c', '/dev/null', '-o', '/dev/null'] as const
const OPTION = '-Wl,--dependency-file='

/** Those that decide which linker it is. */
function linkerWords(words: readonly string[]): string[] {
  return words.filter((word) =>
    /^(-fuse-ld=|--ld-path=|-B.|-m(16|32|64|x32)$|--target=)/.test(word),
  )
}

/** The folders of `-L`, first one first. */
export function libraryFolders(words: readonly string[]): string[] {
  return valuesOf(words, '-L').filter((folder) => !folder.startsWith('='))
}

/** Where each library of `-l` may be in the folders of `-L`, as patterns. */
export function librariesOf(words: readonly string[]): string[] {
  const names = valuesOf(words, '-l').map((name) =>
    name.startsWith(':') ? literalPattern(name.slice(1)) : `lib${literalPattern(name)}.{so,a}`,
  )
  return libraryFolders(words).flatMap((folder) =>
    names.map((name) => `${literalPattern(folder)}/${name}`),
  )
}

/** `-Lx` and `-L x` */
function valuesOf(words: readonly string[], option: string): string[] {
  return words.flatMap((word, at) => {
    if (word === option) return words[at + 1] ?? []
    return word.startsWith(option) ? word.slice(option.length) : []
  })
}
