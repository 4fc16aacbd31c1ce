// What an edge's record holds besides files: its command, folder, environment and tools, as words.
// The words that are compared are the words that explain, so the two cannot disagree.
import type { Answers, Programs } from '../answer/index.ts'
import type { Reason, ToolFacts } from '../base/index.ts'
import type { Arg, Edge, FoundTool, Probe, Tool } from '../declare/index.ts'

/** No argument can hold a NUL byte, so a section's name can never be taken for a word. */
const DIRECTORY = '\0directory'
const STDOUT = '\0stdout'
const SEARCH = '\0search'
const ENVIRONMENT = '\0environment'
const TOOL = '\0tool'
const PROGRAM = '\0program'
const DEPFILE = '\0depfile'
const FRESH = '\0fresh'

/** How facts say what a program is. */
export interface ProgramFacts {
  readonly tool: (found: FoundTool) => readonly string[]
  /** Of the program that words start by its name; '': there is none. */
  readonly started: (words: readonly string[], from: number, programs: Programs) => string
}

/** As this machine sees them: by path, size and time. */
const HERE: ProgramFacts = {
  tool: ({ path, version, words, identity }) => [path, version, words.join(' '), identity],
  started: (words, from, programs) => programs.started(words, from),
}

/**
 * The facts of an edge, as one list of words: its command with `{name}` for each tool, then named
 * sections. Equal lists mean an equal command.
 * @param facts where to add them
 */
export function fingerprint(
  edge: Edge,
  answers: Answers,
  facts: string[] = [],
  say: ProgramFacts = HERE,
): string[] {
  let tools: Map<string, readonly string[]> | undefined
  const from = facts.length
  let isTool = false
  // Most edges of most trees use the same tools: their words are made when they are first needed.
  const onTool = (tool: Tool, found: FoundTool): string[] => {
    tools ??= new Map()
    isTool ||= facts.length === from
    tools.set(tool.name, say.tool(found))
    return [`{${tool.name}}`]
  }
  const { command } = edge
  for (let at = 0; at < command.length; at++) {
    const part = command[at]
    if (typeof part === 'string') facts.push(part)
    else answers.addWords(part, facts, onTool)
  }
  if (!isTool) {
    const started = say.started(facts, from, answers.programsIn(edge.environment['PATH']))
    if (started !== '') facts.push(PROGRAM, facts[from] ?? '', started)
  }
  if (edge.directory !== '.') facts.push(DIRECTORY, edge.directory)
  if (edge.stdout !== undefined) facts.push(STDOUT, answers.inTree(edge.stdout.path))
  if (writesDepfile(edge, answers)) facts.push(DEPFILE, answers.inTree(edge.depfile))
  if (edge.fresh) facts.push(FRESH)
  for (const part of edge.searchPath) {
    if (isProbe(part)) continue
    for (const folder of answers.words(part, onTool)) facts.push(SEARCH, folder)
  }
  for (const name of sortedNames(edge.environment)) {
    const value = answers.words(edge.environment[name], onTool)
    if (value.length > 0) facts.push(ENVIRONMENT, name, value.join(' '))
  }
  for (const name in answers.counted) {
    const isSet = answers.words(edge.environment[name]).length > 0
    if (!isSet) facts.push(ENVIRONMENT, name, answers.counted[name] ?? '')
  }
  if (tools !== undefined) for (const [name, words] of tools) facts.push(TOOL, name, ...words)
  return facts
}

/** Does the command of an edge write a depfile on this machine? */
export function writesDepfile(
  edge: Edge,
  answers: Answers,
): edge is Edge & { readonly depfile: string } {
  const { depfile, depfileIf } = edge
  if (depfile === undefined) return false
  return depfileIf === undefined || answers.words(depfileIf).length > 0
}

/**
 * What a command says of its search path follows from its words, variables and tools, which are compared
 * anyway: only an edge that runs needs the answer.
 */
export function isProbe(part: Arg): part is Probe {
  return typeof part === 'object' && 'kind' in part && part.kind === 'probe'
}

function sortedNames(variables: Edge['environment']): readonly string[] {
  const names = Object.keys(variables)
  return names.length < 2 ? names : names.sort()
}

/** Why two lists of facts are not one, in the order in which a reader would ask. */
export function differences(before: readonly string[], after: readonly string[]): Reason[] {
  const old = sections(before)
  const now = sections(after)
  const reasons: Reason[] = []
  for (const name of union(old.tools, now.tools)) {
    const [was, is] = [old.tools.get(name), now.tools.get(name)]
    if (was?.join('\0') === is?.join('\0')) continue
    reasons.push({ kind: 'tool-changed', name, before: toolFacts(was), after: toolFacts(is) })
  }
  const { removed, added } = wordDifference(old.command, now.command)
  const folders = wordDifference(old.search, now.search)
  const moved =
    removed.length + added.length === 0 && old.command.join('\0') !== now.command.join('\0')
  if (moved) reasons.push({ kind: 'command-changed', removed: old.command, added: now.command })
  else if (removed.length + added.length > 0)
    reasons.push({ kind: 'command-changed', removed, added })
  if (
    !moved &&
    removed.length + added.length === 0 &&
    old.search.join('\0') !== now.search.join('\0')
  ) {
    const same = folders.removed.length + folders.added.length === 0
    const all = { removed: old.search, added: now.search }
    reasons.push({ kind: 'command-changed', ...(same ? all : folders) })
  }
  if (old.directory !== now.directory) {
    reasons.push({ kind: 'directory-changed', before: old.directory, after: now.directory })
  }
  for (const name of union(old.environment, now.environment)) {
    const [was, is] = [old.environment.get(name), now.environment.get(name)]
    if (was !== is) reasons.push({ kind: 'environment-changed', name, before: was, after: is })
  }
  // A difference must never be without a reason, whatever section it is in.
  if (reasons.length === 0) {
    reasons.push({ kind: 'command-changed', removed: [...before], added: [...after] })
  }
  return reasons
}

interface Sections {
  readonly command: string[]
  readonly search: string[]
  directory: string
  readonly environment: Map<string, string>
  readonly tools: Map<string, readonly string[]>
}

function sections(facts: readonly string[]): Sections {
  const found: Sections = {
    command: [],
    search: [],
    directory: '.',
    environment: new Map(),
    tools: new Map(),
  }
  for (let at = 0; at < facts.length; ) {
    const word = facts[at] ?? ''
    const value = facts[at + 1] ?? ''
    switch (word) {
      case DIRECTORY:
        found.directory = value
        at += 2
        break
      case STDOUT:
        found.command.push('>', value)
        at += 2
        break
      case DEPFILE:
        found.command.push('depfile', value)
        at += 2
        break
      case FRESH:
        found.command.push('outputs removed first')
        at++
        break
      case SEARCH:
        found.search.push(value)
        at += 2
        break
      case ENVIRONMENT:
        found.environment.set(value, facts[at + 2] ?? '')
        at += 3
        break
      case PROGRAM: {
        const is = facts[at + 2] ?? ''
        found.tools.set(value, [is.split(' ')[0] ?? '', '', is])
        at += 3
        break
      }
      case TOOL:
        found.tools.set(value, facts.slice(at + 2, at + 6))
        at += 6
        break
      default:
        found.command.push(word)
        at++
    }
  }
  return found
}

function toolFacts(words: readonly string[] | undefined): ToolFacts | undefined {
  if (words === undefined) return undefined
  return { path: words[0] ?? '', version: words[1] ?? '' }
}

function union(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): string[] {
  return [...new Set([...a.keys(), ...b.keys()])]
}

/** Words that only one side has, counted: the flags that came and went. */
function wordDifference(
  before: readonly string[],
  after: readonly string[],
): { readonly removed: string[]; readonly added: string[] } {
  const spare = new Map<string, number>()
  for (const word of before) spare.set(word, (spare.get(word) ?? 0) + 1)
  const added: string[] = []
  for (const word of after) {
    const count = spare.get(word) ?? 0
    if (count === 0) added.push(word)
    else spare.set(word, count - 1)
  }
  const removed: string[] = []
  for (const word of before) {
    const count = spare.get(word) ?? 0
    if (count === 0) continue
    removed.push(word)
    spare.set(word, count - 1)
  }
  return { removed, added }
}
