// The doctor's lines about what libbpf and bpftool can use when they are built from source.
import { readFileSync } from 'node:fs'
import {
  type Event,
  quoteCommand,
  type TaskContext,
  UserError,
  unlessErrno,
} from '../../engine/index.ts'
import { findProgram } from '../system/index.ts'
import {
  features,
  type LibraryFeature,
  type Manager,
  parseRelease,
  pickManager,
  targetFeatures,
} from '../toolchain/index.ts'

export type FeatureLine = Extract<Event, { type: 'check' }>

/** One line a feature; none without a compiler, of which another line tells. */
export async function featureLines(ctx: TaskContext): Promise<FeatureLine[]> {
  const manager = managerHere(ctx)
  const checks: FeatureLine[] = []
  for (const feature of features) {
    try {
      checks.push(featureLine(feature, await ctx.ask(feature.lack), manager))
    } catch (error) {
      if (!(error instanceof UserError)) throw error
    }
  }
  return checks
}

/**
 * libbpf cannot be built without libelf and zlib; whatever else is missing is done without.
 * @param lack what the compiler said; undefined where the feature is there
 * @param manager the package manager of this machine
 */
export function featureLine(
  feature: LibraryFeature,
  lack: string | undefined,
  manager: Manager | undefined,
): FeatureLine {
  const { name, packages } = feature
  const found = { type: 'check', name, status: 'ok' } as const
  if (lack === undefined) return { ...found, detail: 'usable' }
  const brought = manager === undefined ? undefined : packages[manager.name]
  if (feature !== targetFeatures.libelf && feature !== targetFeatures.zlib) {
    const how = brought === undefined ? '' : ` (${brought} would bring it)`
    return { ...found, detail: `not usable: what is built from source does without${how}` }
  }
  return {
    ...found,
    status: 'warning',
    detail: `not usable: libbpf cannot be built from source: ${lack}`,
    hint:
      manager === undefined || brought === undefined
        ? 'npx tsx tasks.ts setup'
        : quoteCommand([...manager.install, brought]),
  }
}

function managerHere(ctx: TaskContext) {
  // Without it the first manager that is there is taken.
  const release = unlessErrno(() => readFileSync('/etc/os-release', 'utf8')) ?? ''
  return pickManager(
    parseRelease(release),
    (program) => findProgram(program, ctx.environment) !== undefined,
  )
}
