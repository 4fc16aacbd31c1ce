// C and C++ of user space: objects that programs share, and the programs, linked with libbpf.
import {
  type Arg,
  type Derived,
  derive,
  type Edge,
  edge,
  type Input,
  source as sourceFile,
} from '../../engine/index.ts'
import {
  cc,
  colourFlags,
  compilerEnvironment,
  cxx,
  extraCflags,
  extraLdflags,
  libelfNeeds,
  linkReads,
  remedies,
  responseFiles,
  searchedFolders,
  userCflags,
  userCxxflags,
  userLdflags,
} from '../toolchain/index.ts'
import type { LibbpfChoice } from './choices.ts'
import { foldersOf, headersOf, includeFlags } from './includes.ts'
import { librarySearch, linkerOf, sharedLibbpfWords } from './library.ts'
import {
  defineFlags,
  type LinkOptions,
  type Objects,
  pathOf,
  type SourceFile,
  USUAL_FLAGS,
  type UserOptions,
} from './options.ts'

/**
 * An object of user space, by the rule that makes it.
 * @example
 * const objects: UserObject[] = [bpf.userObject('helpers.c')]
 */
export type UserObject = Edge<'CC' | 'CXX' | 'EMBED'>

/**
 * A program of user space.
 * @example
 * const loader: Loader = bpf.loader('x.c')
 */
export type Loader = Edge<'LINK'>

export interface UserSpec extends UserOptions {
  readonly libbpf: Derived<LibbpfChoice>
}

export interface ProgramSpec extends Omit<LinkOptions, 'libbpf'> {
  readonly libbpf: Derived<LibbpfChoice>
  readonly libbpfLink: LinkOptions['libbpf']
  /** Flags of the compiles that matter to a link too, such as -flto or -fsanitize=address. */
  readonly flags?: readonly Arg[]
  readonly cflags?: readonly Arg[]
}

/** What a compiler takes as C++. */
export function isCxx(source: string): boolean {
  return /\.(cc|cpp|cxx|C)$/.test(source)
}

/** What the user sets for C or for C++. */
function userFlags(plus: boolean): Arg {
  return plus ? userCxxflags : userCflags
}

/** x.c to x.o */
export function userObject(
  source: SourceFile,
  output: string,
  options: UserSpec,
): Edge<'CC' | 'CXX'> {
  const { cflags = USUAL_FLAGS, flags = [] } = options
  const depfile = `${output}.d`
  const path = pathOf(source)
  const plus = isCxx(path)
  const compiler = plus ? cxx : cc
  const words = [cflags, includeFlags(foldersOf(options)), flags, userFlags(plus), extraCflags]
  return edge({
    rule: plus ? 'CXX' : 'CC',
    outputs: [output],
    inputs: [source, responseFiles(words)],
    orderOnly: headersOf(options),
    depfile,
    searchPath: [searchedFolders(compiler, words, plus ? 'c++' : 'c')],
    environment: compilerEnvironment,
    remedy: remedies.user,
    command: [
      compiler,
      words,
      [defineFlags(options.defines), colourFlags],
      ['-MD', '-MF', depfile, '-c', sourceFile(path), '-o', output],
    ],
  })
}

/** Objects and libbpf to a program. */
export function linkedProgram(
  objects: readonly Objects[],
  output: string,
  options: ProgramSpec,
): Loader {
  const { static: isStatic = false } = options
  const { cflags = USUAL_FLAGS, flags = [] } = options
  const linker = linkerOf(objects)
  const { compiler } = linker
  const compile = [cflags, flags, linker.flags, extraCflags, userLdflags]
  const bpf = libbpfWords(options, output)
  const libraries = [bpf.more, ...(options.libraries ?? [])]
  const given = [compile, libraries, extraLdflags]
  const { inputs, words, ...reads } = linkReads(compiler, given, output)
  return edge({
    rule: 'LINK',
    outputs: [output],
    inputs: [objects as readonly Input[], bpf.files, responseFiles(given), inputs],
    ...reads,
    environment: compilerEnvironment,
    remedy: remedies.link,
    command: [
      compiler,
      compile,
      objects as readonly Arg[],
      bpf.words,
      [isStatic ? '-static' : [], libraries],
      librarySearch(objects, output),
      [extraLdflags, words, '-o', output],
    ],
  })
}

/** How libbpf is linked: words right behind the objects, words behind these, and what must be there first. */
function libbpfWords(
  { libbpf, libbpfLink = 'static', static: isStatic }: ProgramSpec,
  output: string,
): { readonly words: Arg; readonly more: Arg; readonly files: Input } {
  if (libbpfLink === 'none') return { words: [], more: [], files: [] }
  if (libbpfLink === 'shared' && isStatic !== true) {
    const { words, files } = sharedLibbpfWords(libbpf, output)
    return { words: [], more: words, files }
  }
  // An upgrade of libbpf is a change of an input.
  const archive = derive([libbpf], (chosen): Input => chosen.archive)
  return {
    words: [archive as Arg, '-lelf', '-lz', isStatic === true ? libelfNeeds : []],
    more: [],
    files: archive,
  }
}
