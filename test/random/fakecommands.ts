// Commands that run in this process and stop where a test wants: each reads, writes and ends only when
// it is told to, so that a test decides what happens at once and in which order.
import * as fs from 'node:fs'
import { posix } from 'node:path'
import type { Command, Exit, Processes } from '../../tasks/engine/process/executor.ts'
import { compute, digest, type Job, type Result } from './fakelanguage.ts'
import { TOOLS, WRAPPER } from './graphs.ts'

type Phase = 'started' | 'has read' | 'has written'

interface Held {
  readonly key: string
  readonly command: Command
  readonly job: Job
  readonly depfile: string | undefined
  readonly end: (exit: Exit) => void
  phase: Phase
  result: Result | undefined
}

export class FakeCommands implements Processes {
  /** Called with the first output when a command was started. */
  onStart: (key: string) => void = () => {}
  /** How many commands were run for an answer. */
  questions = 0
  readonly #root: string
  readonly #held = new Map<string, Held>()

  constructor(root: string) {
    this.#root = root
  }

  /** First outputs of what runs, in the order in which it was started. */
  get running(): string[] {
    return [...this.#held.keys()]
  }

  run = async (command: Command): Promise<Exit> => {
    if (command.words.at(-1) === '--version') return this.#version(command)
    if (command.words[1] === '--ask') return this.#answer(command)
    const { job, depfile } = this.#parse(command)
    const key = job.outputs[0] ?? ''
    return new Promise((end) => {
      this.#held.set(key, { key, command, job, depfile, end, phase: 'started', result: undefined })
      this.onStart(key)
    })
  }

  /** How far a command is. */
  phase(key: string): Phase {
    return this.#get(key).phase
  }

  /** Lets a command read all that it reads; returns what it will give. */
  read(key: string): Result {
    const held = this.#get(key)
    held.phase = 'has read'
    held.result = compute(held.job, (path) => readText(this.#at(path)))
    return held.result
  }

  /** Lets a command write, unless it fails before that. */
  write(key: string): void {
    const { command, job, depfile, result } = this.#get(key)
    this.#get(key).phase = 'has written'
    const output = command.stdio[1]
    const errors = command.stdio[2]
    if (typeof output !== 'number' || typeof errors !== 'number' || result === undefined) {
      throw new Error('a command of a build writes to files that are open')
    }
    for (const [at, path] of job.outputs.entries()) {
      // What is captured goes to another file than what is said.
      if (at === 0 && output !== errors) fs.writeSync(output, result.texts[at] ?? '')
      else fs.writeFileSync(this.#at(path), result.texts[at] ?? '')
    }
    if (depfile === undefined) return
    const from = posix.relative(this.#root, command.directory)
    const named = result.read.map((path) => {
      const seen = path.startsWith('/') || from === '' ? path : posix.relative(from, path)
      return seen.replaceAll(' ', '\\ ')
    })
    fs.writeFileSync(this.#at(depfile), `x: ${named.join(' \\\n  ')}\n`)
  }

  /** Ends a command: as its files say, or by a signal. */
  end(key: string, signal: NodeJS.Signals | null = null): void {
    const { command, end, result } = this.#get(key)
    this.#held.delete(key)
    const failed = signal !== null || result === undefined || result.failed !== undefined
    const errors = command.stdio[2]
    if (failed && typeof errors === 'number') fs.writeSync(errors, `${key} failed\n`)
    const status = signal !== null ? null : failed ? 1 : 0
    end({ status, signal, stdout: '', stderr: '', ms: 1 })
  }

  #get(key: string): Held {
    const held = this.#held.get(key)
    if (held === undefined) throw new Error(`${key} is not running`)
    return held
  }

  #at(path: string): string {
    return path.startsWith('/') ? path : `${this.#root}/${path}`
  }

  #version({ words, stdio }: Command): Exit {
    this.questions++
    const program = this.#at(this.#programOf(words).program ?? '')
    // More than a real one says: behind a script, a tool is known by nothing else.
    say(stdio, `version ${digest(readText(program) ?? '')}`)
    return { status: 0, signal: null, stdout: '', stderr: '', ms: 1 }
  }

  #answer({ words, stdio }: Command): Exit {
    this.questions++
    say(stdio, `${digest(readText(this.#at(words[2] ?? '')) ?? '')}\n`)
    return { status: 0, signal: null, stdout: '', stderr: '', ms: 1 }
  }

  /** The file of the program, as the tree names it, whatever starts it; and the words after that. */
  #programOf(words: readonly string[]): { program: string | undefined; rest: readonly string[] } {
    const from = posix.basename(words[0] ?? '') === 'env' ? 2 : 0
    const [name = '', ...rest] = words.slice(from)
    const path = from > 0 ? `${this.#root}/bin/${posix.basename(name)}` : name
    if (!path.startsWith('/')) return { program: undefined, rest }
    const program = path.slice(this.#root.length + 1)
    return { program: program === WRAPPER ? TOOLS[1] : program, rest }
  }

  #parse({ words, directory, environment }: Command): {
    readonly job: Job
    readonly depfile: string | undefined
  } {
    const { program, rest } = this.#programOf(words)
    const known = (path: string): string => {
      const absolute = posix.resolve(directory, path)
      const inside = absolute.startsWith(`${this.#root}/`)
      return inside ? absolute.slice(this.#root.length + 1) : absolute
    }
    const after = (name: string): string[] =>
      rest.flatMap((word, at) => (rest[at - 1] === name ? [word] : []))
    const these = rest.indexOf('--these')
    const folders = after('-I').map(known)
    const inputs = [...after('--in'), ...(these === -1 ? [] : rest.slice(these + 1))]
    const depfile = after('--depfile')[0]
    return {
      depfile: depfile === undefined ? undefined : known(depfile),
      job: {
        action: rest.includes('--copy') ? 'copy' : 'digest',
        inputs: inputs.map(known),
        folders,
        follow: folders.length > 0,
        outputs: after('--out').map(known),
        words: [after('--flag')[0] ?? '', environment['MODE'] ?? '', after('--answer')[0] ?? ''],
        tool: program,
        coarse: rest.includes('--coarse'),
      },
    }
  }
}

function say([, output]: Command['stdio'], text: string): void {
  if (typeof output === 'number') fs.writeSync(output, text)
}

function readText(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
