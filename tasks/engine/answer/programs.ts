// Which programs the first words of a command start, behind launchers too, and what makes each the same.
import { basename, delimiter, join, resolve } from 'node:path'
import type { Disk } from '../files/index.ts'

/** They start what the words after their own name: `ccache gcc`, `env A=b cc`. */
const LAUNCHERS: readonly string[] = ['ccache', 'sccache', 'distcc', 'icecc', 'env']

/** The content of a program as small as most scripts counts too: it is read in no time. In bytes. */
const SMALL = 1 << 16

export interface Started {
  /** The words, with programs by their paths. */
  readonly words: readonly string[]
  /** Paths of the programs that these words name; the last one is what the others start. */
  readonly programs: readonly string[]
}

/** The programs of one build, each looked up once. */
export class Programs {
  readonly #disk: Disk
  readonly #path: readonly string[]
  readonly #found = new Map<string, string | undefined>()
  readonly #identities = new Map<string, string>()
  /** By the first word of commands. */
  readonly #started = new Map<string, string>()

  readonly #setting: (name: string) => string | undefined

  /**
   * @param path folders to look in, absolute
   * @param setting gives what launchers read
   */
  constructor(
    disk: Disk,
    path: readonly string[],
    setting: (name: string) => string | undefined = () => undefined,
  ) {
    this.#disk = disk
    this.#path = path
    this.#setting = setting
  }

  /**
   * Follows words as a launcher does, up to the first option of a program.
   * @param isAny take any program for a launcher: in a setting, `wrapper gcc` can mean nothing else
   */
  follow(given: readonly string[], isAny = false): Started {
    const words = [...given]
    const programs: string[] = []
    let path = this.#path
    let isEnv = false
    for (const [at, word] of words.entries()) {
      if (programs.length > 0 && /^\w+=/.test(word)) {
        if (isEnv && word.startsWith('PATH=')) path = foldersOf(word.slice('PATH='.length))
        continue
      }
      if (isEnv && (/^-(i|-?ignore-environment)?$|^-u./.test(word) || words[at - 1] === '-u'))
        continue
      if (isEnv && word === '-u') continue
      if (word.startsWith('-')) break
      const program = this.find(word, path)
      if (program === undefined) break
      words[at] = program
      programs.push(program)
      const name = basename(program)
      isEnv = name === 'env'
      if (!isAny && !LAUNCHERS.includes(name)) break
    }
    return { words, programs }
  }

  /** Where a program is, by path from the root or by name. */
  find(word: string, path: readonly string[] = this.#path): string | undefined {
    if (path !== this.#path) return this.#look(word, path)
    if (!this.#found.has(word)) this.#found.set(word, this.#look(word, path))
    return this.#found.get(word)
  }

  #look(word: string, path: readonly string[]): string | undefined {
    const places = word.includes('/')
      ? [resolve(this.#disk.root, word)]
      : path.map((folder) => programIn(folder, word))
    return places.find((place) => this.#disk.isExecutable(place))
  }

  /** A script may start another program each time: what it is says nothing about what it runs. */
  isScript(program: string): boolean {
    return this.#disk.startsWith(program, '#!')
  }

  /**
   * The programs that something of this name may start in its turn: a link to a program of another name
   * may be a launcher in disguise (`/usr/lib/ccache/cc`), and so may a script. Such a launcher looks for
   * its own name in PATH; ccache looks in CCACHE_PATH as well, or starts CCACHE_COMPILER.
   */
  behind(program: string): readonly string[] {
    const real = this.#disk.realPath(program) ?? program
    const name = basename(program)
    const isCcache = basename(real) === 'ccache'
    const places = isCcache ? [this.find(this.#setting('CCACHE_COMPILER') || '/') ?? ''] : []
    if (name !== basename(real) || this.isScript(real)) {
      const more = isCcache ? foldersOf(this.#setting('CCACHE_PATH') ?? '') : []
      places.push(...[...this.#path, ...more].map((folder) => programIn(folder, name)))
    }
    const reals = places
      .filter((other) => this.#disk.isExecutable(other))
      .map((other) => this.#disk.realPath(other) ?? other)
    return [...new Set(reals)].filter((other) => other !== real)
  }

  /** What makes these the same programs, and those behind them. */
  identity(programs: readonly string[]): string {
    return this.#withThoseBehind(programs)
      .map((program) => this.#identity(program))
      .join('; ')
  }

  /** Real paths of these programs, and of those behind them. */
  files(programs: readonly string[]): readonly string[] {
    return this.#withThoseBehind(programs).map((program) => this.#disk.realPath(program) ?? program)
  }

  #withThoseBehind(programs: readonly string[]): readonly string[] {
    return programs.flatMap((program) => [program, ...this.behind(program)])
  }

  /** The same for what a command starts by name or absolute path; '' where it starts nothing so. */
  started(words: readonly string[], from = 0): string {
    const first = words[from] ?? ''
    let known = this.#started.get(first)
    if (known !== undefined) return known
    known = this.identity(this.startedPrograms(words, from))
    // What a launcher starts is said by the words after it.
    if (!isLauncher(first)) this.#started.set(first, known)
    return known
  }

  /** The programs that a command starts by name or absolute path. */
  startedPrograms(words: readonly string[], from = 0): readonly string[] {
    const first = words[from] ?? ''
    if (first.includes('/') && !first.startsWith('/')) return []
    return this.follow(isLauncher(first) ? words.slice(from) : [first]).programs
  }

  /** Real path, size and time, and the content of a small one. */
  #identity(program: string): string {
    let known = this.#identities.get(program)
    if (known === undefined) {
      const real = this.#disk.realPath(program) ?? program
      const stat = this.#disk.stat(real)
      known = `${real} ${stat?.size} ${Math.floor(stat?.mtime ?? 0)}`
      if (stat !== undefined && stat.size <= SMALL) known += ` ${this.#disk.digest(real)}`
      this.#identities.set(program, known)
    }
    return known
  }
}

function isLauncher(word: string): boolean {
  return LAUNCHERS.includes(basename(word))
}

/** The folders of a PATH that name one place, wherever a command runs. */
export function foldersOf(path: string): string[] {
  return path.split(delimiter).filter((folder) => folder.startsWith('/'))
}

/** As it is to be started: a name without a slash would be looked for in PATH. */
export function programIn(folder: string, name: string): string {
  const path = join(folder, name)
  return path.includes('/') ? path : `./${path}`
}
