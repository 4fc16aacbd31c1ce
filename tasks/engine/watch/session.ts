// A run under --watch: builds on change, bodies started anew, and tasks.ts itself loaded anew.

import { type FailureBlock, isErrno, UserError } from '../base/index.ts'
import type { Builder, Options, Phase, Planned, Run, RunParts } from '../build/index.ts'
import { clearScreen } from '../console/index.ts'
import { idsOf } from '../log/index.ts'
import { type Keys, keysText, listenToKeys } from './keys.ts'
import { scriptFiles } from './modulefiles.ts'
import { pollInterval } from './poller.ts'
import { Replacement } from './restart.ts'
import { Watch } from './watch.ts'
import { joined, type WatchList, watchList } from './watchlist.ts'

/** Returns the exit status when it is ended. @throws UserError where it cannot watch so */
export async function watchRun(
  run: Run,
  builder: Builder,
  parts: RunParts,
  { poll, settings }: Pick<Options, 'poll' | 'settings'>,
): Promise<number> {
  const setting = settings.get('WATCH_POLL') ?? parts.environment['WATCH_POLL']
  const session = new Session(run, builder, parts, pollInterval(poll, setting))
  return await session.run()
}

/** A body that runs, and how to end it. */
interface Running {
  readonly restart: AbortController
  readonly done: Promise<void>
}

class Session {
  readonly #run: Run
  readonly #builder: Builder
  readonly #parts: RunParts
  readonly #poll: number | undefined
  readonly #replacement: Replacement
  /** What the builds of one round planned, and which edges failed. */
  #planned: Planned[] = []
  readonly #failed = new Set<string>()
  /** Which have run in this round. */
  readonly #ran = new Set<string>()
  #builds = 0
  /** Somebody asked for this round, so its summary is shown even if there is nothing to do. */
  #isAsked = false
  /** Said when the build turns out to have something to run. */
  #cause: { readonly changed: readonly string[]; readonly at: number } | undefined
  /** What the targets of a body were when it was last started; see {@link contentOf}. */
  readonly #startedWith = new Map<Phase, string>()
  readonly #running = new Map<Phase, Running>()
  readonly #phases: readonly Phase[]

  constructor(run: Run, builder: Builder, parts: RunParts, poll: number | undefined) {
    this.#poll = poll
    this.#run = run
    this.#builder = builder
    this.#parts = parts
    this.#replacement = new Replacement(run, parts)
    this.#phases = run.phases()
    run.listen({
      onPlan: (planned) => this.#onPlan(planned),
      onEvent: (event) => {
        if (event.type !== 'start' && event.type !== 'finish') return
        const output = event.outputs[0] ?? ''
        const hasFailed = event.type === 'finish' && event.status !== 'ok'
        if (hasFailed) this.#failed.add(output)
        else this.#failed.delete(output)
        if (event.type === 'finish' && !hasFailed) this.#ran.add(output)
      },
    })
  }

  async run(): Promise<number> {
    const { disk, signal } = this.#run
    const watch = new Watch({
      disk,
      out: this.#parts.out,
      scripts: scriptFiles(this.#parts.script, disk),
      signal,
      poll: this.#poll,
      build: (...args) => this.#build(...args),
      onWait: (files, folders) => this.#run.emit({ type: 'waiting', files, folders }),
      onHeld: (paths) => this.#run.emit({ type: 'note', text: heldText(paths) }),
      mayReload: () => this.#replacement.isSound(),
    })
    const keys: Keys = {
      r: {
        about: 'build again',
        act: () => {
          this.#isAsked = true
          watch.again()
        },
      },
      c: { about: 'clear the screen', act: clearScreen },
      q: { about: 'quit', act: () => watch.stop() },
      h: { about: 'help', act: () => this.#run.emit({ type: 'note', text: keysText(keys) }) },
    }
    // A body may read from the terminal itself: a password for sudo would come to us.
    const hasBody = this.#phases.some((phase) => this.#run.bodyTask(phase) !== undefined)
    const deafen = hasBody ? () => {} : listenToKeys(keys)
    let ended: 'ended' | 'reload' = 'ended'
    try {
      ended = await watch.run()
    } finally {
      deafen()
      await Promise.all([...this.#running.keys()].map((phase) => this.#end(phase)))
    }
    return ended === 'reload' ? await this.#replacement.replace() : 0
  }

  async #build(changed: readonly string[], at: number): Promise<WatchList | undefined> {
    const { disk, signal } = this.#run
    this.#planned = []
    this.#ran.clear()
    this.#cause = changed.length === 0 ? undefined : { changed, at }
    try {
      for (const phase of this.#phases) {
        if (!(await this.#phase(phase))) break
      }
      this.#isAsked = false
    } catch (error) {
      const block = failureOf(error)
      if (!signal.aborted) this.#run.emit({ type: 'failure', ...block })
    }
    if (this.#planned.length === 0) return undefined
    const ended = { failed: this.#failed, ran: this.#ran }
    return joined(this.#planned.map((planned) => watchList(planned, ended, disk, this.#parts.out)))
  }

  /** False where the phases after it are not to be built. */
  async #phase(phase: Phase): Promise<boolean> {
    const run = this.#run
    if (run.builds(phase)) {
      const first = this.#builds === 0
      const started = performance.now()
      const totals = await this.#builder.build(run.request(phase))
      if (totals === undefined) return false
      if (first || this.#isAsked || totals.ran + totals.failed + totals.skipped > 0)
        run.emitSummary(totals, started)
      if (totals.failed + totals.skipped > 0) return false
    }
    if (this.#builds === 0) this.#builds = 1
    if (run.bodyTask(phase) === undefined || run.signal.aborted) return true
    const planned = run.builds(phase) ? this.#planned.at(-1) : undefined
    const content = planned === undefined ? '' : contentOf(planned)
    if (this.#startedWith.get(phase) === content) return true
    this.#startedWith.set(phase, content)
    await this.#end(phase)
    this.#start(phase)
    const isLast = phase === this.#phases.at(-1)
    if (!isLast) await this.#running.get(phase)?.done
    return true
  }

  #onPlan(planned: Planned): void {
    this.#planned.push(planned)
    if (planned.plan.open.size === 0) return
    const cause = this.#cause
    this.#cause = undefined
    if (cause === undefined && this.#builds > 0) return
    this.#builds++
    if (cause === undefined) return
    const ms = Math.round((performance.now() - cause.at) * 10) / 10
    this.#run.emit({ type: 'watch', build: this.#builds, changed: cause.changed, ms })
  }

  #start(phase: Phase): void {
    const restart = new AbortController()
    const task = this.#run.bodyTask(phase) ?? ''
    this.#run.emit({ type: 'started', task, build: this.#builds })
    const done = this.#run.runBody(phase, this.#builder, restart.signal).then(
      (status) => {
        if (status === 0 || restart.signal.aborted || this.#run.signal.aborted) return
        this.#run.emit({ type: 'note', text: `${task} ended with status ${status}` })
      },
      (error: unknown) => {
        const block = failureOf(error)
        if (restart.signal.aborted || this.#run.signal.aborted) return
        this.#run.emit({ type: 'failure', ...block })
      },
    )
    this.#running.set(phase, { restart, done })
  }

  async #end(phase: Phase): Promise<void> {
    const running = this.#running.get(phase)
    if (running === undefined) return
    this.#running.delete(phase)
    running.restart.abort()
    await running.done
  }
}

function heldText(paths: readonly string[]): string {
  const names = paths.length > 3 ? [...paths.slice(0, 3), `${paths.length - 3} more`] : paths
  const verb = paths.length > 1 ? 'change' : 'changes'
  return `${names.join(', ')} ${verb} with every build, and so starts no other one: save it again to build`
}

/** What the targets of a build hold, whoever made them: another run may have been first. */
function contentOf({ wanted, log }: Planned): string {
  const stamps = wanted.flatMap(({ name }) => {
    const record = log.edge(name)
    return record === undefined ? [] : [...idsOf(record, 'outputs')]
  })
  return stamps.map((stamp) => log.stampDigest(stamp)).join(' ')
}

/** What a watch shows and outlives: other errors are thrown. A module may be away while npm installs. */
function failureOf(error: unknown): FailureBlock {
  if (error instanceof UserError) return error.block
  if (!isErrno(error, 'ERR_MODULE_NOT_FOUND')) throw error
  return {
    what: 'a module cannot be loaded; going on without this build',
    facts: [['it says', error.message]],
    hint: 'install it (npm install), then save a file',
  }
}
