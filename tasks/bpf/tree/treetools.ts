// Sources that match, to tools: each with its BPF object, its skeletons, its loader and its aliases.
import { basename, posix } from 'node:path'
import {
  checkOptions,
  derive,
  described,
  didYouMean,
  UserError,
  wrong,
} from '../../engine/index.ts'
import {
  type BpfObject,
  combined,
  type Finish,
  feature,
  type LinkOptions,
  pathOf,
  rawPath,
  type Skeleton,
  type SkeletonKind,
  type SourceFile,
  skeletonEndings,
} from '../rules/index.ts'
import { type Feature, headerNeeds } from '../toolchain/index.ts'
import type { BpfRules } from './bpfrules.ts'
import { listOf, madeSources, type ToolSource, toolSources } from './sourcefinder.ts'
import {
  type BuiltTool,
  type LeftOut,
  type ToolOptions,
  type Tools,
  type ToolsOptions,
  toolChecks,
  toolsChecks,
} from './tooloptions.ts'

/** Known when they are asked for, since files decide which there are. */
export function toolsOf(
  rules: BpfRules,
  patterns: readonly SourceFile[],
  options: ToolsOptions,
  finish: Finish | undefined,
): Tools {
  checkOptions('tools', options, toolsChecks)
  const { each = {}, except = [] } = options
  for (const [tool, own] of Object.entries(each)) {
    if (except.includes(tool)) throw wrong(`the tool ${tool} is excepted, and told something`)
    checkOptions(`tool ${tool}`, own, toolChecks(`tool ${tool}`))
  }
  const found = toolSources(patterns, options)
  const needs = derive([found], (tools) => {
    const { needs: ofAll = [] } = options
    const asked = tools.map((tool) => [
      ...tool.headers.flatMap((header) => optionalHeaders.get(header) ?? []),
      ...(typeof ofAll === 'function' ? ofAll(tool) : ofAll),
      ...(each[tool.name]?.needs ?? []),
    ])
    return derive(
      asked.flat().map(({ lack }) => lack),
      (...lacks) => {
        let at = 0
        return tools.map((tool, index) => {
          const own = asked[index] ?? []
          const missing = own.flatMap(({ name }) => {
            const lack = lacks[at++]
            return lack === undefined ? [] : [`${name}: ${lack}`]
          })
          return { tool, lack: missing[0] }
        })
      },
    )
  })
  const list = derive([needs], (tools) =>
    madeTools(
      rules,
      tools.filter(({ lack }) => lack === undefined).map(({ tool }) => tool),
      options,
      finish,
      madeSources([...patterns, ...listOf(options.loaders)]),
    ),
  )
  return Object.freeze({
    list,
    all: derive([list], (tools) =>
      tools.flatMap(({ object, loader, aliases }) => [object ?? [], loader ?? [], aliases]),
    ),
    known: derive([found], (tools) =>
      ownTools(tools, each).map((tool) => ({ ...tool, aliases: each[tool.name]?.aliases ?? [] })),
    ),
    leftOut: derive([needs], (tools) =>
      tools.flatMap(({ tool: { name }, lack }): readonly LeftOut[] => {
        const { aliases } = each[name] ?? {}
        return lack === undefined ? [] : [{ name, lack, ...(aliases && { aliases }) }]
      }),
    ),
  })
}

/** Headers that not every machine has, and a tool is left out without. */
const optionalHeaders: ReadonlyMap<string, Feature> = new Map(
  [...headerNeeds.keys()].map((header) => [header, feature(header, { headers: [header] })]),
)

/** Without a loader, what others link is a part of them and no tool. */
function ownTools(
  tools: readonly ToolSource[],
  each: NonNullable<ToolsOptions['each']>,
): readonly ToolSource[] {
  const parts = new Set(Object.values(each).flatMap(({ link = [] }) => link))
  return tools.filter(({ name, loader }) => loader !== undefined || !parts.has(name))
}

function madeTools(
  rules: BpfRules,
  tools: readonly ToolSource[],
  options: ToolsOptions,
  treeFinish: Finish | undefined,
  made: ReadonlyMap<string, SourceFile>,
): readonly BuiltTool[] {
  const { each = {}, objectFile = (name: string) => `${name}.bpf.o`, skeletonFile } = options
  const sources = new Map(
    tools.flatMap(({ name, bpf }) => (bpf === undefined ? [] : [[name, bpf] as const])),
  )
  const raws = new Map<string, BpfObject>()
  const objects = new Map<string, BpfObject>()
  const skeletons = new Map<string, Skeleton>()

  const bpfOf = (name: string) => {
    const { bpf = {}, link = [] } = each[name] ?? {}
    const { finish = treeFinish ?? 'compiled', ...all } = combined(options.bpf ?? {}, bpf)
    return { all, link, finish, output: objectFile(name) }
  }

  /** As clang leaves it: compiled once, for its own tool and for those that link it. */
  const rawOf = (name: string, asker: string): BpfObject => {
    const known = raws.get(name)
    if (known !== undefined) return known
    const source = sources.get(name)
    if (source === undefined) throw noSource(name, asker, [...sources.keys()])
    const { all, link, finish, output } = bpfOf(name)
    const isAll = finish === 'compiled' && link.length === 0
    const path = isAll ? output : rawPath(output)
    const object = rules.object(made.get(source) ?? source, {
      ...all,
      finish: 'compiled',
      output: path,
    })
    raws.set(name, object)
    return object
  }

  const objectOf = (name: string, asker: string): BpfObject => {
    const known = objects.get(name)
    if (known !== undefined) return known
    const { link, finish, output } = bpfOf(name)
    const raw = rawOf(name, asker)
    const parts = [raw, ...link.map((other) => rawOf(other, name))] as const
    const isStripped = finish === 'stripped'
    let object = raw
    if (link.length > 0 || finish === 'linked') {
      const path = isStripped ? output.replace(/(\.bpf)?\.o$/, '.linked$&') : output
      object = rules.linkedObject(name, parts, { output: path })
    }
    if (isStripped) object = rules.strippedObject(name, object, { output })
    objects.set(name, object)
    return object
  }

  const skeletonOf = (name: string, kind: SkeletonKind, asker: string): Skeleton => {
    const file = skeletonFile?.(name) ?? `${name}${skeletonEndings[kind]}`
    const known = skeletons.get(file)
    if (known !== undefined) return known
    const own = each[name]?.skeletonName ?? options.skeletonName?.(name)
    const made = rules.skeleton(objectOf(name, asker), {
      kind,
      output: file,
      ...(own === undefined ? {} : { name: own }),
    })
    skeletons.set(file, made)
    return made
  }

  return ownTools(tools, each).map(({ name, bpf, loader, skeletons: included }): BuiltTool => {
    const object = bpf === undefined ? undefined : objectOf(name, name)
    const own = each[name] ?? {}
    if (loader === undefined) {
      mustNotBeOfLoaders(name, own)
      return { name, object, loader: undefined, aliases: [] }
    }
    const embedded = [
      ...included.map(([other, kind]) => skeletonOf(other, kind, name)),
      ...(own.skeletons ?? []).map((other) => skeletonOf(other, 'ordinary', name)),
    ]
    const user = combined(options.user ?? {}, own.user ?? {})
    const more = (own.sources ?? []).map((source) =>
      rules.userObject(source, {
        ...user,
        skeletons: embedded,
        output: `${name}.parts/${basename(pathOf(source), posix.extname(pathOf(source)))}.o`,
      }),
    )
    const main = rules.userObject(made.get(loader) ?? loader, {
      ...user,
      skeletons: embedded,
      output: `${name}.o`,
    })
    const { flags, cflags } = user
    const link = combined<LinkOptions>(linkOf(options), linkOf(own))
    const program = rules.loader(main, {
      ...link,
      ...(flags === undefined ? {} : { flags }),
      ...(cflags === undefined ? {} : { cflags }),
      output: name,
      objects: [...more, ...(options.objects ?? []), ...(own.objects ?? [])],
    })
    return { name, object, loader: program, aliases: rules.aliases(program, own.aliases ?? []) }
  })
}

/** @throws UserError for options of a tool without a loader that nothing would come of */
function mustNotBeOfLoaders(name: string, own: ToolOptions): void {
  const ofLoaders = ['aliases', 'sources', 'skeletons', 'objects', 'libraries'] as const
  const option = ofLoaders.find((one) => own[one] !== undefined)
  if (option === undefined) return
  throw wrong(`the tool ${name} has no loader, and is given its ${option}`, [
    [option, described(own[option])],
  ])
}

function linkOf({ libraries, static: isStatic, libbpf }: LinkOptions): LinkOptions {
  return {
    ...(libbpf === undefined ? {} : { libbpf }),
    ...(libraries === undefined ? {} : { libraries }),
    ...(isStatic === undefined ? {} : { static: isStatic }),
  }
}

function noSource(name: string, asker: string, known: readonly string[]): UserError {
  const near = didYouMean(name, known)
  return new UserError({
    what: `there is no BPF source of the name ${name}`,
    facts: [['wanted by', `tool ${asker}`]],
    hint: near === undefined ? `there are ${known.join(' ')}` : `did you mean ${near}?`,
    status: 2,
  })
}
