// Declares tools: programs that edges run. Looks for none.
import { checkOptions, checks } from './checks.ts'
import type { Optional, Tool } from './edge.ts'

/**
 * A program that edges run.
 * @example
 * const sed = tool({ name: 'sed', names: ['sed'], version: { args: ['--version'], pattern: /(\S+)$/m }, hint: 'install sed' })
 */
export function tool(
  spec: Omit<Tool, 'kind' | 'folders'> & { readonly folders?: readonly string[] },
): Tool {
  checkOptions(`tool ${spec?.name}`, spec, toolChecks, ['name', 'names', 'version', 'hint'])
  return Object.freeze({ kind: 'tool', folders: [], ...spec })
}

const toolChecks = {
  // A tool may be declared like another one: `tool({ ...sed, names: ['gsed'] })`.
  kind: checks.any,
  name: checks.text,
  setting: checks.handle('setting'),
  names: checks.list,
  prefix: checks.record,
  folders: checks.words,
  version: checks.nested('version of a tool', { args: checks.words, pattern: checks.record }),
  parts: checks.list,
  hint: checks.string,
} as const satisfies Record<keyof Tool, unknown>

/**
 * For what can be done without a tool, or in another way.
 * @example
 * const sed = tool({ name: 'sed', names: ['sed'], version: { args: ['--version'], pattern: /(\S+)$/m }, hint: 'install sed' })
 * const has = derive([optional(sed)], (found) => found !== undefined)
 */
export function optional(tool: Tool): Optional {
  return Object.freeze({ kind: 'optional', tool })
}
