// What must run: a model of incremental building on plain maps, written from doc/design.md. It shares
// nothing with the engine; it knows the files' content and counts moments instead of reading clocks.
import type { PlainEdge } from './declare.ts'
import { compute, type Result } from './fakelanguage.ts'
import { WRAPPER } from './graphs.ts'
import { type Memory, preferred, type Seen, sameFile, type Version } from './lookups.ts'

/** `may`: right either way, because a file was edited at a moment at which nobody can tell. */
export type Verdict = 'must' | 'may' | 'no'

/** How a build is asked for. */
export interface Asked {
  readonly jobs: number
  readonly keepGoing: boolean
  readonly force: boolean
  readonly digest: boolean
}

interface Running {
  readonly edge: PlainEdge
  readonly since: number
  /** Outputs that were there when it started. */
  readonly before: ReadonlySet<string>
  result: Result | undefined
  wrote: boolean
}

export class Disagreement extends Error {}

export class Model {
  readonly files = new Map<string, Version>()
  readonly memories = new Map<string, Memory>()
  #moment = 0

  put(path: string, text: string, time: number, blurred = false): void {
    this.files.set(path, { text, time, moment: ++this.#moment, blurred })
  }

  /** A number later than all before. */
  next(): number {
    return ++this.#moment
  }
}

/** One build as it happens: told what the engine does, it says what is wrong about that. */
export class ModelBuild {
  readonly #model: Model
  readonly #asked: Asked
  readonly #makers = new Map<string, PlainEdge>()
  readonly #facts = new Map<PlainEdge, string>()
  readonly #needs = new Map<PlainEdge, ReadonlySet<PlainEdge>>()
  readonly #reached: readonly PlainEdge[]
  readonly #open = new Set<PlainEdge>()
  readonly #done = new Set<PlainEdge>()
  readonly #edited = new Set<string>()
  readonly #began: number
  readonly running = new Map<string, Running>()
  readonly failed = new Set<string>()
  /** Those of them that an interrupt ended, and that do not count as run. */
  readonly cutShort = new Set<string>()
  readonly ran: string[] = []
  /** What is stale before anything runs, or needs what is; undefined where that cannot be said. */
  stale: readonly string[] | undefined
  /** How many of those that ran were results that were kept. */
  fromCache = 0
  #stopped = false
  #isInterrupted = false

  constructor(model: Model, edges: readonly PlainEdge[], targets: readonly string[], asked: Asked) {
    this.#model = model
    this.#asked = asked
    this.#began = model.next()
    for (const edge of edges) for (const path of edge.outputs) this.#makers.set(path, edge)
    for (const edge of edges) {
      const needs = new Set<PlainEdge>()
      for (const path of [...edge.inputs, ...edge.orderOnly]) {
        const maker = this.#makers.get(path)
        if (maker === undefined) continue
        needs.add(maker)
        for (const further of this.#needs.get(maker) ?? []) needs.add(further)
      }
      this.#needs.set(edge, needs)
      this.#facts.set(edge, this.#factsOf(edge))
    }
    const reached = new Set<PlainEdge>()
    for (const target of targets) {
      const edge = this.#makers.get(target)
      if (edge === undefined) continue
      reached.add(edge)
      for (const need of this.#needs.get(edge) ?? []) reached.add(need)
    }
    this.#reached = edges.filter((edge) => reached.has(edge))
  }

  /** The edges that the targets lead to, by what became of them; the others were not tried. */
  outcome(edge: PlainEdge): 'done' | 'failed' | 'untried' {
    if (this.failed.has(edge.key)) return 'failed'
    return this.#done.has(edge) ? 'done' : 'untried'
  }

  /**
   * A source that an edge is declared to read and that is not there: then nothing may happen, but under
   * `-k`.
   */
  get missing(): string | undefined {
    if (this.#asked.keepGoing) return undefined
    return this.#reached.flatMap((edge) => this.#lacks(edge))[0]
  }

  #lacks({ inputs }: PlainEdge): string[] {
    return inputs.filter((path) => !this.#makers.has(path) && !this.#model.files.has(path))
  }

  /** Removes orphans, and settles what is up to date at once. */
  begin(): void {
    const orphans = this.#removeOrphans()
    let doubtful = orphans > 0
    const stale = new Set<PlainEdge>()
    for (const edge of this.#reached) {
      const verdict = this.#verdict(edge, (maker) => stale.has(maker))
      if (verdict !== 'no') stale.add(edge)
      // What waits for others is looked at again when they are done.
      const awaits = [...(this.#needs.get(edge) ?? [])].some((need) => stale.has(need))
      if (verdict === 'no' && !awaits) this.#done.add(edge)
      else this.#open.add(edge)
      doubtful ||= verdict === 'may'
    }
    this.stale = doubtful ? undefined : [...stale].map(({ key }) => key)
  }

  /** The outputs of edges that left the graph because a source is gone, but nobody's input. */
  #removeOrphans(): number {
    let count = 0
    const { files, memories } = this.#model
    const edges = new Set(this.#makers.values())
    const used = new Set([...edges].flatMap(({ inputs, orderOnly }) => [...inputs, ...orderOnly]))
    for (const [key, memory] of memories) {
      if (this.#makers.has(key)) continue
      if ([...memory.inputs.keys()].every((path) => files.has(path))) continue
      for (const [path, left] of memory.outputs) {
        const mine = !used.has(path) && !this.#makers.has(path)
        if (mine && sameFile(files.get(path), left)) files.delete(path)
      }
      memories.delete(key)
      count++
    }
    return count
  }

  #verdict(edge: PlainEdge, isOpen: (maker: PlainEdge) => boolean): Verdict {
    const { files, memories } = this.#model
    const memory = memories.get(edge.key)
    if (this.#asked.force || memory === undefined) return 'must'
    if (memory.facts !== this.#facts.get(edge)) return 'must'
    if (memory.inputs.size !== new Set(edge.inputs).size) return 'must'
    let verdict: Verdict = 'no'
    const differs = (path: string): void => {
      // Edited during this build: it depends on when the engine looked.
      if (verdict === 'no') verdict = this.#edited.has(path) ? 'may' : 'must'
      else if (!this.#edited.has(path)) verdict = 'must'
    }
    for (const path of edge.inputs) if (!memory.inputs.has(path)) return 'must'
    for (const path of this.#edited) {
      const concerns =
        memory.inputs.has(path) ||
        memory.found.has(path) ||
        memory.absent.has(path) ||
        memory.outputs.has(path)
      if (concerns) differs(path)
    }
    for (const path of edge.outputs) {
      if (!sameFile(files.get(path), memory.outputs.get(path))) differs(path)
    }
    for (const [path, seen] of [...memory.inputs, ...memory.found]) {
      if (seen.sure === 'no') return 'must'
      if (seen.sure === 'maybe' && verdict === 'no') verdict = 'may'
      const maker = this.#makers.get(path)
      if (maker === undefined) {
        if (!this.#sameSource(files.get(path), seen)) differs(path)
      } else {
        if (isOpen(maker)) return 'must'
        if (memories.get(maker.key)?.outputs.get(path)?.text !== seen.text) return 'must'
      }
    }
    for (const path of memory.absent) {
      const maker = this.#makers.get(path)
      const awaited = maker !== undefined && this.#needs.get(edge)?.has(maker) === true
      if (awaited && isOpen(maker)) return 'must'
      if (files.has(path)) differs(path)
    }
    return verdict
  }

  #sameSource(now: Version | undefined, seen: Seen): boolean {
    return sameFile(now, seen) || (this.#asked.digest && now?.text === seen.text)
  }

  /** Everything but files that a command depends on, tools included. */
  #factsOf({ job, launcher, fresh, otherDepfile }: PlainEdge): string {
    const tool = job.tool === undefined ? undefined : this.#model.files.get(job.tool)
    // Of what a script runs, only what it says of its version is known.
    const program = launcher === 'script' ? this.#model.files.get(WRAPPER) : tool
    const named = [launcher, program?.text, program?.time, tool?.text]
    return JSON.stringify([job.words, job.folders, named, fresh, otherDepfile])
  }

  /** May the edge be looked at: is everything that it needs settled? */
  #isFree(edge: PlainEdge): boolean {
    return [...(this.#needs.get(edge) ?? [])].every(
      (need) => this.#done.has(need) || (this.#mayRest(need) && this.#isFree(need)),
    )
  }

  /** Need an edge that is not settled yet not run? */
  #mayRest(edge: PlainEdge): boolean {
    if (this.running.has(edge.key) || this.failed.has(edge.key)) return false
    return this.#verdict(edge, () => false) !== 'must'
  }

  #waiting(): PlainEdge[] {
    return [...this.#open].filter(
      (edge) => !this.#done.has(edge) && !this.failed.has(edge.key) && !this.running.has(edge.key),
    )
  }

  /** The engine started a command. */
  start(key: string): void {
    const since = this.#model.next()
    const edge = this.#makers.get(key)
    if (edge === undefined) throw new Disagreement(`${key} was run, which no edge makes`)
    if (!this.#open.has(edge) || this.#done.has(edge))
      throw new Disagreement(`${key} was run and need not run`)
    if (this.ran.includes(key)) throw new Disagreement(`${key} was run twice`)
    if (this.#stopped) throw new Disagreement(`${key} was run after the build was to stop`)
    if (this.running.size >= this.#asked.jobs) throw new Disagreement(`${key} was one job too many`)
    if (!this.#isFree(edge)) throw new Disagreement(`${key} was run before what it needs was done`)
    if (this.#verdict(edge, () => false) === 'no')
      throw new Disagreement(`${key} was run and need not run`)
    if (this.#lacks(edge).some((path) => !this.#edited.has(path)))
      throw new Disagreement(`${key} was run without its source`)
    // What it needs and was not run was found to be up to date.
    for (const need of this.#needs.get(edge) ?? []) this.#done.add(need)
    if (edge.fresh) for (const path of edge.outputs) this.#model.files.delete(path)
    this.ran.push(key)
    const before = new Set(edge.outputs.filter((path) => this.#model.files.has(path)))
    this.running.set(key, { edge, since, before, result: undefined, wrote: false })
  }

  /** A result that was kept took the place of a command: as if that had run, in no time. */
  placed(key: string): void {
    this.start(key)
    const { failed } = this.read(key)
    if (failed !== undefined) throw new Disagreement(`the result of ${key} was kept, which fails`)
    this.write(key)
    this.finish(key, false)
    this.fromCache++
  }

  /** Nothing happens by itself any more: is everything running that can? */
  quiet(): void {
    // A source that is gone ends the build as soon as somebody looks for it.
    if (this.#stopped || this.missing !== undefined) return
    // One that went during this build may have been seen by the engine, or not.
    if (this.#waiting().some((edge) => this.#lacks(edge).some((path) => this.#edited.has(path))))
      return
    for (let again = true; again; ) {
      again = false
      for (const edge of this.#waiting()) {
        if (!this.#isFree(edge)) continue
        const verdict = this.#verdict(edge, () => false)
        if (this.running.size >= this.#asked.jobs) continue
        if (verdict === 'must' && this.#lacks(edge).length > 0) {
          this.failed.add(edge.key)
          continue
        }
        if (verdict === 'must') throw new Disagreement(`${edge.key} was not run and must run`)
        this.#done.add(edge)
        again = true
      }
    }
  }

  /** Was it there before the command, and has no build ever made it? */
  #isUsers(path: string, { before }: Running): boolean {
    const { memories } = this.#model
    return before.has(path) && ![...memories.values()].some(({ outputs }) => outputs.has(path))
  }

  /** The command read everything that it reads. */
  read(key: string): Result {
    const running = this.#runningOf(key)
    running.result = compute(running.edge.job, (path) => this.#model.files.get(path)?.text)
    return running.result
  }

  /** The command wrote its outputs, but for the one that is captured. */
  write(key: string): void {
    const running = this.#runningOf(key)
    running.wrote = true
    for (const [at, path] of running.edge.outputs.entries()) {
      if (at === 0 && running.edge.stdout) continue
      this.#putOutput(path, running.result?.texts[at] ?? '')
    }
  }

  /** The command ended; `killed`: by a signal, because the build was interrupted. */
  finish(key: string, killed: boolean): void {
    const { files, memories } = this.#model
    const running = this.#runningOf(key)
    const { edge, since, result } = running
    this.running.delete(key)
    const failed = killed || result === undefined || result.failed !== undefined
    const text = result?.texts[0] ?? ''
    const placed = !failed && edge.stdout && files.get(edge.key)?.text !== text
    if (placed) this.#putOutput(edge.key, text)
    const generated = [...edge.inputs, ...(result?.read ?? [])].filter((path) =>
      this.#makers.has(path),
    )
    if (failed || !generated.every((path) => files.has(path))) {
      for (const [at, path] of edge.outputs.entries()) {
        if (this.#isUsers(path, running)) continue
        if (at === 0 && edge.stdout ? placed : running.wrote) files.delete(path)
      }
      this.failed.add(key)
      if (this.#isInterrupted) this.cutShort.add(key)
      if (!this.#asked.keepGoing || killed) this.#stopped = true
      return
    }
    const found = result.read.filter((path) => !edge.inputs.includes(path))
    const seen = (path: string): [string, Seen] => [path, this.#seen(path, since)]
    memories.set(key, {
      inputs: new Map(edge.inputs.map(seen)),
      found: new Map(found.map(seen)),
      outputs: new Map(edge.outputs.flatMap((path) => entry(path, files.get(path)))),
      absent: new Set(
        preferred(edge, result.read).filter((path) => (files.get(path)?.moment ?? since) >= since),
      ),
      facts: this.#facts.get(edge) ?? '',
    })
    this.#done.add(edge)
  }

  /** A file was edited while commands run. */
  edited(path: string): void {
    this.#edited.add(path)
  }

  /** The build was interrupted: nothing more is started. */
  interrupted(): void {
    this.#stopped = true
    this.#isInterrupted = true
  }

  #putOutput(path: string, text: string): void {
    this.#model.put(path, text, -this.#model.next())
  }

  #seen(path: string, since: number): Seen {
    const now = this.#model.files.get(path)
    if (now === undefined) return { text: '', time: Number.NaN, sure: 'no' }
    const { text, time, moment, blurred } = now
    const maker = this.#makers.get(path)
    if (maker !== undefined) {
      const left = this.#model.memories.get(maker.key)?.outputs.get(path)
      return { text, time, sure: sameFile(now, left) ? 'yes' : 'no' }
    }
    const doubtful = blurred && moment > this.#began
    return { text, time, sure: moment > since ? 'no' : doubtful ? 'maybe' : 'yes' }
  }

  #runningOf(key: string): Running {
    const running = this.running.get(key)
    if (running === undefined) throw new Disagreement(`${key} is not running`)
    return running
  }
}

function entry(path: string, version: Version | undefined): [string, Version][] {
  return version === undefined ? [] : [[path, version]]
}
