// A run under --watch: builds on change, bodies started anew, and tasks.ts itself loaded anew.

import { UserError } from '../base/index.ts'
import type { Builder, Phase, Planned, Run, RunParts } from '../build/index.ts'
import { scriptFiles } from './modulefiles.ts'
import { Replacement } from './restart.ts'
import { Watch } from './watch.ts'
import { type WatchList, watchList } from './watchlist.ts'

/** Returns the exit status when it is ended. */
export async function watchRun(run: Run, builder: Builder, parts: RunParts): Promise<number> {
  const session = new Session(run, builder, parts)
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
  readonly #replacement: Replacement
  /** What the builds of one round planned, and which edges failed. */
  #planned: Planned[] = []
  readonly #failed = new Set<string>()
  #builds = 0
  /** Said when the build turns out to have something to run. */
  #cause: { readonly changed: readonly string[]; readonly at: number } | undefined
  /** Bodies whose targets were built since they were last started. */
  readonly #due = new Set<Phase>()
  readonly #running = new Map<Phase, Running>()
  readonly #phases: readonly Phase[]

  constructor(run: Run, builder: Builder, parts: RunParts) {
    this.#run = run
    this.#builder = builder
    this.#parts = parts
    this.#replacement = new Replacement(run, parts)
    this.#phases = run.phases()
    for (const phase of this.#phases) if (run.bodyTask(phase) !== undefined) this.#due.add(phase)
    run.listen({
      onPlan: (planned) => this.#onPlan(planned),
      onEvent: (event) => {
        if (event.type !== 'start' && event.type !== 'finish') return
        const output = event.outputs[0] ?? ''
        if (event.type === 'finish' && event.status !== 'ok') this.#failed.add(output)
        else this.#failed.delete(output)
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
      build: (...args) => this.#build(...args),
      onWait: (files, folders) => this.#run.emit({ type: 'waiting', files, folders }),
      mayReload: () => this.#replacement.isSound(),
    })
    let ended: 'ended' | 'reload' = 'ended'
    try {
      ended = await watch.run()
    } finally {
      await Promise.all([...this.#running.keys()].map((phase) => this.#end(phase)))
    }
    return ended === 'reload' ? await this.#replacement.replace() : 0
  }

  async #build(changed: readonly string[], at: number): Promise<WatchList | undefined> {
    const { disk, signal } = this.#run
    this.#planned = []
    this.#cause = changed.length === 0 ? undefined : { changed, at }
    try {
      for (const phase of this.#phases) {
        if (!(await this.#phase(phase))) break
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      if (!signal.aborted) this.#run.emit({ type: 'failure', ...error.block })
    }
    if (this.#planned.length === 0) return undefined
    const lists = this.#planned.map((planned) =>
      watchList(planned, this.#failed, disk, this.#parts.out),
    )
    return {
      files: new Map(lists.flatMap(({ files }) => [...files])),
      folders: new Set(lists.flatMap(({ folders }) => [...folders])),
    }
  }

  /** False where the phases after it are not to be built. */
  async #phase(phase: Phase): Promise<boolean> {
    const run = this.#run
    if (run.builds(phase)) {
      const first = this.#builds === 0
      const started = performance.now()
      const totals = await this.#builder.build(run.request(phase))
      if (totals === undefined) return false
      const did = totals.ran + totals.failed + totals.skipped > 0
      if (did && run.bodyTask(phase) !== undefined) this.#due.add(phase)
      if (did || first) run.emitSummary(totals, started)
      if (totals.failed + totals.skipped > 0) return false
    }
    if (this.#builds === 0) this.#builds = 1
    if (!this.#due.has(phase) || run.signal.aborted) return true
    await this.#end(phase)
    this.#due.delete(phase)
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
        if (!(error instanceof UserError)) throw error
        if (restart.signal.aborted || this.#run.signal.aborted) return
        this.#run.emit({ type: 'failure', ...error.block })
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
