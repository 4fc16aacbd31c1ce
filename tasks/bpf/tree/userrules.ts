// The rules of a tree for user space: objects, archives, libraries, programs, made from its options.
import { basename, posix } from 'node:path'
import {
  checkOptions,
  checks,
  type Derived,
  described,
  type Edge,
  edge,
  wrong,
} from '../../engine/index.ts'
import {
  archive,
  combined,
  compileChecks,
  embedded,
  identifier,
  isMadeSource,
  type LibbpfChoice,
  type Loader,
  linkChecks,
  linkedProgram,
  type PluginOptions,
  plugin,
  pluginChecks,
  type Skeleton,
  type SourceFile,
  sharedAmong,
  sharedLibrary,
  sharedLibraryChecks,
  sourcePath,
  type UserObject,
  userObject,
} from '../rules/index.ts'
import type { BpfRules, LinkedOptions, ProgramOptions, ProjectOptions } from './bpfrules.ts'
import type { CompiledOnce } from './compiledonce.ts'
import { mustBe, mustNotBe, notLinked } from './handlechecks.ts'
import { checkPatterns, eachSource } from './sourcefinder.ts'

/** What the rules are of. */
export interface UserSpace {
  /** Folder of what is made, and that of programs. */
  readonly out: string
  readonly programs: string
  readonly options: ProjectOptions
  readonly libbpf: Derived<LibbpfChoice>
  /** Where the rules are a variant: what compiles alike in another one. */
  readonly once: CompiledOnce | undefined
  /** Makes the statically linked form of each program; all projects of a tree share it. */
  readonly staticTwins: WeakMap<Loader, () => Loader>
}

type UserRules = Pick<
  BpfRules,
  | 'userObject'
  | 'userObjects'
  | 'archive'
  | 'sharedLibrary'
  | 'plugin'
  | 'loader'
  | 'staticTwin'
  | 'aliases'
  | 'embedded'
>

const userChecks = { ...compileChecks, skeletons: checks.list, output: checks.path }
const linkedChecks = {
  ...linkChecks,
  flags: checks.list,
  cflags: checks.list,
  objects: checks.list,
  output: checks.path,
} as const satisfies Record<keyof LinkedOptions, unknown>

export function userRules(space: UserSpace): UserRules {
  const { out, programs, libbpf, once, staticTwins } = space
  const { includes = [], headers = [], user = {} } = space.options
  const at = (path: string): string => posix.join(out, path)

  const userObjectAt = (source: SourceFile, output: string, more: ProgramOptions): UserObject => {
    const { skeletons = [], objects: _, output: __, ...given } = more
    mustBe(`a skeleton of ${described(source)}`, skeletons, ['SKEL'])
    const all = combined(combined({ includes, headers }, user), given)
    const options = {
      ...all,
      libbpf,
      includes: [...foldersOfSkeletons(skeletons), ...(all.includes ?? [])],
      headers: [...skeletons, ...(all.headers ?? [])],
    }
    const make = () => userObject(source, output, options)
    return once?.edge([source, options], output, make) ?? make()
  }

  /** What the tree says of all links, and the flags of one. How libbpf is linked is of programs. */
  const linkedWith = ({ flags, cflags, libraries }: Omit<LinkedOptions, 'libbpf'>) =>
    combined(user, {
      ...(libraries === undefined ? {} : { libraries }),
      ...(flags === undefined ? {} : { flags }),
      ...(cflags === undefined ? {} : { cflags }),
    })

  /** The libbpf of a library, which has none unless it says so. */
  const sharedIf = ({ libbpf: link }: PluginOptions) => ({
    libbpf: link === 'shared' ? libbpf : undefined,
  })

  const rules: UserRules = {
    userObject: (source, more = {}) => {
      const own = sourcePath('a userObject', source, `bpf.userObjects('${source}')`)
      checkOptions(`userObject ${own}`, more, userChecks)
      const name = basename(own, posix.extname(own))
      return userObjectAt(source, at(more.output ?? `${name}.o`), more)
    },
    userObjects: (patterns, { place, ...more } = {}) => {
      const { output: _, ...known } = userChecks
      checkPatterns('userObjects', patterns)
      checkOptions('userObjects', { ...more, place }, { ...known, place: checks.callable })
      return eachSource(patterns, place, (source, output) =>
        rules.userObject(source, { ...more, ...output }),
      )
    },
    archive: (name, objects, more = {}) => {
      mustHaveName('an archive', name)
      checkOptions(
        `archive ${name}`,
        { objects, ...more },
        { objects: checks.list, output: checks.path },
      )
      mustNotBe(`an object of ${name}`, objects, notLinked)
      return archive(objects, at(more.output ?? `lib${name}.a`))
    },
    sharedLibrary: (name, objects, more = {}) => {
      mustHaveName('a shared library', name)
      checkOptions(
        `sharedLibrary ${name}`,
        { objects, ...more },
        { objects: checks.list, output: checks.path, ...sharedLibraryChecks },
      )
      mustNotBe(`an object of ${name}`, objects, notLinked)
      const { output = `lib${name}.so`, ...given } = more
      return sharedLibrary(objects, at(output), {
        ...given,
        ...linkedWith(given),
        ...sharedIf(given),
      })
    },
    plugin: (name, objects, more = {}) => {
      mustHaveName('a plug-in', name)
      checkOptions(
        `plugin ${name}`,
        { objects, ...more },
        { objects: checks.list, output: checks.path, ...pluginChecks },
      )
      mustNotBe(`an object of ${name}`, objects, notLinked)
      const { output = `${name}.so`, ...given } = more
      return plugin(objects, at(output), { ...given, ...linkedWith(given), ...sharedIf(given) })
    },
    loader: (source: SourceFile | UserObject, more: ProgramOptions = {}): Loader => {
      const object = objectOf(source)
      const path = object?.output.path ?? sourcePath('a loader', source, `bpf.tools('*.bpf.c')`)
      const checks = object === undefined ? { ...userChecks, ...linkedChecks } : linkedChecks
      checkOptions(`loader ${path}`, more, checks)
      const { objects = [], output, libraries, static: isStatic } = more
      mustNotBe(`an object of ${path}`, objects, notLinked)
      const name = basename(path, posix.extname(path))
      // One source may be several programs, by its options: each has an object of its own.
      const own = object ?? userObjectAt(source, at(`${output ?? name}.o`), more)
      const link = {
        ...linkedWith(more),
        ...(isStatic === undefined ? {} : { static: isStatic }),
      }
      const library = link.static === true ? sharedAmong(objects) : undefined
      if (library !== undefined) {
        throw wrong(`loader ${path} is linked statically, and a shared library cannot be`, [
          ['library', library.output.path],
        ])
      }
      const file = posix.join(programs, output ?? (isStatic === true ? `static/${name}` : name))
      const all = [own, ...objects]
      const libbpfLink = more.libbpf ?? user.libbpf
      const program = linkedProgram(all, file, { ...link, libbpf, libbpfLink })
      // Declared when somebody asks for it: most trees have no guests.
      const twin = (): Loader =>
        isStatic === true
          ? program
          : rules.loader(own, {
              ...{ objects, static: true, output: posix.join('static', output ?? name) },
              ...(libraries === undefined ? {} : { libraries }),
              ...(more.libbpf === undefined ? {} : { libbpf: more.libbpf }),
              ...(more.flags === undefined ? {} : { flags: more.flags }),
              ...(more.cflags === undefined ? {} : { cflags: more.cflags }),
            })
      staticTwins.set(program, twin)
      return program
    },
    staticTwin: (program) => {
      mustBe('what has a static twin', [program], ['LINK'])
      const twin = staticTwins.get(program)
      if (twin === undefined) throw wrong(`${program.output.path} is not a program of these rules`)
      const made = twin()
      staticTwins.set(program, () => made)
      return made
    },
    aliases: (program, names) => {
      mustBe('what has aliases', [program], ['LINK'])
      checkOptions(`aliases of ${program.output.path}`, { names }, { names: checks.words })
      return names.map((name) => alias(program, name))
    },
    embedded: (file, name) => {
      const problem = identifier(name)
      if (problem !== undefined)
        throw wrong(`the name of an embedded file ${problem}`, [['name', name]])
      return embedded(file, name, at(`${name}.o`))
    },
  }
  return rules
}

/** An object that is there already; undefined for a source. */
function objectOf(source: SourceFile | UserObject): UserObject | undefined {
  if (typeof source !== 'object' || isMadeSource(source)) return undefined
  mustBe('the object of a loader', [source], ['CC', 'CXX', 'EMBED'])
  return source as UserObject
}

/** `events` is made to `libevents.a`; where it is put, `output` says. */
function mustHaveName(what: string, name: unknown): void {
  if (typeof name === 'string' && /^[^/\0]+$/.test(name)) return
  throw wrong(`${what} has no name`, [
    ['given', described(name)],
    ['needed', "a name without a folder: 'events' gives libevents.a or libevents.so"],
  ])
}

function foldersOfSkeletons(skeletons: readonly Skeleton[]): string[] {
  return [...new Set(skeletons.map(({ output }) => posix.dirname(output.path)))]
}

function alias(program: Loader, name: string): Edge<'LN'> {
  const { path } = program.output
  if (name.includes('/') || name === posix.basename(path)) {
    throw wrong(`${name} is not another name for ${path}`, [['needed', 'a name without a folder']])
  }
  const link = posix.join(posix.dirname(path), name)
  return edge({
    rule: 'LN',
    outputs: [link],
    inputs: [program],
    command: ['ln', '-sf', posix.relative(posix.dirname(link), path), link],
  })
}
