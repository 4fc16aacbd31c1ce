// One random history: edits, builds, edits during builds; each build in step with the model, and then
// compared with a clean one. Nothing waits for time to pass: commands go on when they are told to.
import * as fs from 'node:fs'
import fc from 'fast-check'
import { UserError } from '../../tasks/engine/base/failure.ts'
import type { Totals } from '../../tasks/engine/base/index.ts'
import { build, dryRun } from './builders.ts'
import { buildClean, compareWithClean } from './cleanbuild.ts'
import { apply, type Edit, editsBetween, editsDuring } from './edits.ts'
import { FakeCommands } from './fakecommands.ts'
import { makeSpec, type Shape, shapes } from './graphs.ts'
import { type Asked, Disagreement, ModelBuild } from './model.ts'
import { setGrain, World } from './world.ts'

interface Step {
  readonly edits: readonly Edit[]
  /** Edits while the build runs, each after so many moves of its commands. */
  readonly during: readonly { readonly after: number; readonly edit: Edit }[]
  readonly jobs: number
  readonly keepGoing: boolean
  readonly force: boolean
  readonly digest: boolean
  /** Build only some of the edges. */
  readonly partial: boolean
  /** Ask for a dry run first. */
  readonly dryRun: boolean
  /** Which of the running commands goes on. */
  readonly moves: readonly number[]
  /** Interrupt the build after so many moves. */
  readonly interrupt: number | undefined
}

export interface History {
  readonly shape: Shape
  readonly steps: readonly Step[]
  /** See {@link setGrain}. */
  readonly grain: number
}

const number = fc.nat({ max: 999 })
const rarely = fc.nat({ max: 9 }).map((drawn) => drawn === 9)

const duringSome = fc.array(fc.record({ after: fc.nat({ max: 7 }), edit: editsDuring }), {
  maxLength: 3,
  size: 'max',
})

export const histories: fc.Arbitrary<History> = fc.record({
  shape: shapes,
  steps: fc.array(
    fc.record({
      edits: fc.array(editsBetween, { maxLength: 3, size: 'max' }),
      during: fc.oneof(
        { arbitrary: fc.constant([]), weight: 1 },
        { arbitrary: duringSome, weight: 1 },
      ),
      jobs: fc.constantFrom(1, 1, 2, 2, 3, 5, 8),
      keepGoing: fc.boolean(),
      force: rarely,
      digest: rarely,
      partial: rarely,
      dryRun: rarely,
      moves: fc.array(number, { minLength: 1, maxLength: 20, size: 'max' }),
      interrupt: fc.option(fc.nat({ max: 15 }), { freq: 20, nil: undefined }),
    }),
    { minLength: 2, maxLength: 12, size: 'max' },
  ),
  grain: fc.constantFrom(0, 0, 1, 4),
})

/** What was done, over all histories. */
export interface Counts {
  histories: number
  builds: number
  commands: number
  /** Commands that failed, as they should. */
  failures: number
  /** Builds that were refused because a source was missing, or whose source went while they ran. */
  refused: number
  cleanBuilds: number
  /** Builds of which a memo said that there was nothing to do. */
  recalled: number
  /** Commands whose result was kept by an earlier build of any tree. */
  placed: number
  readonly edits: Map<string, number>
}

export function noCounts(): Counts {
  const edits = new Map<string, number>()
  const none = { histories: 0, builds: 0, commands: 0, failures: 0, refused: 0 }
  return { ...none, cleanBuilds: 0, recalled: 0, placed: 0, edits }
}

/** @throws Disagreement that tells everything that was done */
export async function runHistory(history: History, counts: Counts): Promise<void> {
  setGrain(history.grain)
  using world = new World(makeSpec(history.shape))
  const run = new HistoryRun(world, counts)
  try {
    counts.histories++
    for (const step of history.steps) await run.step(step)
  } catch (error) {
    const what = error instanceof Disagreement ? error.message : String((error as Error).stack)
    const about = history.grain === 0 ? [] : [`file times in steps of ${history.grain} ms`]
    throw new Disagreement(
      [...about, ...describe(world), ...run.journal, `  WRONG: ${what}`].join('\n'),
    )
  } finally {
    setGrain(0)
  }
}

/** How a build ended, and whether anything was done to it. */
interface Ended {
  readonly ran: number
  readonly troubled: boolean
  readonly disturbed: boolean
}

class HistoryRun {
  readonly journal: string[] = []
  readonly #world: World
  readonly #counts: Counts
  #troubled = false

  constructor(world: World, counts: Counts) {
    this.#world = world
    this.#counts = counts
  }

  async step(step: Step): Promise<void> {
    const [whether = 0] = step.moves
    if (this.#troubled && whether % 4 > 0) this.#edit({ kind: 'mend all', which: 0, how: 0 })
    if (this.journal.length > 0) for (const edit of step.edits) this.#edit(edit)
    const first = await this.#build(step)
    // What was edited during a build is for the second one; the third has nothing to do.
    const again: Step = { ...step, during: [], interrupt: undefined, force: false }
    const second = first.disturbed ? await this.#build(again) : first
    const last = await this.#build(again)
    this.#troubled = last.troubled
    if (!second.troubled && last.ran > 0) throw new Disagreement('expected: nothing to do')
    if (this.#counts.builds % 20 > 2) return
    if (await buildClean(this.#world)) this.#counts.cleanBuilds++
  }

  #edit(edit: Edit): boolean {
    const done = apply(edit, this.#world)
    if (done === undefined) return false
    const moment = this.#world.build === undefined ? '' : 'during a build: '
    this.journal.push(`  ${moment}${done}`)
    const kind = moment + edit.kind
    this.#counts.edits.set(kind, (this.#counts.edits.get(kind) ?? 0) + 1)
    return true
  }

  /** One build, in step with the model. */
  async #build(step: Step): Promise<Ended> {
    const world = this.#world
    const edges = world.edges()
    const targets = step.partial ? someOf(world, step.moves) : undefined
    this.journal.push(commandLine(step, targets))
    const model = new ModelBuild(world.model, edges, targets ?? edges.map(({ key }) => key), step)
    const { missing } = model
    const said =
      step.dryRun && missing === undefined ? await this.#dryRun(step, targets) : undefined
    if (missing === undefined) model.begin()
    if (said !== undefined && model.stale !== undefined) {
      if (said.sort().join() !== model.stale.toSorted().join())
        throw new Disagreement(`--dry-run said ${said}, expected ${model.stale}`)
    }
    world.build = model
    const { ended, disturbed } = await this.#run(step, targets, model)
    world.build = undefined
    this.#counts.builds++
    this.#counts.commands += model.ran.length
    this.#counts.failures += model.failed.size
    const refused = 'error' in ended
    if (refused) this.#refused(ended.error, missing, disturbed)
    else this.#compareTotals(ended.totals, model, missing, disturbed)
    this.#compareFiles()
    if (!refused && !disturbed) compareWithClean(edges, model, world)
    return { ran: model.ran.length, troubled: refused || model.failed.size > 0, disturbed }
  }

  #dryRun(step: Step, targets: readonly string[] | undefined): Promise<string[]> {
    const { root } = this.#world
    const { signal } = new AbortController()
    return dryRun(this.#world, {
      root,
      executor: new FakeCommands(root),
      signal,
      asked: step,
      targets,
    })
  }

  /** Lets the commands go on, one move at a time, until the build has ended. */
  async #run(
    step: Step,
    targets: readonly string[] | undefined,
    model: ModelBuild,
  ): Promise<{ readonly ended: End; readonly disturbed: boolean }> {
    const world = this.#world
    const commands = new FakeCommands(world.root)
    const abort = new AbortController()
    let wrong: unknown
    /** The engine goes on to the end even when it is wrong, so that nothing of it is left. */
    const check = (what: () => void): void => {
      if (wrong !== undefined) return
      try {
        what()
      } catch (error) {
        wrong = error
      }
    }
    commands.onStart = (key) => {
      this.journal.push(`  starts ${key}`)
      check(() => model.start(key))
    }
    const state: { ended: End | undefined } = { ended: undefined }
    const { root } = world
    const { signal } = abort
    const onPlaced = (key: string): void => {
      this.journal.push(`  places ${key}`)
      check(() => model.placed(key))
      this.#counts.placed++
    }
    const onRecalled = (): void => {
      this.#counts.recalled++
    }
    void build(world, {
      root,
      executor: commands,
      signal,
      asked: step,
      targets,
      onRecalled,
      onPlaced,
    }).then(
      (totals) => {
        state.ended = { totals }
      },
      (error: unknown) => {
        state.ended = { error }
      },
    )
    let disturbed = false
    for (let moves = 0, idle = 0; state.ended === undefined; ) {
      await new Promise(setImmediate)
      const { running } = commands
      if (running.length === 0) {
        if (idle++ > 1000) throw new Disagreement('the build waits for nothing')
        continue
      }
      idle = 0
      check(() => model.quiet())
      if (wrong === undefined) {
        for (const { after, edit } of step.during) {
          if (after === moves && this.#edit(edit)) disturbed = true
        }
        if (step.interrupt === moves) {
          this.journal.push('  interrupted')
          disturbed = true
          model.interrupted()
          abort.abort()
        }
      }
      const key = running[(step.moves[moves % step.moves.length] ?? 0) % running.length] ?? ''
      this.#move(key, commands, model, abort.signal.aborted, check)
      moves++
    }
    if (wrong !== undefined) throw wrong
    if (commands.running.length > 0)
      throw new Disagreement(`the build ended before ${commands.running}`)
    return { ended: state.ended, disturbed }
  }

  /** One command goes on by one move. */
  #move(
    key: string,
    commands: FakeCommands,
    model: ModelBuild,
    interrupted: boolean,
    check: (what: () => void) => void,
  ): void {
    const phase = commands.phase(key)
    if (!interrupted && phase === 'started') {
      const { failed } = commands.read(key)
      check(() => model.read(key))
      if (failed !== 'early') return
    }
    if (!interrupted && phase === 'has read') {
      commands.write(key)
      check(() => model.write(key))
      return
    }
    this.journal.push(`  ends ${key}`)
    check(() => model.finish(key, interrupted))
    commands.end(key, interrupted ? 'SIGINT' : null)
  }

  #refused(error: unknown, missing: string | undefined, disturbed: boolean): void {
    if (!(error instanceof UserError)) throw error
    this.journal.push(`  refused: ${error.message}`)
    if (missing === undefined && !disturbed) throw new Disagreement('expected: not refused')
    this.#counts.refused++
  }

  #compareTotals(
    totals: Totals | undefined,
    model: ModelBuild,
    missing: string | undefined,
    disturbed: boolean,
  ): void {
    if (missing !== undefined) throw new Disagreement(`expected: refused without ${missing}`)
    model.quiet()
    const ran = model.ran.length - model.cutShort.size - model.fromCache
    if (totals?.ran !== ran) throw new Disagreement(`${totals?.ran} ran, expected ${ran}`)
    if (totals.failed !== model.failed.size && !disturbed)
      throw new Disagreement(`${totals.failed} failed, expected ${[...model.failed]}`)
  }

  /** The build folder must hold what the model says, and nothing else. */
  #compareFiles(): void {
    const world = this.#world
    const there = new Set(filesBelow(world.root, 'build'))
    for (const [path, { text }] of world.model.files) {
      if (!path.startsWith('build/')) continue
      if (!there.delete(path)) throw new Disagreement(`${path} is not there`)
      const is = fs.readFileSync(world.at(path), 'utf8')
      if (is !== text) throw new Disagreement(`${path} is ${is}expected: ${text}`)
    }
    if (there.size > 0) throw new Disagreement(`expected: no ${[...there].join(' ')}`)
  }
}

type End = { readonly totals: Totals | undefined } | { readonly error: unknown }

/** First outputs of a few edges. */
function someOf({ spec }: World, choices: readonly number[]): string[] {
  const keys = spec.templates.map(({ outputs }) => outputs[0] ?? '')
  return keys.filter((_, at) => (choices[at % choices.length] ?? 0) % 3 === 0)
}

function commandLine({ jobs, ...step }: Step, targets: readonly string[] = ['everything']): string {
  const { keepGoing, force, digest }: Omit<Asked, 'jobs'> = step
  const flags = [keepGoing ? '-k' : '', force ? '-B' : '', digest ? '--digest' : ''].filter(Boolean)
  return ['build', `-j${jobs}`, ...flags, ...targets].join(' ')
}

function filesBelow(root: string, folder: string): string[] {
  if (!fs.existsSync(`${root}/${folder}`)) return []
  return fs.readdirSync(`${root}/${folder}`, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (path === 'build/.tasks') return []
    return entry.isDirectory() ? filesBelow(root, path) : [path]
  })
}

/** The graph at first, a line for each edge and for each file that is more than a line. */
function describe({ spec }: World): string[] {
  const edges = spec.templates.map((template) => {
    const { inputs, orderOnly, outputs, folders } = template
    const words = (['lists', 'parts', 'afterHeaders', 'stdout', 'fresh', 'coarse'] as const).filter(
      (name) => template[name],
    )
    const order = orderOnly.length === 0 ? '' : ` after ${orderOnly.join(', ')}`
    const search = folders === undefined ? '' : ` looking in ${folders.join(', ')}`
    const tool = template.tool === undefined ? '' : ` by ${template.tool}`
    return `${outputs.join(', ')} of ${inputs.join(', ')}${order}${search}${tool} ${words.join(' ')}`
  })
  const files = [...spec.files].flatMap(([path, text]) => {
    const includes = text.match(/^include .*/gm)
    return includes === null ? [] : [`${path}: ${includes.join(', ')}`]
  })
  return [...edges, ...files]
}
