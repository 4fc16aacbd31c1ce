// Edges that put a BPF object and the Go file that embeds it into a Go package.
import { basename, posix } from 'node:path'
import { checkOptions, checks, type Edge, edge, wrong } from '../../engine/index.ts'
import { ownProgram } from '../system/index.ts'
import type { GoFile } from './gofile.ts'
import { type GoMachines, goFileOf, goMachines } from './gomachines.ts'

/**
 * How the Go file of an object is written.
 * @example
 * const options: GoBindingsOptions = { package: 'agent', folder: 'cmd/agent', types: ['event'] }
 */
export interface GoBindingsOptions {
  /** The Go package that the file is of. */
  readonly package: string
  /** `drop` gives `loadDrop` and `dropObjects`; `Drop` what other packages see. Default: by the object's file. */
  readonly name?: string
  /** Names of C whose types are declared, besides keys and values of maps. */
  readonly types?: readonly string[]
  /** Folder of the package, from the root. Default: that of what is made. */
  readonly folder?: string
}

const goIdentifier = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[A-Za-z]\w*$/.test(value) ? undefined : 'is not a name of Go'

/** What each option may be. */
export const goChecks = {
  package: goIdentifier,
  name: goIdentifier,
  types: checks.words,
  folder: checks.path,
} as const satisfies Record<keyof GoBindingsOptions, unknown>

/** One object for all machines, or one for each of some. */
export type GoObjectsOf<Object extends Edge> =
  | Object
  | { readonly [M in GoMachines]?: Object | undefined }

/**
 * The objects, with the machines that each is for; undefined: all.
 * @throws UserError where there are none, a name is not of a machine of Go, or two are for one
 */
export function goObjects<Object extends Edge>(
  objects: GoObjectsOf<Object>,
): readonly (readonly [GoMachines | undefined, Object])[] {
  if (typeof objects !== 'object' || 'kind' in objects) return [[undefined, objects as Object]]
  checkOptions(
    'the objects of goBindings',
    objects,
    Object.fromEntries(goMachines.map((name) => [name, checks.handle('edge')])),
  )
  const all = goMachines.flatMap((name): readonly (readonly [GoMachines, Object])[] => {
    const object = objects[name]
    return object === undefined ? [] : [[name, object]]
  })
  if (all.length === 0) throw wrong('goBindings has no object', [['known', goMachines.join(' ')]])
  for (const [at, [name]] of all.entries()) {
    const other = all.slice(0, at).find(([one]) => goFileOf(one).ending === goFileOf(name).ending)
    if (other !== undefined) throw wrong(`goBindings: ${other[0]} and ${name} build one file`)
  }
  return all
}

/** The file for some machines, with the object that it embeds. */
export function goEdges(
  object: Edge,
  machines: GoMachines | undefined,
  folder: string,
  options: GoBindingsOptions,
): readonly Edge[] {
  const name = options.name ?? goNameOf(object)
  const { ending, constraint } = goFileOf(machines)
  const stem = posix.join(folder, `${name.toLowerCase()}_${ending}`)
  const copy = edge({
    rule: 'COPY',
    outputs: [`${stem}.o`],
    inputs: [object],
    command: ['cp', object, `${stem}.o`],
  })
  const what: GoFile = {
    name,
    package: options.package,
    types: options.types ?? [],
    embeds: basename(copy.output.path),
    constraint,
  }
  const file = edge({
    rule: 'GO',
    outputs: [`${stem}.go`],
    inputs: [copy, writer.inputs],
    command: [writer.command, copy, JSON.stringify(what)],
    captureStdout: true,
  })
  return [copy, file]
}

/** The name of an object in Go: that of its file, `drop` of `build/drop.bpf.o`. */
export function goNameOf(object: Edge): string {
  return basename(object.output.path).replace(/\..*$/, '').replaceAll(/\W/g, '_')
}

const writer = ownProgram([
  'tasks/bpf/bindings/gowriter.ts',
  'tasks/bpf/bindings/gofile.ts',
  'tasks/bpf/bindings/gotypes.ts',
  'tasks/bpf/bindings/btf.ts',
  'tasks/bpf/bindings/elf.ts',
])
