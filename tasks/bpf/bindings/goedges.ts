// Edges that put a BPF object and the Go file that embeds it into a Go package.
import { basename, posix } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type Arg,
  checkOptions,
  checks,
  type Derived,
  derive,
  type Edge,
  edge,
  type Input,
  optional,
  packageFile,
  text,
  tool,
  wrong,
} from '../../engine/index.ts'
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
  const { command, inputs } = writer()
  const file = edge({
    rule: 'GO',
    outputs: [`${stem}.go`],
    inputs: [copy, inputs],
    command: [command, copy, JSON.stringify(what)],
    captureStdout: true,
  })
  return [copy, file]
}

/** The name of an object in Go: that of its file, `drop` of `build/drop.bpf.o`. */
export function goNameOf(object: Edge): string {
  return basename(object.output.path).replace(/\..*$/, '').replaceAll(/\W/g, '_')
}

const node = tool({
  name: 'node',
  names: ['node', 'nodejs'],
  version: { args: ['--version'], pattern: /^v(\S+)/ },
  hint: 'install Node: Go files are written by a program for it',
})
const deno = tool({
  name: 'deno',
  names: ['deno'],
  version: { args: ['--version'], pattern: /^deno (\S+)/ },
  hint: 'install Node or Deno: Go files are written by a program for them',
})

const SOURCES = ['gowriter', 'gofile', 'gotypes', 'btf', 'elf'].map((name) =>
  packageFile(`tasks/bpf/bindings/${name}.ts`),
)

/**
 * The program that writes the file: its sources, or what was bundled where there are none. It is started by the
 * Node of PATH, whatever runs tasks.ts, so that what one runtime has written is up to date for the others.
 */
function writer(): { readonly command: Derived<readonly Arg[]>; readonly inputs: Input } {
  const [source = ''] = SOURCES
  const bundled = packageFile('dist/gowriter.js')
  const isThere = text(source)
  const loader = pathToFileURL(packageFile('node_modules/tsx/dist/loader.mjs')).href
  return {
    command: derive([isThere, optional(node)], (said, found): readonly Arg[] => {
      const path = said === undefined ? bundled : source
      if (found === undefined) return [deno, 'run', '-A', path]
      return said === undefined ? [node, path] : [node, '--import', loader, path]
    }),
    inputs: derive([isThere], (said): Input => (said === undefined ? bundled : SOURCES)),
  }
}
