// Is all as it was when nothing was to be done? Asked before a build is planned; what the answer needs
// is kept after a build that found nothing to do.
import type { Answering } from '../answer/answering.ts'
import { type Answers, Unanswered } from '../answer/answers.ts'
import { UserError } from '../base/failure.ts'
import type { Planned, Request } from '../build/build.ts'
import { otherTargets, type Tasks } from '../declare/task.ts'
import type { Disk } from '../files/disk.ts'
import type { Lookahead } from '../files/lookahead.ts'
import { idsOf } from '../log/edgerecord.ts'
import type { Keys } from '../log/logkey.ts'
import { type Declared, declared } from './declared.ts'
import { Dependencies, type Sources } from './dependencies.ts'
import { Snapshot } from './snapshot.ts'

export interface UnchangedParts {
  readonly disk: Disk
  /** Folder of the engine's own files, in which this build has the lock. */
  readonly state: string
  readonly log: string
  readonly keys: Keys
  readonly tasks: Tasks
  readonly answering: Answering
  readonly setting: (name: string) => string | undefined
  /** What the declarations came from, where this build is all that was asked of this run. */
  readonly sources?: Sources | undefined
}

/** What is declared, and what is to be said when it is up to date. */
interface Told extends Declared {
  readonly notes: readonly string[]
}

/** That nothing is to be done. */
export type AtRest = Pick<Told, 'edges' | 'notes'>

/** For one build, from before anything is looked at to its end. */
export class Unchanged {
  readonly #parts: UnchangedParts
  readonly #request: Request
  readonly #began: number
  /** Of this process, a moment later. */
  readonly #age: number
  #snapshot: Snapshot | undefined

  constructor(parts: UnchangedParts, request: Request) {
    this.#parts = parts
    this.#request = request
    // The lock was made when this build began, by the clock of the file system.
    this.#began = parts.disk.stat(`${parts.state}/lock`)?.changed ?? 0
    this.#age = parts.sources?.age() ?? 0
  }

  /**
   * How many edges are up to date, and what is to be said of them, where nothing is to be done;
   * undefined where that must be found out by a plan.
   * @param ahead begins with the files of the snapshot, where there is one
   */
  async answer(ahead: Lookahead | undefined): Promise<AtRest | undefined> {
    const { disk, log, keys, answering } = this.#parts
    if (!this.#isUsual) return undefined
    const snapshot = Snapshot.read(disk, this.#path, log, keys)
    if (snapshot === undefined) return undefined
    this.#snapshot = snapshot
    if (ahead !== undefined) snapshot.lookAhead(ahead, disk)
    const dependencies = this.#dependencies()
    const now = await this.#ask({ answer: (key) => snapshot.answer(key) }, dependencies)
    const same = now?.digest === snapshot.declared.digest && !answering.hasLearnt
    if (!same || !snapshot.holds(disk)) return undefined
    this.#keepDependencies(dependencies, now.notes)
    return now
  }

  /** What was seen meanwhile, for the plan that has to be made after all. */
  get seen(): Snapshot | undefined {
    return this.#snapshot
  }

  /** Keeps how all is, after a build that found nothing to do and has closed its log. */
  async keep({ graph, answers, files, log }: Planned): Promise<void> {
    const { disk, keys, answering } = this.#parts
    const decides = graph.nodes.some(({ edge }) => edge.generator)
    if (!this.#isUsual || decides || answering.hasMadeTexts) return
    const now = this.#declaredNow(answers)
    if (now === undefined) return
    // Two that are asked for in turn would each take the other's place.
    if (this.#snapshot !== undefined && this.#snapshot.declared.wanted !== now.wanted) return
    // Outputs of edges that are gone stay as long as their inputs do.
    for (const [output, record] of log.edges()) {
      if (graph.producer(output) !== undefined) continue
      for (const stamp of idsOf(record, 'inputs')) files.stat(log.stampPath(stamp))
    }
    const parts = { declared: now, answers: [...answering.used], lasting: lastingOf(graph) }
    const looks = [...files.looks()]
    if (!Snapshot.write(disk, this.#path, log.path, keys, parts, looks, this.#began)) return
    const dependencies = this.#dependencies()
    if (dependencies === undefined) return
    // Asked once more, of who keeps what was looked at in mind.
    const again = await this.#ask({ answer: (key) => answering.used.get(key) }, dependencies)
    if (again?.digest === now.digest) this.#keepDependencies(dependencies, again.notes)
  }

  get #isUsual(): boolean {
    const { force, files } = this.#request
    return !force && files.length === 0
  }

  get #path(): string {
    return `${this.#parts.state}/snapshot`
  }

  /** Undefined where it cannot be told: a plan will say why. */
  async #ask(
    known: Parameters<Answering['answered']>[0],
    dependencies: Dependencies | undefined,
  ): Promise<Told | undefined> {
    const { targets, notes } = this.#request
    const ask = (answers: Answers): Told | undefined => {
      const now = this.#declared(answers)
      return now && { ...now, notes: notes.flatMap((note) => answers.ask(note)) }
    }
    try {
      return await this.#parts.answering.answered(known, ask, targets, dependencies?.world)
    } catch (error) {
      if (error instanceof UserError) return undefined
      throw error
    }
  }

  #declared(answers: Answers): Declared | undefined {
    const { targets, digest } = this.#request
    const now = declared(targets, otherTargets(this.#parts.tasks, targets), answers)
    // What is up to date by content alone is not so by time.
    return now && digest ? { ...now, digest: `content ${now.digest}` } : now
  }

  #declaredNow(answers: Answers): Declared | undefined {
    try {
      return this.#declared(answers)
    } catch (error) {
      if (error instanceof UserError || error instanceof Unanswered) return undefined
      throw error
    }
  }

  #dependencies(): Dependencies | undefined {
    const { sources, disk, setting } = this.#parts
    return sources && new Dependencies(sources, disk, setting)
  }

  /** Who is to be told something has to wait for an evaluation. */
  #keepDependencies(dependencies: Dependencies | undefined, notes: readonly string[]): void {
    const { disk, state, keys } = this.#parts
    if (notes.length > 0) return
    dependencies?.keep(disk, state, keys, this.#began, this.#age)
  }
}

/** Paths of sources that do not change while the kernel runs. */
function lastingOf({ nodes }: Planned['graph']): readonly string[] {
  const paths = new Set<string>()
  for (const { inputs } of nodes)
    for (const { path, lasts } of inputs) if (lasts === 'boot') paths.add(path)
  return [...paths]
}
