// The real builder on a tree of the property test, with commands that the test holds, and with a memo: what
// it says of a build that has nothing to do is compared with what the build then decides.
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { join } from 'node:path'
import type { Totals } from '../../tasks/engine/base/index.ts'
import { Builder } from '../../tasks/engine/build/build.ts'
import { ActionCache } from '../../tasks/engine/cache/index.ts'
import { Disk } from '../../tasks/engine/files/disk.ts'
import { loadGlob } from '../../tasks/engine/files/glob.ts'
import { type Event, type Input, task } from '../../tasks/engine/index.ts'
import { Memo, type MemoParts } from '../../tasks/engine/memo/memo.ts'
import type { Processes } from '../../tasks/engine/process/executor.ts'
import { declare, LAUNCHER, launcherValue } from './declare.ts'
import type { Asked } from './model.ts'
import { memoryFolder, type World } from './world.ts'

export const ANYTHING: Asked = { jobs: 4, keepGoing: true, force: false, digest: false }

const patterns = await loadGlob()

const STATE = 'build/.tasks'

/** One folder of results for all trees of this process. */
const results = fs.mkdtempSync(join(memoryFolder(), 'bpf-tasks-results-'))
process.once('exit', () => fs.rmSync(results, { recursive: true, force: true }))

export interface BuildParts {
  /** The folder to build in. */
  readonly root: string
  readonly executor: Processes
  readonly signal: AbortSignal
  readonly asked: Asked
  /** First outputs; undefined: everything. */
  readonly targets?: readonly string[] | undefined
  /** A memo says that there is nothing to do. */
  readonly onRecalled?: () => void
  /** A result that was kept took the place of a command; without it, none is. */
  readonly onPlaced?: (key: string) => void
}

/** Builds the world's graph, as it is declared now. @returns undefined: interrupted */
export async function build(world: World, parts: BuildParts): Promise<Totals | undefined> {
  const memo = memoOf(world, parts)
  const totals = await start(
    world,
    parts,
    false,
    (event) => {
      if (event.type === 'finish' && event.from !== undefined)
        parts.onPlaced?.(event.outputs[0] ?? '')
    },
    memo,
  )
  await memo.keep([])
  return totals
}

/** As a run of the command line would have it; what is declared is read from a file instead of modules. */
function memoOf(world: World, { root, asked, targets, onRecalled }: BuildParts): Memo {
  const declared = `${world.root}.declared`
  const text = JSON.stringify([[...world.knobs.flags], [...world.knobs.fields]])
  if (!fs.existsSync(declared) || fs.readFileSync(declared, 'utf8') !== text)
    fs.writeFileSync(declared, text)
  const arguments_ = JSON.stringify([targets, asked.force, asked.digest])
  return new CheckedMemo(onRecalled, {
    root,
    state: `${root}/${STATE}`,
    environment: variablesOf(world),
    key: createHash('sha256').update(arguments_).digest('hex'),
    recordModules: async (disk) => {
      disk.stat(declared)
      return undefined
    },
    age: () => 0,
  })
}

/** Variables and settings, by name. */
function variablesOf({ knobs: { mode, launcher } }: World): Readonly<Record<string, string>> {
  const all = { MODE: mode, [LAUNCHER.name]: launcherValue(launcher) }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

class CheckedMemo extends Memo {
  readonly #onRecalled: (() => void) | undefined

  constructor(onRecalled: (() => void) | undefined, parts: MemoParts) {
    super(parts)
    this.#onRecalled = onRecalled
  }

  override claims(): boolean {
    const isClaimed = super.claims()
    if (isClaimed) this.#onRecalled?.()
    return isClaimed
  }
}

/** What a dry run says that a build would run at most. */
export async function dryRun(world: World, parts: BuildParts): Promise<string[]> {
  const said: string[] = []
  await start(world, parts, true, (event) => {
    if (event.type === 'start') said.push(event.outputs[0] ?? '')
  })
  return said
}

function start(
  world: World,
  { root, executor, signal, asked, targets, onPlaced }: BuildParts,
  dryRun: boolean,
  emit: (event: Event) => void,
  memo?: Memo,
): Promise<Totals | undefined> {
  const { all, edges } = declare(world.spec, world.knobs, world.system, root)
  const disk = new Disk(root)
  const variable = (name: string) => (name === 'ACTION_CACHE_DIR' ? results : undefined)
  const cache = async (reads: boolean) => new ActionCache({ disk, variable, reads, explains: true })
  const builder = new Builder({
    disk,
    cache: onPlaced === undefined ? undefined : cache,
    state: STATE,
    tasks: { all: task('Everything', all) },
    setting: (name) => variablesOf(world)[name],
    loadGlob: async () => patterns,
    // In the second one is env.
    path: [`${root}/bin`, '/usr/bin'],
    colour: false,
    environment: {},
    executor: async () => executor,
    emit,
    signal,
    command: 'the property test',
    memo,
    checksMemo: true,
  })
  const some = targets?.map((path): Input => edges.get(path) ?? path)
  return builder.build({
    ...asked,
    targets: some ?? all,
    files: [],
    notes: [],
    members: [],
    dryRun,
  })
}
