// The real builder on a tree of the property test, with commands that the test holds, and with a memo: what
// it says of a build that has nothing to do is compared with what the build then decides.
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import type { Totals } from '../../tasks/engine/base/index.ts'
import { Builder } from '../../tasks/engine/build/build.ts'
import { Disk } from '../../tasks/engine/files/disk.ts'
import { loadGlob } from '../../tasks/engine/files/glob.ts'
import { type Event, type Input, task } from '../../tasks/engine/index.ts'
import { Memo, type MemoParts } from '../../tasks/engine/memo/memo.ts'
import type { Processes } from '../../tasks/engine/process/executor.ts'
import { declare } from './declare.ts'
import type { Asked } from './model.ts'
import type { World } from './world.ts'

export const ANYTHING: Asked = { jobs: 4, keepGoing: true, force: false, digest: false }

const patterns = await loadGlob()

const STATE = 'build/.tasks'

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
}

/** Builds the world's graph, as it is declared now. @returns undefined: interrupted */
export async function build(world: World, parts: BuildParts): Promise<Totals | undefined> {
  const memo = memoOf(world, parts)
  const totals = await start(world, parts, false, () => {}, memo)
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
    environment: world.knobs.mode === undefined ? {} : { MODE: world.knobs.mode },
    key: createHash('sha256').update(arguments_).digest('hex'),
    recordModules: async (disk) => {
      disk.stat(declared)
      return undefined
    },
    age: () => 0,
  })
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
  { root, executor, signal, asked, targets }: BuildParts,
  dryRun: boolean,
  emit: (event: Event) => void,
  memo?: Memo,
): Promise<Totals | undefined> {
  const { all, edges } = declare(world.spec, world.knobs, world.system, root)
  const builder = new Builder({
    disk: new Disk(root),
    state: STATE,
    tasks: { all: task('Everything', all) },
    setting: (name) => (name === 'MODE' ? world.knobs.mode : undefined),
    loadGlob: async () => patterns,
    path: [`${root}/bin`],
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
