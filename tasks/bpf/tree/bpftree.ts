// The rules of a tree, made from its options.
import { basename, posix } from 'node:path'
import {
  checkOptions,
  checks,
  type Derived,
  derive,
  type Edge,
  type Input,
  type MainOptions,
  wrong,
} from '../../engine/index.ts'
import { goChecks, goEdges, goNameOf, goObjects } from '../bindings/index.ts'
import {
  type BpfObject,
  type BpftoolChoice,
  bpfObject,
  combined,
  compileChecks,
  identifier,
  type LibbpfChoice,
  type Loader,
  linkChecks,
  linkedObject,
  minCoreBtf,
  objectChecks,
  type Precompiler,
  pathOf,
  precompiler,
  rawPath,
  skeleton,
  skeletonEndings,
  sourcePath,
  strippedObject,
  type VmlinuxChoice,
  type VmlinuxSpec,
  vmlinuxChoice,
} from '../rules/index.ts'
import { bpftoolBuild, bpftoolChoice, libbpfBuild, libbpfChoice } from '../sources/index.ts'
import { archOf, arch as builtFor, knownArch, settings } from '../toolchain/index.ts'
import type { BpfRules, ProjectOptions, TreeOptions, VariantRules } from './bpfrules.ts'
import { CompiledOnce } from './compiledonce.ts'
import { bpfObjectRules, mustBe } from './handlechecks.ts'
import { rootedRules } from './rootedrules.ts'
import { checkPatterns, eachSource, listOf } from './sourcefinder.ts'
import { type ToolHandles, toolHandles } from './toolhandles.ts'
import { toolsOf } from './treetools.ts'
import { userRules } from './userrules.ts'
import { variantsOf } from './variants.ts'

/**
 * How a tree of BPF programs is built: the rules that its tasks.ts declares it with.
 * @example
 * const bpf = bpfRules({ out: 'build' })
 * const object = bpf.object('hello.bpf.c')
 * const loader = bpf.loader('hello.c', { skeletons: [bpf.skeleton(object)] })
 * await main({ build: task('Build hello', [loader]) }, bpf.mainOptions)
 * @throws UserError for an option that is not known, or a value that it cannot have
 */
export function bpfRules(options: TreeOptions = {}): BpfRules {
  checkOptions('bpfRules', options, treeChecks)
  const { root, ...more } = options
  return root === undefined ? treeRules(more) : rootedRules(root, more, treeRules)
}

function treeRules(options: TreeOptions): BpfRules {
  const { out = 'build', vmlinux = 'kernel', libbpf = 'system', bpftool = 'installed' } = options
  const built = {
    fromSource: Object.freeze({
      libbpf: libbpfBuild(out, libbpf),
      bpftool: bpftoolBuild(out, bpftool),
    }),
  }
  const maker = bpftoolChoice(built.fromSource.bpftool, bpftool)
  const chosen = libbpfChoice(built.fromSource.libbpf, libbpf)
  const shared: Shared = {
    built: { ...built, ...toolHandles(chosen, maker) },
    bpftool: maker,
    libbpf: chosen,
    vmlinux: { spec: vmlinux, folder: posix.join(out, 'vmlinux') },
    pchs: new Map(),
    staticTwins: new WeakMap(),
    mainOptions: { out, settings: Object.values(settings), describe: describeObjects },
  }
  return rulesIn(out, options, shared, { arch: undefined, types: undefined })
}

/** What the report tells of BPF objects. */
const describeObjects = async () => (await import('./objectdetails.ts')).describeObject

/** What all projects of a tree share. */
interface Shared {
  readonly built: Pick<BpfRules, keyof ToolHandles | 'fromSource'>
  readonly bpftool: BpftoolChoice
  readonly libbpf: Derived<LibbpfChoice>
  readonly vmlinux: {
    readonly spec: VmlinuxSpec
    readonly folder: string
  }
  /** Makes the statically linked form of each program. */
  readonly staticTwins: WeakMap<Loader, () => Loader>
  readonly mainOptions: MainOptions
  readonly pchs: Map<string, Edge<'PCH'>>
}

/** What is built for, and the types of its kernel; undefined where nobody chose one yet. */
interface Target {
  readonly arch: string | undefined
  readonly types: Types | undefined
}

/** vmlinux.h, as compiles ask for it. */
interface Types {
  readonly includes: Derived<readonly string[]>
  readonly file: Derived<Input | undefined>
  readonly precompiled: Precompiler
}

/** @param folder where it is made, where it is not vendored */
function typesOf(
  chosen: Derived<VmlinuxChoice>,
  folder: string,
  { pchs }: Pick<Shared, 'pchs'>,
): Types {
  return {
    includes: derive([chosen], ({ includes }) => includes),
    file: derive([chosen], ({ file }): Input | undefined => file),
    precompiled: precompiler(folder, chosen, pchs),
  }
}

const projectChecks = {
  includes: compileChecks.includes,
  headers: compileChecks.headers,
  bpf: checks.nested('bpf', objectChecks),
  user: checks.nested('user', { ...compileChecks, ...linkChecks }),
  programs: checks.path,
  arch: (value: unknown) => (knownArch(value) ? undefined : 'is not a known architecture'),
} as const satisfies Record<keyof ProjectOptions, unknown>

const treeChecks = {
  ...projectChecks,
  root: checks.text,
  out: checks.path,
  vmlinux: checks.any,
  libbpf: checks.any,
  bpftool: checks.any,
} as const satisfies Record<keyof TreeOptions, unknown>

/** @param once where the rules are a variant: shared among these */
function rulesIn(
  out: string,
  options: ProjectOptions,
  shared: Shared,
  outer: Target,
  once?: CompiledOnce,
): BpfRules {
  const { libbpf, bpftool } = shared
  const { includes = [], headers = [], bpf = {}, user = {}, programs = out } = options
  const fixed = options.arch === undefined ? undefined : archOf(options.arch)
  const arch = fixed === undefined ? builtFor : derive([], () => fixed)
  const folder = fixed === undefined ? shared.vmlinux.folder : posix.join(out, 'vmlinux')
  const types =
    outer.types !== undefined && fixed === outer.arch
      ? outer.types
      : typesOf(vmlinuxChoice(shared.vmlinux.spec, folder, bpftool, arch), folder, shared)
  const at = (path: string): string => posix.join(out, path)
  const place = (source: string, from: string, to: string): string =>
    at(basename(source, from) + to)

  const object: BpfRules['object'] = (source, { output, ...more } = {}) => {
    const own = sourcePath(
      'an object',
      source,
      `bpf.objects('${source}') or bpf.tools('${source}')`,
    )
    checkOptions(`object ${own}`, { ...more, output }, { ...objectChecks, output: checks.path })
    const path = output === undefined ? place(own, '.c', '.o') : at(output)
    const { finish = 'compiled', ...all } = combined(combined({ includes, headers }, bpf), more)
    if (all.pch === true && shared.vmlinux.spec === 'none') {
      throw wrong(`object ${own}: pch is of vmlinux.h, and this tree has vmlinux: 'none'`)
    }
    const compiled = (to: string) =>
      bpfObject(source, to, {
        ...all,
        libbpf,
        arch,
        precompiled: types.precompiled,
        includes: [types.includes, ...(all.includes ?? [])],
        headers: [types.file, ...(all.headers ?? [])],
      })
    const finished = (): BpfObject => {
      if (finish === 'compiled') return compiled(path)
      const raw = compiled(rawPath(path))
      return finish === 'linked' ? linkedObject([raw], path, bpftool) : strippedObject(raw, path)
    }
    return once?.edge([source, fixed, types.includes, finish, all], path, finished) ?? finished()
  }

  const userSpace = userRules({
    ...{ out, programs, options, libbpf, once },
    staticTwins: shared.staticTwins,
  })

  const projectOf = (
    name: string,
    more: ProjectOptions = {},
    variants: CompiledOnce | undefined,
  ): BpfRules => {
    if (typeof name !== 'string' || name === '') throw wrong('a project has no name')
    checkOptions(`project ${name}`, more, projectChecks)
    const { programs: given, ...rest } = more
    const merged: ProjectOptions = {
      ...options,
      ...rest,
      includes: [...includes, ...(more.includes ?? [])],
      headers: [...headers, ...(more.headers ?? [])],
      bpf: combined(bpf, more.bpf ?? {}),
      user: combined(user, more.user ?? {}),
      programs: given ?? (programs === out ? at(name) : programs),
    }
    return rulesIn(at(name), merged, shared, { arch: fixed, types }, variants)
  }

  const rules: BpfRules = {
    out,
    programs,
    arch,
    vmlinux: types.file,
    ...shared.built,
    settings: Object.values(settings),
    mainOptions: shared.mainOptions,
    project: (name, more) => projectOf(name, more, once),
    object,
    objects: (patterns, { place, ...more } = {}) => {
      checkPatterns('objects', patterns)
      checkOptions('objects', { ...more, place }, { ...objectChecks, place: checks.callable })
      return eachSource(patterns, place, (source, output) => object(source, { ...more, ...output }))
    },
    linkedObject: (name, objects, { output = `${name}.bpf.o` } = {}) => {
      mustBe(`an object of ${name}`, objects, bpfObjectRules)
      if ((objects as readonly unknown[]).length === 0)
        throw wrong(`${name} is linked of no object`)
      return linkedObject(objects, at(output), bpftool)
    },
    strippedObject: (name, of, { output = `${name}.bpf.o` } = {}) => {
      mustBe(`the object of ${name}`, [of], bpfObjectRules)
      return strippedObject(of, at(output))
    },
    skeleton: (of, { output, ...more } = {}) => {
      mustBe('the object of a skeleton', [of], bpfObjectRules)
      checkOptions(`the skeleton of ${of.output.path}`, more, {
        kind: checks.oneOf('ordinary', 'light', 'subskeleton'),
        name: identifier,
      })
      const ending = skeletonEndings[more.kind ?? 'ordinary']
      const path = output === undefined ? place(of.output.path, '.o', '') : at(output)
      const file = output === undefined ? path.replace(/\.bpf$/, '') + ending : path
      return skeleton(of, file, bpftool, more)
    },
    ...userSpace,
    tools: (patterns, more = {}) => {
      checkPatterns('tools', patterns)
      return toolsOf(rules, listOf(patterns), more, bpf.finish)
    },
    variants: (axes) => {
      const among = once ?? new CompiledOnce()
      return [...variantsOf(axes)].map(
        ([variant, more]): VariantRules =>
          Object.freeze({ ...projectOf(variant, more, among), variant }),
      )
    },
    minCoreBtf: (btf, objects, { output } = {}) => {
      mustBe('an object of min_core_btf', objects, bpfObjectRules)
      return minCoreBtf(
        btf,
        objects,
        at(output ?? `min_core_btf/${basename(pathOf(btf))}`),
        bpftool,
      )
    },
    goBindings: (objects, more) => {
      const all = goObjects(objects)
      mustBe(
        'an object of goBindings',
        all.map(([, one]) => one),
        bpfObjectRules,
      )
      checkOptions('goBindings', more, goChecks, ['package'])
      const [[, first]] = all as [(typeof all)[number]]
      return all.flatMap(([machines, one]) =>
        goEdges(one, machines, more.folder ?? out, { name: goNameOf(first), ...more }),
      )
    },
  }
  return Object.freeze(rules)
}
