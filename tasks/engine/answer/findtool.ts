// Where a tool is: its setting, then its names in PATH, then its folders; newest version first.
import { join, resolve } from 'node:path'
import { type Fact, splitWords, UserError } from '../base/index.ts'
import type { FoundTool, Setting, Tool } from '../declare/index.ts'
import type { Disk } from '../files/index.ts'
import { type CommandQuestion, OPEN, type Open } from './question.ts'

interface Search {
  readonly disk: Disk
  readonly path: readonly string[]
  readonly setting: (setting: Setting) => string | undefined
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
    const version = versionOf(tool, [path], [path], search)
    if (version === OPEN) return OPEN
    if (version.ok)
      return {
        words: [path],
        path,
        version: version.text,
        identity: identityOf([path], search.disk),
      }
    refused.push([path, version.text])
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
  const words = isFile ? [value] : splitWords(value, name)
  const programs: string[] = []
  for (const [index, word] of words.entries()) {
    // `ccache gcc`: the words up to the first option are programs, the last of them the tool.
    if (word.startsWith('-')) break
    const path = word.includes('/') ? resolve(search.disk.root, word) : inPath(word, search)
    if (path === undefined || !search.disk.isExecutable(path)) break
    words[index] = path
    programs.push(path)
  }
  if (programs.length === 0) {
    throw new UserError({
      what: `${tool.name} was not found`,
      facts: [[name, value]],
      hint: `correct ${name}, or leave it out to use the one that is installed`,
    })
  }
  const version = versionOf(tool, words, programs, search)
  if (version === OPEN) return OPEN
  if (!version.ok) {
    throw new UserError({
      what: `${value} is not a ${tool.name} that works`,
      facts: [
        [name, value],
        ['it said', version.text],
      ],
      hint: `correct ${name}, or leave it out to use the one that is installed`,
    })
  }
  return {
    words,
    path: programs.at(-1) ?? value,
    version: version.text,
    identity: identityOf(programs, search.disk),
  }
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

function inPath(name: string, search: Search): string | undefined {
  return search.path
    .map((folder) => programIn(folder, name))
    .find((path) => search.disk.isExecutable(path))
}

/** As it is to be started: a name without a slash would be looked for in PATH. */
function programIn(folder: string, name: string): string {
  const path = join(folder, name)
  return path.includes('/') ? path : `./${path}`
}

/** The version, or what the program said instead of one. */
function versionOf(
  tool: Tool,
  words: readonly string[],
  programs: readonly string[],
  search: Search,
): { readonly ok: boolean; readonly text: string } | Open {
  const command = [...words, ...tool.version.args]
  const answer = search.ask({
    kind: 'command',
    environment: {},
    isVolatile: programs.some((program) => isScript(program, search.disk)),
    depfile: undefined,
    isKept: ([verdict]) => verdict === 'ok',
    key: `version of ${tool.name}: ${command.join(' ')} ${tool.version.pattern.source}`,
    command,
    facts: [identityOf(programs, search.disk), tool.version.pattern.source],
    read: (result) => {
      const output = result.stdout + result.stderr
      const match = tool.version.pattern.exec(output)
      if (match !== null && result.status === 0) return ['ok', (match[1] ?? match[0]).trim()]
      return [
        'refused',
        output.trim().split('\n')[0] || `nothing, and ended with status ${result.status}`,
      ]
    },
  })
  if (answer === OPEN) return OPEN
  const [verdict, text = ''] = answer
  return { ok: verdict === 'ok', text }
}

/** Real path, size and time of each program: what makes it the same binary. */
function identityOf(programs: readonly string[], disk: Disk): string {
  return programs
    .map((program) => {
      const real = disk.realPath(program) ?? program
      const stat = disk.stat(real)
      return `${real} ${stat?.size} ${Math.floor(stat?.mtime ?? 0)}`
    })
    .join('; ')
}

/** A script may start another program each time: what it is says nothing about what it runs. */
function isScript(program: string, disk: Disk): boolean {
  return disk.startsWith(program, '#!')
}
