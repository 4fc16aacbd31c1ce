// Tools, and the libbpf and bpftool that settings choose, as the doctor sees them: there, or why not.
import { posix } from 'node:path'
import { type Fact, type TaskContext, type Tool, text, UserError } from '../../engine/index.ts'
import {
  bpftoolTree,
  type Libbpf,
  libbpfBuild,
  libbpfChoice,
  minorOf,
  noBpftoolSources,
  systemArchive,
  systemHeaders,
  versionOfHeader,
} from '../sources/index.ts'
import { bpftool, settings } from '../toolchain/index.ts'

/** Something as it was found, or why there is none. */
export type Finding =
  | { readonly path: string; readonly version: string }
  | { readonly problem: string; readonly hint: string | undefined }

/** bpftool, and the libbpf in it where that is known without running it. */
export interface BpftoolFinding {
  readonly seen: Finding
  /** Undefined for one that is installed: that can be asked. */
  readonly libbpf?: string
}

/** Folder of clones: one that is there already is looked into. */
const OUT = 'build'

export function lookForTool(ctx: TaskContext, tool: Tool): Promise<Finding> {
  return findingFrom(async () => {
    const { path, version } = await ctx.ask(tool)
    return { path, version }
  })
}

/** The bpftool that BPFTOOL names. */
export async function lookForBpftool(ctx: TaskContext): Promise<BpftoolFinding> {
  if ((await ctx.ask(settings.BPFTOOL)) !== 'build')
    return { seen: await lookForTool(ctx, bpftool) }
  const top = await ctx.ask(settings.BPFTOOL_TOP)
  let libbpf = ''
  const seen = await findingFrom(async () => {
    if (top === undefined) throw noBpftoolSources()
    const tree = await ctx.ask(bpftoolTree(top))
    libbpf = minorOf(tree.libbpf.version.release)
    return { path: tree.folder, version: 'is to be built' }
  })
  return { seen, libbpf }
}

/** The libbpf that LIBBPF names: its archive or sources, and its version. */
export function lookForLibbpf(ctx: TaskContext): Promise<Finding> {
  return findingFrom(async () => {
    const named = (await ctx.ask(settings.LIBBPF)) ?? 'system'
    if (named === 'system') {
      const { version } = await ctx.ask(systemHeaders)
      return { path: posix.normalize(await ctx.ask(systemArchive)), version }
    }
    const build = libbpfBuild(OUT)
    const { includes, archive } = await ctx.ask(libbpfChoice(build))
    if (named === 'source' || named.startsWith('git:')) {
      return sourcesOf(await ctx.ask(build))
    }
    const header = await ctx.ask(text(`${includes[0]}/bpf/libbpf_version.h`))
    return { path: String(archive), version: versionOfHeader(header ?? '') ?? '' }
  })
}

function sourcesOf({ tree: { folder, version } }: Libbpf): Finding {
  return { path: folder, version: version.release }
}

async function findingFrom(at: () => Promise<Finding>): Promise<Finding> {
  try {
    return await at()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const { what, facts, hint } = error.block
    return { problem: [what, ...refusals(facts ?? [])].join('; '), hint: hint?.split('\n')[0] }
  }
}

/** Of the facts of what was not found, what the programs that were tried said. */
function refusals(facts: readonly Fact[]): string[] {
  const known = ['looked for', 'in', 'packages', 'recorded']
  return facts
    .filter(([label]) => !known.includes(label))
    .map(([label, value]) => `${label}: ${value.replaceAll('\n', ' ')}`)
}
