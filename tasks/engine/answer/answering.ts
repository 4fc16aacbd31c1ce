// Asks until all is answered: runs the commands of questions, loads what finds files, asks again.
import { availableParallelism, tmpdir } from 'node:os'
import { UserError } from '../base/failure.ts'
import { quoteCommand } from '../base/words.ts'
import type { Input } from '../declare/edge.ts'
import type { GlobFiles } from '../files/glob.ts'
import type { BuildLog } from '../log/buildlog.ts'
import type { Answer } from '../log/edgerecord.ts'
import type { Processes } from '../process/executor.ts'
import { OutputFiles } from '../process/outputfiles.ts'
import { Answers, type Question, Unanswered, type World } from './answers.ts'
import { AskAgain } from './asking.ts'
import { MadeText } from './madetext.ts'
import { questionsBelow } from './survey.ts'

export interface AnsweringParts extends Pick<World, 'disk' | 'setting' | 'path' | 'colour'> {
  /** Called when the first pattern is asked for. */
  readonly loadGlob: () => Promise<GlobFiles>
  /** What every command gets from now on. */
  readonly environment: () => Readonly<Record<string, string>>
  readonly executor: () => Promise<Processes>
  readonly signal: AbortSignal
}

export class Answering {
  readonly #parts: AnsweringParts
  /** Answers that this run got and that the log does not have (yet), by key. */
  readonly #fresh = new Map<string, Answer>()
  /** Patterns that were asked for. */
  readonly patterns = new Set<string>()
  /** Answers that were remembered and asked for, by key. */
  readonly used = new Map<string, Answer>()
  /** True when a text was asked for that an edge makes. */
  hasMadeTexts = false

  #glob: GlobFiles = () => {
    throw new GlobNeeded()
  }

  constructor(parts: AnsweringParts) {
    this.#parts = parts
  }

  /** True when a command was asked whose answer is not in the log yet. */
  get hasLearnt(): boolean {
    return this.#fresh.size > 0
  }

  /** Puts what this run has learnt into the log. @throws UserError where the disk does not take it */
  keep(log: BuildLog): void {
    for (const [key, answer] of this.#fresh) log.recordAnswer(key, answer)
    this.#fresh.clear()
  }

  /**
   * Asks until every question that comes up is answered; a question costs one command, once.
   * @param targets what is asked of: other questions that they lead to are answered along with one
   * @param world where to look, by default this run's own
   */
  async answered<T>(
    log: Pick<BuildLog, 'answer'>,
    ask: (answers: Answers) => T,
    targets: readonly Input[] = [],
    world: Pick<World, 'disk' | 'setting'> = this.#parts,
  ): Promise<T> {
    const { path, colour } = this.#parts
    const { disk, setting } = world
    const remembered = (question: Question): readonly string[] | undefined => {
      const answer = this.#fresh.get(question.key) ?? log.answer(question.key)
      if (answer === undefined || answer.facts.length !== question.facts.length) return undefined
      if (!answer.facts.every((fact, at) => fact === question.facts[at])) return undefined
      this.used.set(question.key, answer)
      return answer.words
    }
    const glob: GlobFiles = (patterns, at) => {
      for (const pattern of patterns) this.patterns.add(pattern)
      return this.#glob(patterns, at)
    }
    const made = new Set<string>()
    let again = 0
    const isMade = (file: string): boolean => made.has(file)
    for (;;) {
      const answers = new Answers({ disk, setting, glob, remembered, isMade, path, colour })
      try {
        return ask(answers)
      } catch (error) {
        if (error instanceof GlobNeeded) this.#glob = await this.#parts.loadGlob()
        else if (error instanceof Unanswered) await this.#answer(error.question, targets, answers)
        else if (error instanceof MadeText && !made.has(error.path)) {
          made.add(error.path)
          this.hasMadeTexts = true
        } else if (error instanceof AskAgain && again++ < AGAIN) continue
        else throw error
      }
    }
  }

  /** Answers a question that is in the way, and others that will be, as many at once as run at once. */
  async #answer(first: Question, targets: readonly Input[], answers: Answers): Promise<void> {
    const others = questions(targets, answers).filter(({ key }) => key !== first.key)
    const rest = others[Symbol.iterator]()
    const files = new OutputFiles(this.#parts.disk, tmpdir())
    const work = async (): Promise<void> => {
      for (const question of rest) {
        // One that fails is asked again, if the build really comes to it, and said then.
        await this.#run(question, files).catch((error: unknown) => {
          if (!(error instanceof UserError)) throw error
        })
      }
    }
    const lanes = Array.from({ length: availableParallelism() - 1 }, work)
    try {
      await Promise.all([this.#run(first, files).then(work), ...lanes])
    } finally {
      files.close()
    }
  }

  /** Its output goes to files, as that of most commands does: so whoever starts those can start it. */
  async #run(question: Question, files: OutputFiles): Promise<void> {
    const executor = await this.#parts.executor()
    const [out, err] = [files.open(), files.open()]
    const ended = await executor.run({
      words: question.command,
      directory: this.#parts.disk.root,
      environment: this.#parts.environment(),
      stdio: ['ignore', out, err],
      group: true,
    })
    const exit = { ...ended, stdout: files.readAndClose(out), stderr: files.readAndClose(err) }
    if (exit.failure !== undefined) throw new UserError(exit.failure)
    if (exit.status === null || this.#parts.signal.aborted) {
      throw new UserError({
        what: `${question.command[0]} was ended before it had answered`,
        facts: [['command', quoteCommand(question.command)]],
      })
    }
    this.#fresh.set(question.key, { facts: question.facts, words: question.read(exit) })
  }
}

/** None where that cannot be told yet. */
function questions(targets: readonly Input[], answers: Answers): readonly Question[] {
  try {
    return questionsBelow(targets, answers)
  } catch (error) {
    if (error instanceof GlobNeeded || error instanceof MadeText || error instanceof AskAgain) {
      return []
    }
    throw error
  }
}

/** How often in a row something may come to be declared too late: more would never end. */
const AGAIN = 1000

/** A pattern was asked for before the library for it was loaded. */
class GlobNeeded extends Error {}
