// The rooms as few files of JavaScript, so that a runtime has little to find, read and compile.
import * as fs from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { licencesOf } from './licences.ts'

/** One file that is made: what it needs, but for what an earlier one has. */
interface Part {
  readonly name: string
  /** Below tasks/. */
  readonly entries: readonly string[]
}

/** A module that was put somewhere. */
interface Place {
  readonly part: string
  /** What it exports. */
  readonly names: readonly string[]
  /** It is loaded by an `import()` somewhere. */
  readonly isLazy: boolean
}

/** What loads the parts, for the doors and programs of the package. */
const LOADER = 'parts.js'

/** What decides whether the parts are used; read by the doors of the sources. */
const CHOOSER = 'load.js'

/** Every module, by path below tasks/. */
export type Places = ReadonlyMap<string, Place>

const NULL = 'null'
const NULL_BUILD = 'engine/memo/nullbuild.ts'
const CORE = 'core'
export const DEMOS = 'demos'
const REST = 'rest'

/**
 * What tells a null build, what declaring and listing load besides, and what a build adds that finds
 * all up to date; the rest of what the sources load by `import()` is one more part.
 */
const PARTS: readonly Part[] = [
  { name: NULL, entries: [NULL_BUILD] },
  { name: CORE, entries: ['engine/room.ts', 'bpf/room.ts', 'engine/command/commandline.ts'] },
  {
    name: 'build',
    entries: [
      ...['engine/build/run.ts', 'engine/inspect/lastbuild.ts'],
      // Of trees with patterns, and with an editor.
      ...['engine/files/glob.ts', 'engine/inspect/compdb.ts'],
    ],
  },
  { name: DEMOS, entries: ['demos/room.ts'] },
]

/** Packages that are a part: as modules they would be read one by one, and by the hooks of tsx. */
const INCLUDED: readonly string[] = ['globby']

/** Below the root: with another version of one of those, `dist` is to be made anew. */
export const MANIFESTS = INCLUDED.map((name) => `node_modules/${name}/package.json`)

/** What is run, not imported: each has a copy of what it needs and is not in the core. */
export const PROGRAMS = ['command/command.ts', 'bpf/live/tracereader.ts'] as const

/** Doors choose between the rooms; inside there is nothing to choose. */
const ROOMS: Readonly<Record<string, string>> = {
  'engine/index.ts': 'engine/room.ts',
  'bpf/index.ts': 'bpf/room.ts',
  'demos/index.ts': 'demos/room.ts',
}

/** Where a module is named that is loaded when it is needed. */
const LAZY = /\bimport\('(\.[^']+)'\)/g

/** Where a package is named that is loaded when it is needed. */
const PACKAGE = /(?<!typeof )\bimport\('([^.'][^']*)'\)/g

const COMMON = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  minifyWhitespace: true,
  minifySyntax: true,
  // An uncaught error shows its line.
  lineLimit: 120,
  logLevel: 'silent',
} as const

/** Decides which module is in which part. */
export async function placesOf(tasks: string): Promise<Places> {
  const parts = new Map<string, string>()
  const lazy = new Set<string>()
  const listen = (path: string): void => {
    const text = fs.readFileSync(join(tasks, path), 'utf8')
    for (const [, named = ''] of text.matchAll(LAZY)) lazy.add(below(tasks, path, named))
  }
  const put = async ({ name, entries }: Part): Promise<void> => {
    for (const path of await neededAtOnce(tasks, entries, parts)) {
      parts.set(path, name)
      listen(path)
    }
  }
  for (const part of PARTS) await put(part)
  for (const path of PROGRAMS) listen(path)
  for (;;) {
    const entries = [...lazy].filter((path) => !parts.has(path))
    if (entries.length === 0) break
    await put({ name: REST, entries })
  }
  const { metafile } = await build({
    entryPoints: [...parts.keys()].map((path) => join(tasks, path)),
    outdir: tasks,
    write: false,
    metafile: true,
    absWorkingDir: tasks,
    logLevel: 'silent',
  })
  const names = new Map(
    Object.values(metafile.outputs).map((output) => [output.entryPoint, output.exports]),
  )
  return new Map(
    [...parts].map(([path, part]) => [
      path,
      { part, names: names.get(path) ?? [], isLazy: lazy.has(path) },
    ]),
  )
}

/** What the entries need at once and no part has, themselves included. */
async function neededAtOnce(
  tasks: string,
  entries: readonly string[],
  parts: ReadonlyMap<string, string>,
): Promise<string[]> {
  const { metafile } = await build({
    ...COMMON,
    format: 'esm',
    entryPoints: entries.map((path) => join(tasks, path)),
    outdir: tasks,
    write: false,
    metafile: true,
    absWorkingDir: tasks,
    plugins: [
      {
        name: 'what is needed at once',
        setup({ onResolve }) {
          onResolve({ filter: /^\./ }, ({ path, kind, importer }) => {
            const module = below(tasks, relative(tasks, importer), path)
            return kind === 'dynamic-import' || parts.has(module)
              ? { path: module, external: true }
              : { path: join(tasks, module) }
          })
        },
      },
    ],
  })
  return Object.keys(metafile.inputs)
}

/** Path below tasks/ of what a module names; of the room, where it names its door. */
function below(tasks: string, from: string, name: string): string {
  const path = relative(tasks, join(tasks, dirname(from), name))
  return ROOMS[path] ?? path
}

/** Writes the parts, and the doors of the package, into a folder; returns their paths in it. */
export async function bundle(tasks: string, to: string, places: Places): Promise<string[]> {
  const programs = PROGRAMS.map((path) => path.replace(/\.ts$/, ''))
  const parts = [...programs, REST, ...PARTS.map(({ name }) => name).reverse()]
  // The last first: an earlier one gives only what a later one asks for.
  let asked = ''
  for (const part of parts) asked += await write(tasks, to, part, places, asked)
  const doors = Object.entries(ROOMS).flatMap(([door, room]) => {
    const { part, names = [] } = places.get(room) ?? {}
    // The demos are of the repository alone.
    if (part !== CORE) return []
    const file = door.replace(/\.ts$/, '.js')
    fs.mkdirSync(join(to, dirname(file)), { recursive: true })
    fs.writeFileSync(
      join(to, file),
      [
        `import { isTold, require } from '${up(file)}/${LOADER}'`,
        'if (isTold()) process.exit()',
        `export const { ${names.join(', ')} } = require('${CORE}').${dirname(door)}\n`,
      ].join('\n'),
    )
    return [file]
  })
  await writeLoaders(tasks, to)
  const packages: string[] = []
  for (const name of INCLUDED) packages.push(...(await include(name, dirname(tasks), to)))
  return [...parts.map((part) => `${part}.js`), ...packages, ...doors, LOADER, CHOOSER]
}

async function writeLoaders(tasks: string, to: string): Promise<void> {
  const stdin = (contents: string) => ({ stdin: { contents, resolveDir: tasks } })
  const module = `import { isNullBuildTold, partsIn } from './parts.ts'
export const require = partsIn(new URL('.', import.meta.url).href, (name) => import(name))
export const isTold = () => isNullBuildTold(require)`
  await build({ ...COMMON, ...stdin(module), format: 'esm', outfile: join(to, LOADER) })
  await build({
    ...COMMON,
    ...stdin(`export { roomsOf } from './parts.ts'`),
    format: 'cjs',
    outfile: join(to, CHOOSER),
    banner: { js: '(function (here, bring) { "use strict"; const module = {}' },
    footer: { js: 'return module.exports.roomsOf(here, bring) })' },
  })
}

/** Returns the text of what was written. */
async function write(
  tasks: string,
  to: string,
  part: string,
  places: Places,
  asked: string,
): Promise<string> {
  const program = PROGRAMS.find((path) => path === `${part}.ts`)
  const names = new Set(asked.match(/\w+__\w*/g))
  const contents = contentsOf(part, places, names).join('\n')
  const outfile = join(to, `${part}.js`)
  await build({
    ...COMMON,
    ...(program === undefined
      ? {
          format: 'cjs',
          stdin: { contents, resolveDir: tasks, sourcefile: 'part.ts' },
          footer: { js: '})' },
        }
      : { format: 'esm', entryPoints: [join(tasks, program)] }),
    outfile,
    banner: { js: beginning(part) },
    plugins: [ofTasks(tasks, part, places), ofRuntime(wordsIn(tasks, places))],
  })
  return fs.readFileSync(outfile, 'utf8')
}

/** The name that a module's name has in its part, or that all of them have. */
function nameIn(module: string, name = ''): string {
  return `${module.replace(/\W/g, '_')}__${name}`
}

function contentsOf(part: string, places: Places, asked: ReadonlySet<string>): string[] {
  return [...places].flatMap(([path, place]) => {
    if (place.part !== part) return []
    const [door] = Object.keys(ROOMS).filter((from) => ROOMS[from] === path)
    const needed = place.names.filter((name) => asked.has(nameIn(path, name)))
    const all = needed.map((name) => `${name} as ${nameIn(path, name)}`)
    return [
      ...(all.length === 0 ? [] : [`export { ${all.join(', ')} } from './${path}'`]),
      ...(place.isLazy ? [`export * as ${nameIn(path)} from './${path}'`] : []),
      ...(path === NULL_BUILD ? [`export * from './${path}'`] : []),
      ...(door === undefined ? [] : [`export * as ${dirname(door)} from './${path}'`]),
    ]
  })
}

/** From the folder of a file that is made to that of all of them. */
function up(file: string): string {
  const depth = file.split('/').length - 1
  return depth === 0 ? '.' : Array(depth).fill('..').join('/')
}

function isProgram(file: string): boolean {
  return PROGRAMS.some((path) => path === `${file}.ts`)
}

/** A part is a function, which is given what a module would have; the rest are modules. */
function beginning(file: string): string {
  if (!file.includes('/')) return '(function (module, require, HERE, bring) { "use strict"'
  return `import { require } from '${up(file)}/${LOADER}'\nconst HERE = import.meta.url`
}

/** Imports of what another part has, and addresses of files that lie beside the sources. */
function ofTasks(tasks: string, part: string, places: Places): Plugin {
  const root = up(part)
  return {
    name: 'modules of tasks',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /./, namespace: 'elsewhere' }, ({ path }) => ({ path, external: true }))
      onResolve({ filter: /^\./ }, ({ path, importer }) => {
        const from = importer.startsWith(tasks) ? relative(tasks, importer) : 'part.ts'
        const module = below(tasks, from, path)
        const at = places.get(module)?.part
        const isOwn = at === part || (isProgram(part) && at !== CORE)
        return isOwn ? { path: join(tasks, module) } : { path: module, namespace: 'elsewhere' }
      })
      onLoad({ filter: /./, namespace: 'elsewhere' }, ({ path }) => {
        const place = places.get(path)
        const from = (as: string): string =>
          (place?.names ?? []).map((name) => `${nameIn(path, name)} ${as} ${name}`).join(', ')
        return {
          contents: isProgram(part)
            ? `export const { ${from(':')} } = require('${place?.part}')`
            : `export { ${from('as')} } from '${place?.part}'`,
        }
      })
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const module = relative(tasks, path)
        const text = fs
          .readFileSync(path, 'utf8')
          .replace(LAZY, (_, named: string) => {
            const lazy = below(tasks, module, named)
            return `(async () => require('${places.get(lazy)?.part}').${nameIn(lazy)})()`
          })
          .replace(/import\.meta\.url/g, `new URL('${root}/../tasks/${module}', HERE).href`)
          // A program is beside the parts, not beside its source.
          .replace(
            /new URL\('(\w+)\.ts', new URL\([^)]*\)\.href\)/g,
            (_, name: string) => `new URL('${root}/${dirname(module)}/${name}.js', HERE)`,
          )
        const contents = isProgram(part) ? text : withPackages(text)
        return { contents, loader: 'ts' }
      })
    },
  }
}

/** Packages are brought, but for those that are a part. */
function withPackages(text: string): string {
  return text.replace(PACKAGE, (_, name: string) =>
    INCLUDED.includes(name) ? `(async () => require('${name}'))()` : `bring('${name}')`,
  )
}

/** A part of a package and all that it needs, and their licences; returns both names. */
async function include(name: string, root: string, to: string): Promise<string[]> {
  const [part, licences] = [`${name}.js`, `${name}.licences.txt`]
  const { metafile } = await build({
    ...COMMON,
    stdin: { contents: `export * from '${name}'`, resolveDir: root },
    absWorkingDir: root,
    packages: 'bundle',
    minify: true,
    format: 'cjs',
    metafile: true,
    outfile: join(to, part),
    // Nothing but modules of the runtime is left to be asked for.
    banner: { js: '(function (module) { const require = process.getBuiltinModule' },
    footer: { js: '})' },
  })
  fs.writeFileSync(join(to, licences), licencesOf(Object.keys(metafile.inputs), root))
  return [part, licences]
}

/** What a Node that compiles may not have, and one that runs may. */
const NEWER: Readonly<Record<string, readonly string[]>> = { 'node:module': ['enableCompileCache'] }

/** Every word of the sources: what is none of them, nobody imports. */
function wordsIn(tasks: string, places: Places): ReadonlySet<string> {
  const texts = [...places.keys(), ...PROGRAMS].map((path) =>
    fs.readFileSync(join(tasks, path), 'utf8'),
  )
  return new Set(texts.flatMap((text) => text.match(/\w+/g) ?? []))
}

/**
 * Modules of the runtime, and packages of CommonJS, are loaded when the first of their names is used:
 * an import would load all that they have, which takes Node 7 ms for `node:fs`.
 */
function ofRuntime(words: ReadonlySet<string>): Plugin {
  return {
    name: 'modules of the runtime',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^(?:node:.*|picocolors)$/ }, ({ path, kind }) =>
        kind === 'dynamic-import' ? { path, external: true } : { path, namespace: 'runtime' },
      )
      onLoad({ filter: /./, namespace: 'runtime' }, async ({ path }) => {
        // What is set in it must be set in the one that is.
        if (path === 'node:process') return { contents: 'module.exports = process' }
        const load = path.startsWith('node:')
          ? `process.getBuiltinModule('${path}')`
          : `process.getBuiltinModule('node:module').createRequire(HERE)('${path}')`
        const module = (await import(path)) as object
        const all = new Set([...Object.keys(module), ...(NEWER[path] ?? [])])
        const names = [...all].filter((name) => words.has(name) && name !== 'default')
        const getters = names.map((name) => `get ${name}() { return loaded().${name} }`)
        return {
          contents: `let it
const loaded = () => it ??= ${load}
module.exports = { ${getters.join(', ')} }`,
        }
      })
    },
  }
}
