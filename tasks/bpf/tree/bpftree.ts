// The rules of a tree, made from its options.
import { basename, posix } from 'node:path'
import {
  checkOptions,
  checks,
  type Derived,
  derive,
  described,
  type Edge,
  edge,
  type Input,
  type MainOptions,
  wrong,
} from '../../engine/index.ts'
import {
  type BpftoolChoice,
  bpfObject,
  combined,
  compileChecks,
  embedded,
  identifier,
  type LibbpfChoice,
  type Loader,
  linkChecks,
  linkedObject,
  linkedProgram,
  minCoreBtf,
  objectChecks,
  type Precompiler,
  precompiler,
  rawPath,
  type Skeleton,
  type SourceFile,
  skeleton,
  skeletonEndings,
  sourcePath,
  strippedObject,
  type UserObject,
  userObject,
  type VmlinuxChoice,
  type VmlinuxSpec,
  vmlinuxChoice,
} from '../rules/index.ts'
import { bpftoolBuild, bpftoolChoice, libbpfBuild, libbpfChoice } from '../sources/index.ts'
import { archOf, arch as builtFor, knownArch, settings } from '../toolchain/index.ts'
import type {
  BpfRules,
  ProgramOptions,
  ProjectOptions,
  TreeOptions,
  VariantRules,
} from './bpfrules.ts'
import { checkPatterns, eachSource } from './sourcefinder.ts'
import { type ToolHandles, toolHandles } from './toolhandles.ts'
import { toolsOf } from './treetools.ts'
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
  const { out = 'build', vmlinux = 'kernel', libbpf = 'system', bpftool = 'installed' } = options
  checkOptions('bpfRules', options, treeChecks)
  const built = {
    fromSource: Object.freeze({
      libbpf: libbpfBuild(out, libbpf),
      bpftool: bpftoolBuild(out, bpftool),
    }),
    sourceFolders: [`${out}/libbpf`, `${out}/bpftool`],
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
  readonly built: Pick<BpfRules, keyof ToolHandles | 'fromSource' | 'sourceFolders'>
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
  out: checks.path,
  vmlinux: checks.any,
  libbpf: checks.any,
  bpftool: checks.any,
} as const satisfies Record<keyof TreeOptions, unknown>

/** What is made by a function of the rules knows its rule; what comes from elsewhere may not. */
function mustBe(what: string, edges: readonly unknown[], rules: readonly string[]): void {
  if (!Array.isArray(edges)) throw wrong(`${what}: not a list`, [['given', described(edges)]])
  for (const one of edges) {
    const rule = (one as Partial<Edge> | undefined)?.rule
    // A derived value is looked at when it is known.
    if ((one as { kind?: unknown } | undefined)?.kind === 'derived') continue
    if (rule !== undefined && rules.includes(rule)) continue
    throw wrong(`${what} is not what is needed here`, [
      ['given', described(one)],
      ['needed', rules.join(' or ')],
    ])
  }
}

/** A custom rule makes objects and archives too, so what is refused is what is surely none. */
function mustNotBe(what: string, edges: readonly unknown[], rules: readonly string[]): void {
  for (const one of edges) {
    const rule = (one as Partial<Edge> | undefined)?.rule
    if (rule === undefined || !rules.includes(rule)) continue
    throw wrong(`${what} is no object of user space`, [['given', described(one)]])
  }
}

const notLinked = ['BPF', 'GENOBJ', 'STRIP', 'SKEL', 'LINK', 'BTF', 'MINBTF'] as const

const bpfObjectRules = ['BPF', 'GENOBJ', 'STRIP'] as const

function rulesIn(out: string, options: ProjectOptions, shared: Shared, outer: Target): BpfRules {
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
    if (finish === 'compiled') return compiled(path)
    const raw = compiled(rawPath(path))
    return finish === 'linked' ? linkedObject([raw], path, bpftool) : strippedObject(raw, path)
  }

  const userObjectAt = (source: SourceFile, output: string, more: ProgramOptions): UserObject => {
    const { skeletons = [], objects: _, output: __, ...given } = more
    mustBe(`a skeleton of ${described(source)}`, skeletons, ['SKEL'])
    const all = combined(combined({ includes, headers }, user), given)
    return userObject(source, output, {
      ...all,
      libbpf,
      includes: [...foldersOfSkeletons(skeletons), ...(all.includes ?? [])],
      headers: [...skeletons, ...(all.headers ?? [])],
    })
  }

  const userChecks = { ...compileChecks, skeletons: checks.list, output: checks.path }
  const linkedChecks = {
    ...linkChecks,
    flags: checks.list,
    cflags: checks.list,
    objects: checks.list,
    output: checks.path,
  }

  const rules: BpfRules = {
    out,
    programs,
    arch,
    vmlinux: types.file,
    ...shared.built,
    settings: Object.values(settings),
    mainOptions: shared.mainOptions,
    project: (name, more = {}) => {
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
      return rulesIn(at(name), merged, shared, { arch: fixed, types })
    },
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
    userObject: (source, more = {}) => {
      const own = sourcePath('a userObject', source, `bpf.userObjects('${source}')`)
      checkOptions(`userObject ${own}`, more, userChecks)
      const path =
        more.output === undefined ? place(own, posix.extname(own), '.o') : at(more.output)
      return userObjectAt(source, path, more)
    },
    userObjects: (patterns, { place, ...more } = {}) => {
      const { output: _, ...known } = userChecks
      checkPatterns('userObjects', patterns)
      checkOptions('userObjects', { ...more, place }, { ...known, place: checks.callable })
      return eachSource(patterns, place, (source, output) =>
        rules.userObject(source, { ...more, ...output }),
      )
    },
    loader: (source: string | UserObject, more: ProgramOptions = {}): Loader => {
      if (typeof source !== 'object') sourcePath('a loader', source, `bpf.tools('*.bpf.c')`)
      else mustBe('the object of a loader', [source], ['CC', 'CXX', 'EMBED'])
      const path = typeof source === 'string' ? source : source.output.path
      const checks = typeof source === 'string' ? { ...userChecks, ...linkedChecks } : linkedChecks
      checkOptions(`loader ${path}`, more, checks)
      const { objects = [], output, libraries, static: isStatic } = more
      mustNotBe(`an object of ${path}`, objects, notLinked)
      const name = basename(path, posix.extname(path))
      const own = typeof source === 'string' ? userObjectAt(source, at(`${name}.o`), more) : source
      const link = combined(user, {
        ...(libraries === undefined ? {} : { libraries }),
        ...(isStatic === undefined ? {} : { static: isStatic }),
        ...(more.flags === undefined ? {} : { flags: more.flags }),
        ...(more.cflags === undefined ? {} : { cflags: more.cflags }),
      })
      const file = posix.join(programs, output ?? (isStatic === true ? `static/${name}` : name))
      const all = [own, ...objects]
      const plus = all.some(
        (one) => typeof one === 'object' && one.kind === 'edge' && one.rule === 'CXX',
      )
      const program = linkedProgram(all, file, { ...link, libbpf }, plus)
      // Declared when somebody asks for it: most trees have no guests.
      const twin = (): Loader =>
        isStatic === true
          ? program
          : rules.loader(own, {
              ...{ objects, static: true, output: posix.join('static', output ?? name) },
              ...(libraries === undefined ? {} : { libraries }),
              ...(more.flags === undefined ? {} : { flags: more.flags }),
              ...(more.cflags === undefined ? {} : { cflags: more.cflags }),
            })
      shared.staticTwins.set(program, twin)
      return program
    },
    staticTwin: (program) => {
      mustBe('what has a static twin', [program], ['LINK'])
      const twin = shared.staticTwins.get(program)
      if (twin === undefined) throw wrong(`${program.output.path} is not a program of these rules`)
      const made = twin()
      shared.staticTwins.set(program, () => made)
      return made
    },
    aliases: (program, names) => {
      mustBe('what has aliases', [program], ['LINK'])
      checkOptions(`aliases of ${program.output.path}`, { names }, { names: checks.words })
      return names.map((name) => alias(program, name))
    },
    tools: (patterns, more = {}) => {
      checkPatterns('tools', patterns)
      return toolsOf(rules, [patterns].flat(), more, bpf.finish)
    },
    variants: (axes) =>
      [...variantsOf(axes)].map(
        ([variant, more]): VariantRules =>
          Object.freeze({ ...rules.project(variant, more), variant }),
      ),
    minCoreBtf: (btf, objects, { output } = {}) => {
      mustBe('an object of min_core_btf', objects, bpfObjectRules)
      return minCoreBtf(btf, objects, at(output ?? `min_core_btf/${basename(btf)}`), bpftool)
    },
    embedded: (file, name) => {
      const problem = identifier(name)
      if (problem !== undefined)
        throw wrong(`the name of an embedded file ${problem}`, [['name', name]])
      return embedded(file, name, at(`${name}.o`))
    },
  }
  return Object.freeze(rules)
}

function foldersOfSkeletons(skeletons: readonly Skeleton[]): string[] {
  return [...new Set(skeletons.map(({ output }) => posix.dirname(output.path)))]
}

function alias(program: Loader, name: string): Edge<'LN'> {
  const { path } = program.output
  if (name.includes('/') || name === posix.basename(path)) {
    throw wrong(`${name} is no other name for ${path}`, [['needed', 'a name without a folder']])
  }
  const link = posix.join(posix.dirname(path), name)
  return edge({
    rule: 'LN',
    outputs: [link],
    inputs: [program],
    command: ['ln', '-sf', posix.relative(posix.dirname(link), path), link],
  })
}
