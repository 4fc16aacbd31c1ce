// Answers what a walk left open, as many questions at once as there are processors, and walks again.
import { randomUUID } from 'node:crypto'
import { availableParallelism, tmpdir } from 'node:os'
import { quoteCommand, textOf, UserError } from '../base/index.ts'
import { type GlobFiles, parseDepfile } from '../files/index.ts'
import type { Answer, BuildLog } from '../log/index.ts'
import { OutputFiles, type Processes } from '../process/index.ts'
import { Answers, type World } from './answers.ts'
import { RecordingFolders, seenFact, stillAsSeen } from './foldersread.ts'
import { type CommandQuestion, type Known, OPEN, type Open, type Question } from './question.ts'

export interface AskerParts
  extends Pick<World, 'disk' | 'setting' | 'path' | 'colour' | 'counted' | 'withheld'> {
  /** Called when the first pattern is asked for. */
  readonly loadGlob: () => Promise<GlobFiles>
  /** Folder of what is generated: a pattern does not lead into it by itself. */
  readonly out: string
  /** What every command gets from now on. */
  readonly environment: () => Readonly<Record<string, string>>
  readonly executor: () => Promise<Processes>
  readonly signal: AbortSignal
}

/** What a walk may need besides the answers that it gives. */
export interface WalkOptions {
  /** Where to look, by default this run's own disk and settings. */
  readonly world?: Pick<World, 'disk' | 'setting'>
  /** Ask everything again, whatever the log remembers. */
  readonly force?: boolean
  /** Outputs among these paths that decided something as sources; asked once a walk has ended. */
  readonly madeAmong?: (sources: ReadonlySet<string>) => readonly string[]
}

/** An answer of this run. */
interface Fresh {
  readonly known: Known
  /** To be kept in the log; undefined where it is not. */
  readonly kept: Answer | undefined
  readonly isVolatile: boolean
  /** What the answer holds for, as {@link CommandQuestion.facts}. */
  readonly facts: readonly string[]
}

/** Begins the part of a kept answer's facts that was found out by asking: what was read for it. */
const SEEN = '\0seen'

export class Asker {
  readonly #parts: AskerParts
  /** By key. */
  readonly #fresh = new Map<string, Fresh>()
  /** Patterns that were asked for. */
  readonly patterns = new Set<string>()
  /** True when an answer was used that no state of files can vouch for. */
  hasVolatile = false

  constructor(parts: AskerParts) {
    this.#parts = parts
  }

  /** True when there are answers for the log. */
  get hasLearnt(): boolean {
    return [...this.#fresh.values()].some(({ kept }) => kept !== undefined)
  }

  /** Before each build: what is asked in each build is asked anew, after -B everything. */
  beginBuild(force: boolean): void {
    this.hasVolatile = false
    for (const [key, { isVolatile, known }] of this.#fresh) {
      // What a pattern matched is looked up in the log, where it stands with what was read for it.
      const mayDiffer = isVolatile || 'failure' in known || key.startsWith('glob: ')
      if (force || mayDiffer) this.#fresh.delete(key)
    }
  }

  /** Puts what this run has learnt into the log. @throws UserError where the disk does not take it */
  keep(log: BuildLog): void {
    for (const [key, fresh] of this.#fresh) {
      if (fresh.kept === undefined) continue
      log.recordAnswer(key, fresh.kept)
      this.#fresh.set(key, { ...fresh, kept: undefined })
    }
  }

  /**
   * Walks until nothing is open. A question costs one command, once.
   * @param walk gives its result; what it gives while something is open is dropped
   * @throws UserError where the walk does once all is known
   */
  async answered<T>(
    log: Pick<BuildLog, 'answer'>,
    walk: (answers: Answers) => T | Open,
    { world = this.#parts, force = false, madeAmong = () => [] }: WalkOptions = {},
  ): Promise<T> {
    const { path, colour, counted = {}, withheld = [] } = this.#parts
    const { disk, setting } = world
    const made = new Set<string>()
    const isMade = (file: string): boolean => made.has(file)
    const known = (question: Question): Known | undefined => this.#known(question, log, disk, force)
    for (;;) {
      const answers = new Answers({ disk, setting, known, isMade, path, counted, withheld, colour })
      const result = attempt(() => walk(answers))
      if (answers.open.size > 0) {
        await this.#askAll([...answers.open.values()], disk)
        continue
      }
      const nowMade = madeAmong(answers.sources).filter((file) => !made.has(file))
      if (nowMade.length > 0) {
        for (const file of nowMade) made.add(file)
        continue
      }
      if ('failure' in result) throw result.failure
      if (result.value === OPEN) throw new Error('a walk gave nothing although all is known')
      return result.value
    }
  }

  #known(
    question: Question,
    log: Pick<BuildLog, 'answer'>,
    disk: World['disk'],
    force: boolean,
  ): Known | undefined {
    if (question.kind === 'glob') for (const one of question.patterns) this.patterns.add(one)
    const isVolatile = question.kind === 'command' && question.isVolatile
    if (isVolatile) this.hasVolatile = true
    const expected = question.kind === 'glob' ? [] : question.facts
    const fresh = this.#fresh.get(question.key)
    if (fresh !== undefined && areEqual(fresh.facts, expected)) return fresh.known
    if (isVolatile || force) return undefined
    const kept = log.answer(question.key)
    if (kept === undefined) return undefined
    const at = kept.facts.indexOf(SEEN)
    const before = at === -1 ? kept.facts : kept.facts.slice(0, at)
    if (!areEqual(before, expected)) return undefined
    if (at !== -1 && !kept.facts.slice(at + 1).every((fact) => stillAsSeen(fact, disk)))
      return undefined
    return { words: kept.words }
  }

  async #askAll(questions: readonly Question[], disk: World['disk']): Promise<void> {
    const files = new OutputFiles(this.#parts.disk, tmpdir())
    const rest = questions[Symbol.iterator]()
    const work = async (): Promise<void> => {
      for (const question of rest) {
        const fresh =
          question.kind === 'glob'
            ? await this.#match(question.patterns, disk)
            : await this.#run(question, files, disk)
        this.#fresh.set(question.key, fresh)
      }
    }
    try {
      await Promise.all(Array.from({ length: availableParallelism() }, work))
    } finally {
      files.close()
    }
  }

  /** Remembered against the folders that were read for it. */
  async #match(patterns: readonly string[], disk: World['disk']): Promise<Fresh> {
    const find = await this.#parts.loadGlob()
    const folders = new RecordingFolders(disk)
    const words = find(patterns, disk.root, this.#parts.out, folders.reader)
    const seen = folders.facts()
    const kept = seen === undefined ? undefined : { facts: [SEEN, ...seen], words }
    return { known: { words }, kept, isVolatile: false, facts: [] }
  }

  /** Its output goes to files, as that of most commands does, so a launcher can start it. */
  async #run(question: CommandQuestion, files: OutputFiles, disk: World['disk']): Promise<Fresh> {
    const executor = await this.#parts.executor()
    const [out, err] = [files.open(), files.open()]
    const depfile = question.depfile && `${tmpdir()}/bpf-tasks-${randomUUID()}.d`
    const more = depfile === undefined ? [] : (question.depfile?.(depfile) ?? [])
    const words = [...question.command, ...more]
    const ended = await executor.run({
      words,
      directory: this.#parts.disk.root,
      environment: { ...this.#parts.environment(), ...question.environment },
      stdio: ['ignore', out, err],
      group: true,
    })
    const exit = { ...ended, stdout: files.readAndClose(out), stderr: files.readAndClose(err) }
    const read = depfile === undefined ? [] : readOnce(this.#parts.disk, depfile)
    if (this.#parts.signal.aborted || (exit.status === null && exit.failure === undefined)) {
      throw new UserError({
        what: `${words[0]} was ended before it had answered`,
        facts: [['command', quoteCommand(words)]],
      })
    }
    const { isVolatile, facts } = question
    if (exit.failure !== undefined)
      return { known: { failure: new UserError(exit.failure) }, kept: undefined, isVolatile, facts }
    const answer = attempt(() => question.read(exit))
    if ('failure' in answer)
      return { known: { failure: answer.failure }, kept: undefined, isVolatile, facts }
    const seen = read.map((path) => seenFact(path, disk))
    const isKept = !isVolatile && question.isKept(answer.value) && !seen.includes(undefined)
    const all = read.length === 0 ? facts : [...facts, SEEN, ...seen.map(String)]
    const kept = isKept ? { facts: all, words: answer.value } : undefined
    return { known: { words: answer.value }, kept, isVolatile, facts }
  }
}

function areEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((fact, at) => fact === b[at])
}

/** The paths in a depfile, which is removed; none where the command left none. */
function readOnce(disk: World['disk'], depfile: string): readonly string[] {
  const text = disk.read(depfile)
  if (text === undefined) return []
  disk.remove(depfile)
  const parsed = parseDepfile(textOf(text))
  return parsed.ok ? parsed.paths : []
}

/** A failure that the user can mend is a value: it counts only when nothing is open any more. */
function attempt<T>(work: () => T): { readonly value: T } | { readonly failure: UserError } {
  try {
    return { value: work() }
  } catch (error) {
    if (error instanceof UserError) return { failure: error }
    throw error
  }
}
