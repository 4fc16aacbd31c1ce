// One of the tools of a tree by its name, or the program of one by the name that it is called by.
import { type Derived, derive, type Input, UserError } from '../../engine/index.ts'
import type { Loader } from '../rules/index.ts'
import type { BuiltTool, Tools } from './tooloptions.ts'

/** A program that can be run, with what it is a part of. */
export interface ToolProgram {
  /** Of the tool itself: an alias is another name for that. */
  readonly tool: string
  readonly path: string
  readonly loader: Loader
  /** The program, and the link that an alias is. */
  readonly targets: readonly Input[]
}

/** All that a tool is: its object, its program and the other names of that. */
export function toolFiles({ object, loader, aliases }: BuiltTool) {
  return [object ?? [], loader ?? [], aliases] as const
}

/** Asking for it throws a UserError where the tool is left out on this machine, or unknown. */
export function toolNamed(tools: Tools, name: string): Derived<BuiltTool> {
  return derive([tools.list, tools.leftOut], (list, leftOut) => {
    const found = list.find((tool) => tool.name === name)
    if (found !== undefined) return found
    throw missing(name, leftOut.find((tool) => tool.name === name)?.lack)
  })
}

/** Names of all programs: those of tools with a loader, and their aliases. */
export function programNames({ known }: Tools): Derived<readonly string[]> {
  return derive([known], (all) =>
    all
      .flatMap(({ name, loader, aliases }) => (loader === undefined ? [] : [name, ...aliases]))
      .sort(),
  )
}

/** By the name of a tool or an alias. Asking for it throws as {@link toolNamed} does. */
export function programNamed(tools: Tools, name: string): Derived<ToolProgram> {
  return derive([tools.known], (known) => {
    const tool = known.find((one) => one.name === name || one.aliases.includes(name))
    return derive([toolNamed(tools, tool?.name ?? name)], (built): ToolProgram => {
      const { loader, aliases } = built
      if (loader === undefined) throw missing(name, 'it has no loader')
      const link = aliases.find(({ output }) => output.path.split('/').at(-1) === name)
      const path = (link ?? loader).output.path
      return { tool: built.name, path, loader, targets: [loader, link ?? []] }
    })
  })
}

function missing(name: string, lack: string | undefined): UserError {
  if (lack === undefined) return new UserError({ what: `there is no tool ${name}`, status: 2 })
  return new UserError({
    what: `${name} is left out here`,
    facts: [['because', lack]],
    hint: 'npx tsx tasks.ts setup installs what is known to be missing; doctor shows it',
  })
}
