// Settings, globs, tools, probes and derived values, answered for one run.
//
// Asking is synchronous. A probe that nobody has answered yet throws Unanswered; whoever asked runs
// its command and asks again from the start, which is sound because declarations are pure.

import { type Fact, UserError } from '../base/failure.ts'
import { normalPath } from '../base/path.ts'
import type {
  AnswerOf,
  Arg,
  Askable,
  Cosmetic,
  Derived,
  File,
  FoundTool,
  Glob,
  Input,
  ProcessResult,
  Setting,
  Tool,
} from '../declare/edge.ts'
import type { Disk } from '../files/disk.ts'
import { findTool } from './findtool.ts'

/** A command to run for its answer, and what that answer holds for. */
export interface Question {
  /** What the answer is remembered by. */
  readonly key: string
  readonly command: readonly string[]
  /** The answer holds as long as these are the same: words, tool identities, file stamps. */
  readonly facts: readonly string[]
  /** @throws UserError where there is no answer */
  readonly read: (result: ProcessResult) => readonly string[]
}

export class Unanswered extends Error {
  readonly question: Question
  constructor(question: Question) {
    super(`unanswered: ${question.key}`)
    this.question = question
  }
}

/** What answering needs from outside. */
export interface World {
  readonly disk: Disk
  /** NAME=VALUE of the command line before the environment's; '' counts as not set. */
  readonly setting: (name: string) => string | undefined
  readonly glob: (patterns: readonly string[], disk: Disk) => readonly string[]
  /** The answer that is remembered for a question, where its facts still hold. */
  readonly remembered: (question: Question) => readonly string[] | undefined
  /** Folders to look for programs in. */
  readonly path: readonly string[]
  /** True for a file that an edge makes: what it says is not known before that. */
  readonly isMade: (path: string) => boolean
  /** Are cosmetic words wanted? */
  readonly colour: boolean
}

export class Answers {
  readonly #world: World
  /** The files whose text decided something, as if they were sources. */
  readonly texts = new Set<string>()
  readonly #known = new Map<Askable, unknown>()

  constructor(world: World) {
    this.#world = world
  }

  /** @throws UserError where there is none, Unanswered where a command must be run first */
  ask<A extends Askable>(what: A): AnswerOf<A> {
    let answer = this.#known.get(what)
    if (answer === undefined && !this.#known.has(what)) {
      answer = this.#answer(what)
      this.#known.set(what, answer)
    }
    return answer as AnswerOf<A>
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

  /** The files that inputs stand for, in order, each path once. */
  files(inputs: Input | undefined): readonly File[] {
    const files = this.allFiles(inputs)
    return files.length < 2 ? files : eachOnce(files)
  }

  /** The same, a path as often as it is named. */
  allFiles(inputs: Input | undefined): readonly File[] {
    if (isList(inputs) && inputs.length === 0) return NO_FILES
    const files: File[] = []
    this.eachFile(inputs, (path, file) => files.push(file ?? { kind: 'source', path }))
    return files
  }

  /** Adds the words that a part of a command stands for. @param onTool gives those of a tool */
  addWords(
    arg: Arg | undefined,
    words: string[],
    onTool: ((tool: Tool, found: FoundTool) => readonly string[]) | undefined,
  ): void {
    if (arg === undefined) return
    if (typeof arg === 'string') {
      words.push(arg)
      return
    }
    if (isList(arg)) {
      for (const part of arg) this.addWords(part, words, onTool)
      return
    }
    switch (arg.kind) {
      case 'source':
      case 'output':
        words.push(arg.path)
        return
      case 'edge':
        for (const output of arg.outputs) words.push(output.path)
        return
      case 'tool': {
        const found = this.ask(arg)
        words.push(...(onTool === undefined ? found.words : onTool(arg, found)))
        return
      }
      case 'setting': {
        const value = this.ask(arg)
        if (value !== undefined) words.push(value)
        return
      }
      case 'probe':
      case 'glob':
        words.push(...this.ask(arg))
        return
      case 'cosmetic':
        // Cosmetic words are asked for only when running; a fingerprint passes `onTool`.
        if (this.#world.colour && onTool === undefined) words.push(...arg.words)
        return
      case 'unlisted':
        this.addWords(arg.words, words, onTool)
        return
      case 'derived':
        this.addWords(this.ask(arg), words, onTool)
        return
      default:
        unreachable(arg)
    }
  }

  /**
   * Calls back for each file that inputs stand for, in order, as often as it is named; with undefined
   * where nothing is known of it but its path.
   */
  eachFile(input: Input | undefined, visit: (path: string, file: File | undefined) => void): void {
    if (input === undefined) return
    if (typeof input === 'string') {
      visit(normalPath(input), undefined)
      return
    }
    if (isList(input)) {
      for (let at = 0; at < input.length; at++) {
        const part = input[at]
        if (typeof part === 'string') visit(normalPath(part), undefined)
        else this.eachFile(part, visit)
      }
      return
    }
    switch (input.kind) {
      case 'source':
      case 'output':
        visit(input.path, input)
        return
      case 'edge':
        for (const output of input.outputs) visit(output.path, output)
        return
      case 'glob':
      case 'derived':
        this.eachFile(this.ask(input), visit)
        return
      default:
        unreachable(input)
    }
  }

  #answer(what: Askable): unknown {
    switch (what.kind) {
      case 'setting':
        return this.#world.setting(what.name) || what.default
      case 'glob':
        return this.#world.glob(what.patterns, this.#world.disk)
      case 'tool':
        return findTool(what, {
          disk: this.#world.disk,
          path: this.#world.path,
          setting: (asked: Setting) => this.ask(asked),
          ask: (question) => this.#question(question),
        })
      case 'probe': {
        const tools: string[] = []
        const named = this.words(what.command, (tool, found) => {
          tools.push(tool.name, found.identity)
          return [`{${tool.name}}`]
        })
        const stamps = what.inputs.map((path) => this.#stampText(path))
        return this.#question({
          key: `${what.name}: ${named.join(' ')}`,
          command: this.words(what.command),
          facts: [...named, ...tools, ...stamps],
          read: what.read,
        })
      }
      case 'text':
        if (this.#world.isMade(what.path)) return ''
        this.texts.add(what.path)
        return this.#world.disk.read(what.path)?.toString('utf8')
      case 'optional':
        try {
          return this.ask(what.tool)
        } catch (error) {
          if (error instanceof UserError) return undefined
          throw error
        }
      case 'derived': {
        const made = what.make(what.from.map((part) => this.ask(part)))
        return isDerived(made) ? this.ask(made) : made
      }
      default:
        return unreachable(what)
    }
  }

  #question(question: Question): readonly string[] {
    const words = this.#world.remembered(question)
    if (words === undefined) throw new Unanswered(question)
    return words
  }

  #stampText(path: string): string {
    const stat = this.#world.disk.stat(path)
    return stat === undefined ? `${path} missing` : `${path} ${stat.mtime} ${stat.size}`
  }
}

const NO_FILES: readonly File[] = Object.freeze([])

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

export type { Cosmetic, Derived, Glob }
