// Is all as it was when nothing was to be done? Asked before a build is planned; what the answer needs
// is kept after a build that found nothing to do.
import type { Answering } from './answering.ts'
import { Unanswered } from './answers.ts'
import type { Planned, Request } from './build.ts'
import { type Declared, declared } from './declared.ts'
import { coarseTimes, type Disk } from './disk.ts'
import { UserError } from './failure.ts'
import type { Keys } from './logkey.ts'
import type { Lookahead } from './lookahead.ts'
import { idsOf } from './record.ts'
import { Snapshot } from './snapshot.ts'
import { otherTargets, type Tasks } from './task.ts'

export interface UnchangedParts {
  readonly disk: Disk
  /** Folder of the engine's own files, in which this build has the lock. */
  readonly state: string
  readonly log: string
  readonly keys: Keys
  readonly tasks: Tasks
  readonly answering: Answering
}

/** For one build, from before anything is looked at to its end. */
export class Unchanged {
  readonly #parts: UnchangedParts
  readonly #request: Request
  readonly #began: number
  #snapshot: Snapshot | undefined

  constructor(parts: UnchangedParts, request: Request) {
    this.#parts = parts
    this.#request = request
    // The lock was made when this build began, by the clock of the file system.
    this.#began = parts.disk.stat(`${parts.state}/lock`)?.changed ?? 0
  }

  /**
   * How many edges are up to date, where nothing is to be done; undefined where that must be found
   * out by a plan.
   * @param ahead begins with the files of the snapshot, where there is one
   */
  async edges(ahead: Lookahead | undefined): Promise<number | undefined> {
    const { disk, log, keys, answering } = this.#parts
    if (!this.#isUsual) return undefined
    const snapshot = Snapshot.read(disk, this.#path, log, keys)
    if (snapshot === undefined) return undefined
    this.#snapshot = snapshot
    if (ahead !== undefined) snapshot.lookAhead(ahead, disk)
    let now: Declared | undefined
    try {
      const known = { answer: (key: string) => snapshot.answer(key) }
      const { targets } = this.#request
      now = await answering.answered(known, (answers) => this.#declared(answers), targets)
    } catch (error) {
      // The plan will fail with it, and say it.
      if (!(error instanceof UserError)) throw error
    }
    const { digest, edges } = snapshot.declared
    const same = now?.digest === digest && !answering.hasLearnt
    return same && snapshot.holds(disk) ? edges : undefined
  }

  /** What was seen meanwhile, for the plan that has to be made after all. */
  get seen(): Snapshot | undefined {
    return this.#snapshot
  }

  /** Keeps how all is, after a build that found nothing to do and has closed its log. */
  keep({ graph, answers, files, log }: Planned): void {
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
    const parts = { declared: now, answers: [...answering.used] }
    Snapshot.write(disk, this.#path, log.path, keys, parts, [...files.looks()], this.#began)
  }

  /** Deno cuts times off: an edit within a second would be unseen. */
  get #isUsual(): boolean {
    const { force, files } = this.#request
    return !force && files.length === 0 && !coarseTimes
  }

  get #path(): string {
    return `${this.#parts.state}/snapshot`
  }

  #declared(answers: Planned['answers']): Declared | undefined {
    const { targets } = this.#request
    return declared(targets, otherTargets(this.#parts.tasks, targets), answers)
  }

  #declaredNow(answers: Planned['answers']): Declared | undefined {
    try {
      return this.#declared(answers)
    } catch (error) {
      if (error instanceof UserError || error instanceof Unanswered) return undefined
      throw error
    }
  }
}
