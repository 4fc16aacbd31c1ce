// The order of the rooms and the rules between them: each check takes files or imports and returns what is
// wrong, as sentences. It reads no file, so that made-up ones can be given to it.
import { basename, dirname, join } from 'node:path'

/** The rooms from the lowest to the highest; a file may import from its own room and from those before it. */
const FLOORS = [
  // What chooses between the sources and their compiled form, and what is needed before the engine.
  'tasks',
  ...[
    ...[
      'base',
      'console',
      'files',
      'process',
      'log',
      'declare',
      'answer',
      'decide',
      'run',
      'cache',
    ],
    ...['build', 'memo', 'inspect', 'watch', 'command'],
  ].map((room) => `tasks/engine/${room}`),
  'tasks/engine',
  ...[
    ...['system', 'toolchain', 'rules', 'sources', 'bindings', 'tree', 'machine', 'live'],
    ...[
      'proof/verdict',
      'proof/host',
      'proof/verify',
      'proof/cases',
      'proof/check',
      'proof/vm',
      'proof',
      'treetasks',
    ],
  ].map((room) => `tasks/bpf/${room}`),
  'tasks/bpf',
  'tasks/command',
  'tasks/demos',
  'tasks.ts',
]

/** The room that may import a library. In there one file does. */
const LIBRARIES: Readonly<Record<string, string>> = {
  'zx/core': 'tasks/engine/process',
  'node:child_process': 'tasks/engine/process',
  globby: 'tasks/engine/files',
  picocolors: 'tasks/engine/console',
  '@viz-js/viz': 'tasks/engine/inspect',
  'tsx/esm/api': 'tasks/command',
  esbuild: 'tasks/command',
  acorn: 'tasks/engine/memo',
  '@sveltejs/acorn-typescript': 'tasks/engine/memo',
}

/** Libraries that most runs do not need. */
const LOADED_LATE = [
  ...['zx/core', 'globby', '@viz-js/viz', 'tsx/esm/api', 'acorn', '@sveltejs/acorn-typescript'],
]

/** Files that a room writes, by the name that no room below it may know. */
const OWNERS: Readonly<Record<string, string>> = {
  'last.json': 'tasks/engine/inspect',
  'report.html': 'tasks/engine/inspect',
}

/** Rooms that decide: they look at files through the disk that the memo records, not past it. */
const DECIDING = ['tasks/engine/answer', 'tasks/engine/decide']

/** Rooms that may read `process.env`: the command line, and the memo, which comes before it. */
const READS_ENVIRONMENT = ['tasks/engine/command', 'tasks/engine/memo']

/** Files that may write to a terminal by a file descriptor. */
const WRITES = ['tasks/engine/console/standardoutput.ts', 'tasks/engine/memo/recall.ts']

/** Programs that run in processes of their own: they print, and start what they need. */
const PROGRAMS = [
  'tasks/bpf/live/tracereader.ts',
  'tasks/bpf/bindings/gowriter.ts',
  'tasks/bpf/proof/vm/vmprogram.ts',
  'tasks/command/package.ts',
]

/** Files of the engine that read what compilers write, and may name them in comments. */
const READS_COMPILERS = [
  'tasks/engine/console/annotations.ts',
  'tasks/engine/inspect/compdb.ts',
  'tasks/engine/files/depfile.ts',
]

/** They choose between the sources and `dist`, make it, or describe it: so they name what is in both. */
const CHOOSERS = [
  'tasks/chosenrooms.ts',
  ...['apireference', 'bundle', 'early', 'package', 'packagedrooms'].map(
    (name) => `tasks/command/${name}.ts`,
  ),
]

export interface File {
  readonly path: string
  readonly text: string
}

export interface Import {
  readonly from: string
  /** A path below the root, or the name of a library. */
  readonly to: string
  readonly kind: 'value' | 'type' | 'late'
}

const STATEMENT = /^[ \t]*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm
const CALL = /\bimport\(\s*(?:['"]([^'"]+)['"])?/g

/** All that a file imports: statements, types, `import()` and what it exports from elsewhere. */
export function importsOf({ path, text }: File): Import[] {
  const code = withoutComments(text)
  const resolved = (to: string): string => (to.startsWith('.') ? join(dirname(path), to) : to)
  return [
    ...[...code.matchAll(STATEMENT)].map(([, type, to = '']) => ({
      from: path,
      to: resolved(to),
      kind: type === undefined ? ('value' as const) : ('type' as const),
    })),
    ...[...code.matchAll(CALL)].map(([, to = '(computed)']) => ({
      from: path,
      to: resolved(to),
      kind: 'late' as const,
    })),
  ]
}

function withoutComments(text: string): string {
  return text.replace(/^[ \t]*(\/\/|\*|\/\*).*$/gm, '').replace(/ \/\/ .*$/gm, '')
}

function commentsOf(text: string): string {
  return (text.match(/^[ \t]*(\/\/|\*|\/\*).*$/gm) ?? []).join('\n')
}

/** The rooms that a path is in, the outermost first. */
function roomsAround(path: string): string[] {
  return FLOORS.filter((room) => {
    if (room === 'tasks') return dirname(path) === 'tasks'
    return path === room || path.startsWith(`${room}/`)
  }).sort((a, b) => a.length - b.length)
}

function roomOf(path: string): string {
  const folder = path === 'tasks.ts' ? path : dirname(path)
  return FLOORS.includes(folder) ? folder : `${folder} (no room)`
}

export function isOurs(path: string): boolean {
  return path === 'tasks.ts' || path.startsWith('tasks/')
}

function floorOf(path: string): number {
  return FLOORS.indexOf(roomOf(path))
}

/** Imports from a room to a higher one, and files that are in no room. */
export function upwards(imports: readonly Import[]): string[] {
  return imports
    .filter(
      ({ from, to }) =>
        isOurs(to) && (Math.min(floorOf(from), floorOf(to)) === -1 || floorOf(to) > floorOf(from)),
    )
    .map(({ from, to }) => `${from} imports ${to}, of a higher room`)
}

/** Imports of an inner file from outside of its room. */
export function pastDoors(imports: readonly Import[]): string[] {
  return imports.flatMap(({ from, to }) => {
    if (CHOOSERS.includes(from)) return []
    const entered = roomsAround(to).find((room) => !roomsAround(from).includes(room))
    if (entered === undefined || entered === 'tasks' || entered === 'tasks.ts') return []
    return to === `${entered}/index.ts` ? [] : [`${from} imports ${to}, not ${entered}/index.ts`]
  })
}

/** Each circle of names once, as the names in the order of their arrows. */
function circles(arrows: readonly (readonly [from: string, to: string])[]): string[] {
  const after = new Map<string, Set<string>>()
  for (const [from, to] of arrows) after.set(from, (after.get(from) ?? new Set()).add(to))
  const finished = new Set<string>()
  const found: string[] = []
  const visit = (name: string, trail: readonly string[]): void => {
    const at = trail.indexOf(name)
    if (at !== -1) found.push([...trail.slice(at), name].join(' → '))
    if (at !== -1 || finished.has(name)) return
    for (const next of after.get(name) ?? []) visit(next, [...trail, name])
    finished.add(name)
  }
  for (const name of after.keys()) visit(name, [])
  return found
}

export function fileCircles(imports: readonly Import[]): string[] {
  return circles(imports.filter(({ to }) => isOurs(to)).map(({ from, to }) => [from, to]))
}

export function roomCircles(imports: readonly Import[]): string[] {
  return circles(
    imports
      .filter(({ from, to }) => isOurs(to) && roomOf(from) !== roomOf(to))
      .map(({ from, to }) => [roomOf(from), roomOf(to)]),
  )
}

/** Strings that name a higher room, one of its files, or a file that only it writes. */
export function namesAbove(files: readonly File[]): string[] {
  return files.flatMap(({ path, text }) => {
    if (CHOOSERS.includes(path)) return []
    const code = withoutComments(text).replace(STATEMENT, '').replace(CALL, '')
    const strings = code.match(/'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g) ?? []
    const isAbove = (room: string): boolean => FLOORS.indexOf(room) > floorOf(path)
    const rooms = FLOORS.filter((room) => room.includes('/') && isAbove(room))
    const above = files.filter((file) => isAbove(roomOf(file.path)) && file.path !== 'tasks.ts')
    return strings.flatMap((string) => {
      const named = [
        ...rooms.filter((room) => hasPath(string, room.replace(/^tasks\//, ''))),
        ...above
          .map((file) => basename(file.path))
          .filter((name) => name !== 'index.ts' && hasPath(string, name)),
        ...Object.keys(OWNERS).filter(
          (name) => isAbove(OWNERS[name] ?? '') && string.includes(name),
        ),
      ].filter((name) => OWNERS[name] !== undefined || !isOwn(string, path))
      return named.length === 0
        ? []
        : [`${path} names ${[...new Set(named)].join(', ')}: ${string}`]
    })
  })
}

/** A path below the very room of the file that names it. */
function isOwn(string: string, path: string): boolean {
  return string.slice(1).startsWith(`${roomOf(path)}/`)
}

/** Does a string hold this path, with nothing of a longer name around it? One word alone is not a path. */
function hasPath(string: string, path: string): boolean {
  if (!/[/.]/.test(path)) return new RegExp(`['\`/]tasks/${path}(?=['\`/])`).test(string)
  return new RegExp(`(?<![\\w.-])${path.replaceAll('.', '\\.')}(?![\\w.-])`).test(string)
}

/** What the engine says of BPF, clang and its kin: nothing in code, nothing in comments but of formats. */
export function subjects(files: readonly File[]): string[] {
  const engine = files.filter(({ path }) => path.startsWith('tasks/engine/'))
  const said = (text: string): readonly string[] =>
    text
      .replace(/_?_?bpf[-_]tasks\w*/gi, '')
      .match(/\w*(?:clang|libbpf|vmlinux|skeleton)\w*|\bbpf\b/gi) ?? []
  return engine.flatMap(({ path, text }) => {
    const comments = READS_COMPILERS.includes(path) ? [] : said(commentsOf(text))
    const words = [...said(withoutComments(text)), ...comments]
    return words.length === 0 ? [] : [`${path} says ${words.join(', ')}`]
  })
}

/** Libraries that nothing allows, or in the wrong room, or imported by two files, or too early. */
export function libraries(imports: readonly Import[]): string[] {
  const outside = imports.filter(
    ({ from, to }) =>
      !PROGRAMS.includes(from) &&
      !isOurs(to) &&
      to !== '(computed)' &&
      (!to.startsWith('node:') || LIBRARIES[to]),
  )
  const wrong = outside.flatMap(({ from, to, kind }) => [
    ...(LIBRARIES[to] === roomOf(from) ? [] : [`${from} imports ${to}`]),
    ...(kind === 'value' && LOADED_LATE.includes(to) ? [`${from} loads ${to} at once`] : []),
  ])
  const twice = Object.keys(LIBRARIES).flatMap((name) => {
    const by = [...new Set(outside.flatMap(({ from, to }) => (to === name ? [from] : [])))]
    return by.length > 1 ? [`${name} is imported by ${by.join(' and ')}`] : []
  })
  return [...wrong, ...twice]
}

/** Files without a sentence at their beginning, or of more than 400 lines. */
export function shapes(files: readonly File[]): string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.split('\n').length - 1
    return [
      ...(/^(#!.*\n)?\/\/ \S+ .{10,}/.test(text) ? [] : [`${path} does not open with a sentence`]),
      ...(lines <= 400 ? [] : [`${path} has ${lines} lines`]),
      ...(path.startsWith('tasks/') && /\bcatch \{/.test(text)
        ? [`${path} catches whatever comes`]
        : []),
    ]
  })
}

/** Who reads the environment, writes to the terminal or looks at files and must not. */
export function edgesOfTheWorld(files: readonly File[]): string[] {
  return files.flatMap((file) => {
    const { path } = file
    const code = withoutComments(file.text)
    const wrong: string[] = []
    if (
      !READS_ENVIRONMENT.includes(roomOf(path)) &&
      /process\.env\b|\benv\b.*= process\b/.test(code)
    )
      wrong.push(`${path} reads process.env`)
    if (!WRITES.includes(path) && /writeSync\((?:[12]|this\.#fd),/.test(code))
      wrong.push(`${path} writes to a terminal`)
    if (
      !PROGRAMS.includes(path) &&
      /process\.std(out|err)\.write|console\.(log|error)\(/.test(code)
    )
      wrong.push(`${path} prints`)
    const looks = importsOf(file).some(
      ({ to, kind }) => kind !== 'type' && /^(node:)?fs(\/promises)?$/.test(to),
    )
    if (DECIDING.includes(roomOf(path)) && looks) wrong.push(`${path} imports node:fs`)
    return wrong
  })
}
