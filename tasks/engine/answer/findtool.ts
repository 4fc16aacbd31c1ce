// Where a tool is: its setting, then its names in PATH, then its folders; newest version first.
import { join, resolve } from 'node:path'
import { type Fact, splitWords, UserError } from '../base/index.ts'
import type { FoundTool, Setting, Tool } from '../declare/index.ts'
import type { Disk } from '../files/index.ts'
import { type Programs, programIn } from './programs.ts'
import { type CommandQuestion, OPEN, type Open } from './question.ts'

interface Search {
  readonly disk: Disk
  readonly path: readonly string[]
  readonly programs: Programs
  readonly setting: (setting: Setting) => string | undefined
  /** See {@link World.withheld}. */
  readonly withheld?: readonly string[] | undefined
  readonly ask: (question: CommandQuestion) => readonly string[] | Open
}

/** Open until the version of a candidate is known. @throws UserError where there is none that works */
export function findTool(tool: Tool, search: Search): FoundTool | Open {
  const set = tool.setting === undefined ? undefined : search.setting(tool.setting)
  if (set !== undefined && tool.setting !== undefined)
    return setTool(tool, tool.setting.name, set, search)
  const prefix = tool.prefix === undefined ? undefined : search.setting(tool.prefix.setting)
  const refused: Fact[] = []
  for (const path of candidates(tool, prefix ?? '', search)) {
    const found = tried(tool, [path], [path], search)
    if (found === OPEN) return OPEN
    if (!('refused' in found)) return found
    refused.push([path, found.refused])
  }
  const names = tool.names.map(
    (name) => (prefix ?? '') + (typeof name === 'string' ? name : readable(name)),
  )
  const hint = prefix === undefined ? tool.hint : (tool.prefix?.hint ?? tool.hint)
  throw new UserError({
    what: refused.length === 0 ? `${tool.name} was not found` : `no ${tool.name} here works`,
    facts: [
      ...refused,
      ['looked for', names.join(', ')],
      ...(prefix?.includes('/')
        ? []
        : [['in', [...search.path, ...tool.folders].join(':')] as const]),
    ],
    hint:
      tool.setting === undefined
        ? hint
        : `${hint}\nor say where it is: ${tool.setting.name}=/path/to/${tool.name}`,
  })
}

/** `^gcc-(\d+)$` as people write it: gcc-N. */
function readable(pattern: RegExp): string {
  return pattern.source.replace(/^\^|\$$/g, '').replace('(\\d+)', 'N')
}

/** What the user named is used or refused, never replaced by another. */
function setTool(tool: Tool, name: string, value: string, search: Search): FoundTool | Open {
  // A path may have a blank in it: the value is a file as a whole, or else words.
  const isFile = value.includes('/') && search.disk.isExecutable(resolve(search.disk.root, value))
  // `ccache gcc`: the words up to the first option are programs, the last of them the tool.
  const { words, programs } = search.programs.follow(
    isFile ? [value] : splitWords(value, name),
    true,
  )
  if (programs.length === 0) {
    throw new UserError({
      what: `${tool.name} was not found`,
      facts: [[name, value]],
      hint: `correct ${name}, or leave it out to use the one that is installed`,
    })
  }
  const found = tried(tool, words, programs, search)
  if (found === OPEN || !('refused' in found)) return found
  throw new UserError({
    what: `${value} is not a ${tool.name} that works`,
    facts: [
      [name, value],
      ['it said', found.refused],
      ...withheldFacts(search.withheld ?? [], found.refused),
    ],
    hint: `correct ${name}, or leave it out to use the one that is installed\nif it needs a variable of your environment, pass that on: PASS_ENV=NAME`,
  })
}

/** Variables that it did not get: those that it names, else all, up to a line of them. */
function withheldFacts(names: readonly string[], said: string): Fact[] {
  const named = names.filter((name) => said.includes(name))
  const list = named.length > 0 ? named : names
  if (list.length === 0) return []
  const more = list.length > 12 ? ` and ${list.length - 12} more` : ''
  return [['withheld', `${list.slice(0, 12).join(' ')}${more}`]]
}

function* candidates(tool: Tool, prefix: string, search: Search): Generator<string> {
  const start = prefix.slice(prefix.lastIndexOf('/') + 1)
  let expanded: readonly string[] | undefined
  function* folders(): Generator<string> {
    if (prefix.includes('/')) {
      yield resolve(search.disk.root, prefix.slice(0, prefix.length - start.length))
      return
    }
    yield* search.path
    // Mostly it was in PATH, and nothing more need be listed.
    expanded ??= tool.folders.flatMap((folder) => expand(folder, search.disk))
    yield* expanded
  }
  const seen = new Set<string>()
  for (const name of tool.names) {
    const places =
      typeof name === 'string' ? folders() : newest(name, start, folders(), search.disk)
    for (const place of places) {
      const path = typeof name === 'string' ? programIn(place, start + name) : place
      if (seen.has(path) || !search.disk.isExecutable(path)) continue
      seen.add(path)
      yield path
    }
  }
}

/** What begins so and goes on as the pattern says, the highest number in its first group first. */
function newest(name: RegExp, start: string, folders: Iterable<string>, disk: Disk): string[] {
  const found: { readonly path: string; readonly number: number }[] = []
  for (const folder of folders) {
    for (const entry of disk.list(folder)) {
      const match = entry.startsWith(start) ? name.exec(entry.slice(start.length)) : null
      if (match !== null) found.push({ path: programIn(folder, entry), number: Number(match[1]) })
    }
  }
  return found.sort((a, b) => b.number - a.number).map(({ path }) => path)
}

/** A folder with one `*` in it, to the folders that are there, highest version first. */
function expand(folder: string, disk: Disk): string[] {
  const parts = folder.split('/')
  const star = parts.findIndex((part) => part.includes('*'))
  const part = parts[star]
  if (part === undefined) return [folder]
  const [before = '', after = ''] = part.split('*')
  const parent = parts.slice(0, star).join('/') || '/'
  return disk
    .list(parent)
    .filter((entry) => entry.startsWith(before) && entry.endsWith(after))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map((entry) => join(parent, entry, ...parts.slice(star + 1)))
}

/** The tool, or what it said instead of its version. */
function tried(
  tool: Tool,
  words: readonly string[],
  programs: readonly string[],
  search: Search,
): FoundTool | { readonly refused: string } | Open {
  const path = programs.at(-1) ?? ''
  // `nice -n 5 gcc`: what stands behind options may be started too.
  const named = words.flatMap((word) =>
    /^[-/]/.test(word) ? [] : (search.programs.find(word) ?? []),
  )
  const stamps = search.programs.identity([...programs, ...named])
  const isScript = programs.some((program) => search.programs.isScript(program))
  const command = [...words, ...tool.version.args]
  const answer = search.ask({
    kind: 'command',
    environment: {},
    isVolatile: isScript,
    depfile: undefined,
    isKept: ([verdict]) => verdict === 'ok',
    key: `version of ${tool.name}: ${command.join(' ')} ${tool.version.pattern.source}`,
    command,
    facts: [stamps, tool.version.pattern.source],
    read: (result) => {
      const output = result.stdout + result.stderr
      const match = tool.version.pattern.exec(output)
      if (match !== null && result.status === 0)
        return ['ok', (match[1] ?? match[0]).trim(), ...(isScript ? [output.trim()] : [])]
      return [
        'refused',
        output.trim().split('\n')[0] || `nothing, and ended with status ${result.status}`,
      ]
    },
  })
  if (answer === OPEN) return OPEN
  const [verdict, text = '', output = ''] = answer
  if (verdict !== 'ok') return { refused: text }
  const own = isScript ? `${stamps} ${output}` : stamps
  const parts = partsOf(tool, path, own, search)
  if (parts === OPEN) return OPEN
  const identity = parts.length === 0 ? own : `${own}; ${search.programs.identity(parts)}`
  const files = search.programs.files([...programs, ...named, ...parts])
  return { words, path, version: text, identity, files }
}

/** What the tool loads, as it says itself; remembered while the tool is the same. */
function partsOf(
  tool: Tool,
  path: string,
  identity: string,
  search: Search,
): readonly string[] | Open {
  const program = search.programs.behind(path)[0] ?? path
  const all = (tool.parts ?? []).map(({ args, environment = {}, pattern }) => {
    const command = [program, ...args]
    return search.ask({
      kind: 'command',
      environment,
      isVolatile: false,
      depfile: undefined,
      isKept: () => true,
      key: `parts of ${tool.name}: ${command.join(' ')} ${pattern.source}`,
      command,
      facts: [identity],
      read: ({ stdout }) => [...stdout.matchAll(pattern)].map(([, part = '']) => part),
    })
  })
  if (all.includes(OPEN)) return OPEN
  return (all as readonly (readonly string[])[])
    .flat()
    .flatMap((part) => (part.includes('/') ? part : (search.programs.find(part) ?? [])))
}
