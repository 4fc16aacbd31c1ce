// The real builder on a tree of the property test, with commands that the test holds.

import type { Totals } from '../../tasks/engine/base/index.ts'
import { Builder } from '../../tasks/engine/build/build.ts'
import { Disk } from '../../tasks/engine/files/disk.ts'
import { loadGlob } from '../../tasks/engine/files/glob.ts'
import { type Event, type Input, task } from '../../tasks/engine/index.ts'
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
}

/** Builds the world's graph, as it is declared now. @returns undefined: interrupted */
export function build(world: World, parts: BuildParts): Promise<Totals | undefined> {
  return start(world, parts, false, () => {})
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
): Promise<Totals | undefined> {
  const { all, edges } = declare(world.spec, world.knobs, world.system)
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
  })
  const some = targets?.map((path): Input => edges.get(path) ?? path)
  return builder.build({ ...asked, targets: some ?? all, files: [], notes: [], dryRun })
}
