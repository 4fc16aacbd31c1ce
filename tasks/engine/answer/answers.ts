// Settings, globs, tools, probes and derived values, answered for one walk of the graph.
//
// Asking is synchronous. What only a command can answer is open until it has run: the question is
// collected, and whatever depends on it is open too. Whoever walks answers what is open and walks again,
// which is sound because declarations are pure.
import { type Fact, inTree, normalPath, UserError } from '../base/index.ts'
import type {
  AnswerOf,
  Arg,
  Askable,
  Derived,
  Edge,
  File,
  FoundTool,
  Input,
  Probe,
  Setting,
  Tool,
} from '../declare/index.ts'
import type { Disk } from '../files/index.ts'
import { findTool } from './findtool.ts'
import { stampText } from './foldersread.ts'
import { foldersOf, Programs } from './programs.ts'
import { type Known, OPEN, type Open, type Question } from './question.ts'

/** What answering needs from outside. */
export interface World {
  readonly disk: Disk
  /** NAME=VALUE of the command line before the environment's; '' counts as not set. */
  readonly setting: (name: string) => string | undefined
  /** What is known of a question, where that still holds; undefined: it is open. */
  readonly known: (question: Question) => Known | undefined
  /** Folders to look for programs in. */
  readonly path: readonly string[]
  /** True for a file that an edge makes: it is not a source, and what it says is not known yet. */
  readonly isMade: (path: string) => boolean
  /** Variables that commands get though nobody declared them, and that could change what they make. */
  readonly counted?: Readonly<Record<string, string>>
  /** Names of variables that the user has and commands do not get. */
  readonly withheld?: readonly string[]
  /** Are cosmetic words wanted? */
  readonly colour: boolean
}

export class Answers {
  readonly #world: World
  /** Files that decided something as sources: their text was asked, or a pattern matched them. */
  readonly sources = new Set<string>()
  /** Questions to be answered before all is known, by key. */
  readonly open = new Map<string, Question>()
  /** See {@link World.counted}. */
  readonly counted: Readonly<Record<string, string>>
  readonly #known = new Map<Askable, unknown>()
  readonly #programs: Programs
  #isCollecting = true

  constructor(world: World) {
    this.#world = world
    this.counted = world.counted ?? {}
    this.#programs = new Programs(world.disk, world.path, world.setting)
  }

  /**
   * The answer, once nothing that it depends on is open.
   * @throws UserError where there is none
   */
  ask<A extends Askable>(what: A): AnswerOf<A> {
    const answer = this.tryAsk(what)
    if (answer === OPEN) throw new Error('a value was needed before it was known')
    return answer
  }

  /**
   * The answer, or {@link OPEN}; then {@link open} has the questions to be answered first.
   * @throws UserError where there is none
   */
  tryAsk<A extends Askable>(what: A): AnswerOf<A> | Open {
    let answer = this.#known.get(what)
    if (answer === undefined && !this.#known.has(what)) {
      answer = this.#answer(what)
      if (answer !== OPEN) this.#known.set(what, answer)
    }
    return answer as AnswerOf<A> | Open
  }

  /** Collects what a part of a command will ask; what fails is for whoever needs it to say. */
  collect(arg: Arg | undefined): void {
    if (arg === undefined || typeof arg === 'string') return
    try {
      this.addWords(arg, [], undefined)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
    }
  }

  /** The words that a part of a command stands for. */
  words(
    arg: Arg | undefined,
    onTool?: (tool: Tool, found: FoundTool) => readonly string[],
  ): string[] {
    const words: string[] = []
    this.addWords(arg, words, onTool)
    return words
  }

  /** Folders in which an edge's command looks, first one first, by the names that the tree has for them. */
  searchPath({ searchPath }: Edge): string[] {
    const folders = this.words(searchPath).filter((folder) => folder !== '')
    return folders.map((folder) => this.inTree(normalPath(folder).replace(/(?<=.)\/$/, '')))
  }

  /** The tree's name for a normal path. */
  inTree(path: string): string {
    return inTree(path, this.#world.disk.root)
  }

  /** The programs that a command finds. @param path a PATH of its own */
  programsIn(path: Arg | undefined): Programs {
    const own = path === undefined ? '' : this.words(path).join(' ')
    if (own === '') return this.#programs
    return new Programs(this.#world.disk, foldersOf(own), this.#world.setting)
  }

  /** Does some work in which no question for a command that comes up is asked: what is open then stays open. */
  withoutAsking<T>(work: () => T): T {
    const before = this.#isCollecting
    this.#isCollecting = false
    try {
      return work()
    } finally {
      this.#isCollecting = before
    }
  }

  /** The files that inputs stand for, in order, each path once. */
  files(inputs: Input | undefined): readonly File[] {
    return this.filesSoFar(inputs).files
  }

  /** The same, and whether that is all: what is open is left out. */
  filesSoFar(inputs: Input | undefined): {
    readonly files: readonly File[]
    readonly isAll: boolean
  } {
    if (isList(inputs) && inputs.length === 0) return ALL_OF_NOTHING
    const files: File[] = []
    const isAll = this.eachFile(inputs, (path, file) =>
      files.push(file ?? { kind: 'source', path }),
    )
    return { files: files.length < 2 ? files : eachOnce(files), isAll }
  }

  /** The same, a path as often as it is named. */
  allFiles(inputs: Input | undefined): readonly File[] {
    const files: File[] = []
    this.eachFile(inputs, (path, file) => files.push(file ?? { kind: 'source', path }))
    return files
  }

  /**
   * Adds the words that a part of a command stands for; none for what is open.
   * @param onTool gives those of a tool
   * @returns false where something is open
   */
  addWords(
    arg: Arg | undefined,
    words: string[],
    onTool: ((tool: Tool, found: FoundTool) => readonly string[]) | undefined,
  ): boolean {
    if (arg === undefined) return true
    if (typeof arg === 'string') {
      words.push(arg)
      return true
    }
    if (isList(arg)) {
      let isKnown = true
      for (const part of arg) isKnown = this.addWords(part, words, onTool) && isKnown
      return isKnown
    }
    switch (arg.kind) {
      case 'source':
      case 'output':
        words.push(arg.path)
        return true
      case 'edge':
        for (const output of arg.outputs) words.push(output.path)
        return true
      case 'tool': {
        const found = this.tryAsk(arg)
        if (found === OPEN) return false
        words.push(...(onTool === undefined ? found.words : onTool(arg, found)))
        return true
      }
      case 'setting': {
        const value = this.tryAsk(arg)
        if (value !== undefined && value !== OPEN) words.push(value)
        return value !== OPEN
      }
      case 'probe':
      case 'glob': {
        const answer = this.tryAsk(arg)
        if (answer === OPEN) return false
        words.push(...answer)
        return true
      }
      case 'cosmetic':
        // Cosmetic words are asked for only when running; a fingerprint passes `onTool`.
        if (this.#world.colour && onTool === undefined) words.push(...arg.words)
        return true
      case 'unlisted':
        return this.addWords(arg.words, words, onTool)
      case 'derived': {
        const value = this.tryAsk(arg)
        return value !== OPEN && this.addWords(value, words, onTool)
      }
      default:
        return unreachable(arg)
    }
  }

  /**
   * Calls back for each file that inputs stand for, in order, as often as it is named; with undefined
   * where nothing is known of it but its path.
   * @returns false where something is open, which is left out
   */
  eachFile(
    input: Input | undefined,
    visit: (path: string, file: File | undefined) => void,
  ): boolean {
    if (input === undefined) return true
    if (typeof input === 'string') {
      visit(this.inTree(normalPath(input)), undefined)
      return true
    }
    if (isList(input)) {
      let isAll = true
      for (let at = 0; at < input.length; at++) {
        const part = input[at]
        if (typeof part === 'string') visit(this.inTree(normalPath(part)), undefined)
        else isAll = this.eachFile(part, visit) && isAll
      }
      return isAll
    }
    switch (input.kind) {
      case 'source':
      case 'output':
        this.#visitFile(input, visit)
        return true
      case 'edge':
        for (const output of input.outputs) this.#visitFile(output, visit)
        return true
      case 'glob':
      case 'derived': {
        const files = this.tryAsk(input)
        return files !== OPEN && this.eachFile(files, visit)
      }
      default:
        return unreachable(input)
    }
  }

  #visitFile(file: File, visit: (path: string, file: File) => void): void {
    const path = this.inTree(file.path)
    visit(path, path === file.path ? file : { ...file, path })
  }

  #answer(what: Askable): unknown {
    switch (what.kind) {
      case 'setting':
        return this.#world.setting(what.name) || what.default
      case 'glob': {
        const { patterns } = what
        const found = this.#question({ kind: 'glob', key: `glob: ${patterns.join(' ')}`, patterns })
        if (found === OPEN) return OPEN
        for (const path of found) this.sources.add(path)
        return found.filter((path) => !this.#world.isMade(path))
      }
      case 'tool':
        return findTool(what, {
          disk: this.#world.disk,
          programs: this.#programs,
          path: this.#world.path,
          setting: (asked: Setting) => this.ask(asked),
          ask: (question) => this.#question(question),
          withheld: this.#world.withheld,
        })
      case 'probe':
        return this.#probe(what)
      case 'text':
        if (this.#world.isMade(what.path)) return ''
        this.sources.add(what.path)
        return this.#world.disk.read(what.path)?.toString('utf8')
      case 'optional':
        try {
          return this.tryAsk(what.tool)
        } catch (error) {
          if (error instanceof UserError) return undefined
          throw error
        }
      case 'derived': {
        const from: unknown[] = what.from.map((part) => this.tryAsk(part))
        if (from.includes(OPEN)) return OPEN
        const made = what.make(from)
        return isDerived(made) ? this.tryAsk(made) : made
      }
      default:
        return unreachable(what)
    }
  }

  #probe(what: Probe): readonly string[] | Open {
    const tools: string[] = []
    const named: string[] = []
    let isTool = false
    const onTool = (tool: Tool, found: FoundTool): readonly string[] => {
      isTool ||= named.length === 0
      tools.push(tool.name, found.identity)
      return [`{${tool.name}}`]
    }
    let isKnown = this.addWords(what.command, named, onTool)
    const environment: Record<string, string> = {}
    for (const [name, value] of Object.entries(what.environment)) {
      const words: string[] = []
      isKnown = this.addWords(value, words, onTool) && isKnown
      if (words.length === 0) continue
      environment[name] = words.join(' ')
      named.push(`${name}=${words.join(' ')}`)
    }
    if (!isKnown) return OPEN
    const started = isTool ? '' : this.programsIn(what.environment['PATH']).started(named)
    const stamps = what.inputs.map((path) => stampText(path, this.#world.disk))
    return this.#question({
      kind: 'command',
      key: [`${what.name}:`, ...named, ...what.inputs].join(' '),
      command: this.words(what.command),
      environment,
      facts: [...named, ...tools, ...stamps, ...(started === '' ? [] : [started])],
      isVolatile: tools.length + what.inputs.length === 0,
      depfile: what.depfile,
      isKept: what.isKept ?? (() => true),
      read: what.read,
    })
  }

  #question(asked: Question): readonly string[] | Open {
    const more = Object.entries(this.counted).flat()
    const isPlain = asked.kind === 'glob' || more.length === 0
    const question = isPlain ? asked : { ...asked, facts: [...asked.facts, ...more] }
    const known = this.#world.known(question)
    if (known === undefined) {
      // A look at folders may always be asked for; a command may fail, or take its time.
      if (this.#isCollecting || question.kind === 'glob') this.open.set(question.key, question)
      return OPEN
    }
    if ('failure' in known) throw known.failure
    return known.words
  }
}

const ALL_OF_NOTHING = Object.freeze({ files: Object.freeze([]), isAll: true })

/** The first file of each path; one that knows its edge before one that is only a path. */
function eachOnce(files: readonly File[]): readonly File[] {
  if (files.length === 2 && files[0]?.path !== files[1]?.path) return files
  const byPath = new Map<string, File>()
  for (const file of files) {
    const known = byPath.get(file.path)
    if (known === undefined || known.kind === 'source') byPath.set(file.path, file)
    // The graph is told of both, so that it can refuse them.
    else if (file.kind === 'output' && file.edge !== known.edge) return files
  }
  return byPath.size === files.length ? files : [...byPath.values()]
}

/** A runtime check for what the types rule out. */
function unreachable(value: never): never {
  throw new UserError({
    what: 'a handle that this engine does not know',
    facts: [factOf(value)],
    hint: 'use the constructors of the engine: edge, source, glob, tool, probe, setting, derived',
    status: 2,
  })
}

/** Something with handles in it is mostly taken for one of these. */
function factOf(value: unknown): Fact {
  if (typeof value !== 'object' || value === null || 'kind' in value) {
    return ['value', (JSON.stringify(value) ?? String(value)).slice(0, 100)]
  }
  return ['value', `has ${Object.keys(value).join(', ')}: one of these may be meant`]
}

function isDerived(value: unknown): value is Derived<unknown> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'derived'
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value)
}
