// What a build is asked for, and what it is about to do. Does nothing itself.
import type { Answers, AskerParts } from '../answer/index.ts'
import type { Files, Graph, Node, Plan, Staleness } from '../decide/index.ts'
import type { Derived, Input, Member } from '../declare/index.ts'
import type { BuildLog } from '../log/index.ts'

/** What is asked of one build. */
export interface Request {
  readonly targets: readonly Input[]
  /** Members of families that were asked for: the plan looks whether there is such a name. */
  readonly members: readonly Member[]
  /** Targets named by path. */
  readonly files: readonly string[]
  /** Said when all is up to date. */
  readonly notes: readonly Derived<readonly string[]>[]
  readonly jobs: number
  readonly keepGoing: boolean
  readonly force: boolean
  readonly digest: boolean
  /** Say what would run, and write nothing. */
  readonly dryRun: boolean
}

/** What a build is about to do: who is told of it before anything runs may keep it. */
export interface Planned {
  readonly graph: Graph
  readonly wanted: readonly Node[]
  readonly plan: Plan
  readonly answers: Answers
  readonly staleness: Staleness
  readonly files: Files
  readonly log: BuildLog
  /** Patterns that were asked for. */
  readonly patterns: ReadonlySet<string>
  /** What {@link Request.notes} say. */
  readonly notes: readonly string[]
}

/** Told how a build decides; see memo/. */
export interface DecisionRecorder {
  /** Where a plan is to look. @param given settings as they are given */
  world(given: AskerParts['setting']): Pick<AskerParts, 'disk' | 'setting'>
  /** The plan found nothing to do. @param hasVolatile was something asked that files cannot vouch for? */
  decided(hasVolatile: boolean): void
  /** The log is as this build leaves it. */
  logClosed(): void
  /** Does an earlier decision hold by which there is nothing to do? */
  claims(): boolean
}
