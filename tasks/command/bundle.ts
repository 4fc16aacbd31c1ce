// Bundles the sources to `dist`: modules that a runtime finds and reads quickly, with source maps. Does
// not know when `dist` is used.
import * as fs from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type BuildOptions, build, type Plugin } from 'esbuild'

/** The doors that others import: name in `dist`, and source below tasks/. */
const DOORS: Readonly<Record<string, string>> = { engine: 'engine/index.ts', bpf: 'bpf/index.ts' }

/** What may end a run before the doors are opened. It shares its modules with them. */
const EARLY: Readonly<Record<string, string>> = { early: 'command/early.ts' }

/**
 * What most runs load: it becomes one file. A file costs more to find and to load than the code in it, most of
 * all behind a loader such as tsx. What only a dispatched task needs stays in a file of its own.
 */
const USUAL: readonly string[] = [
  'command/early.ts',
  'engine/room.ts',
  'engine/command/commandline.ts',
  'engine/command/dispatch.ts',
  'engine/build/index.ts',
  'bpf/room.ts',
]

/**
 * What is bundled over these doors, each alone. The package does not have the demos. `init` has a file of its
 * own because it imports the engine, and the command must name the script before the engine looks for a memo.
 */
const ABOVE: Readonly<Record<string, string>> = {
  command: 'command/command.ts',
  init: 'command/init.ts',
  demos: 'demos/room.ts',
}

/** What has a copy of all that it needs. The first are programs: one may run as root, beside the runner. */
const ALONE: Readonly<Record<string, string>> = {
  tracereader: 'bpf/live/tracereader.ts',
  gowriter: 'bpf/bindings/gowriter.ts',
  vmprogram: 'bpf/proof/vm/vmprogram.ts',
  'chunks/demand': 'command/demand.ts',
}

/**
 * Writes all of `dist`.
 * @param tasks absolute path of the sources
 * @param to absolute path of a directory
 * @returns paths of the sources below `tasks`, and of the files below `to`
 */
export async function bundle(
  tasks: string,
  to: string,
): Promise<{ readonly sources: readonly string[]; readonly files: readonly string[] }> {
  const common = {
    absWorkingDir: tasks,
    bundle: true,
    chunkNames: 'chunks/[name]-[hash]',
    define: { IN_DIST: 'true' },
    format: 'esm',
    logLevel: 'silent',
    metafile: true,
    outdir: to,
    packages: 'external',
    platform: 'node',
    // Not named in what is bundled: Deno would apply a map itself, and keep the name of the bundled file.
    sourcemap: 'external',
    sourcesContent: true,
    target: 'node20.19',
  } as const satisfies BuildOptions
  const inside = roomsBehindDoors(tasks)
  const results = [
    await build({
      ...common,
      splitting: true,
      entryPoints: { ...DOORS, ...EARLY },
      plugins: [inside, usualTogether(tasks)],
    }),
    // Not split: what they import from other files of `dist` is named relative to their own file.
    await build({ ...common, entryPoints: ABOVE, plugins: [besides(tasks)] }),
    await build({ ...common, entryPoints: ALONE, plugins: [inside] }),
  ]
  const outputs = results.flatMap(({ metafile }) => Object.keys(metafile.outputs))
  const files = outputs.map((path) => relative(to, join(tasks, path)))
  const inputs = results
    .flatMap(({ metafile }) => Object.keys(metafile.inputs))
    .filter((path) => !path.startsWith(`${LATE}:`))
  importInOnePlace(to, files)
  return {
    sources: [...new Set(inputs)].sort(),
    files: files.sort(),
  }
}

/**
 * Leaves each `import()` of the chunks to demand.ts. That name is as long as `import`, so maps stay true.
 * @param files paths below `to`
 */
function importInOnePlace(to: string, files: readonly string[]): void {
  for (const file of files.filter((name) => /^chunks\/.*\.js$/.test(name))) {
    const made = fs.readFileSync(join(to, file), 'utf8')
    const text = made.replace(/\bimport\((?="[^"]+"\))/g, 'demand(')
    // At its end, where it moves no line: imports come first anyway.
    if (text !== made) {
      fs.writeFileSync(join(to, file), `${text}import { demand } from "./demand.js"\n`)
    }
  }
}

/** Inside of `dist` there is nothing to choose: rooms import each other, and doors hand them out. */
function roomsBehindDoors(tasks: string): Plugin {
  return {
    name: 'rooms behind doors',
    setup({ onResolve }) {
      onResolve({ filter: /\/chosenrooms\.ts$/ }, () => ({
        path: join(tasks, 'command/packagedrooms.ts'),
      }))
      onResolve({ filter: /\/index\.ts$/ }, ({ importer, path }) => {
        const door = relative(tasks, join(dirname(importer), path))
        const isDoor = Object.values(DOORS).includes(door)
        return isDoor ? { path: join(tasks, dirname(door), 'room.ts') } : undefined
      })
    },
  }
}

/** Namespace of modules that are made here, one for each file that an `import()` names. */
const LATE = 'late'

/**
 * esbuild puts modules into one chunk that the same entry points reach, and whatever an `import()` names is an
 * entry point. So each of these is given a module that reaches all that is usual, too.
 */
function usualTogether(tasks: string): Plugin {
  const together = USUAL.map((path) => `import ${JSON.stringify(join(tasks, path))}`).join('\n')
  return {
    name: 'what is usual in one chunk',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\..*\.ts$/ }, ({ kind, path, resolveDir }) =>
        kind === 'dynamic-import' ? { path: join(resolveDir, path), namespace: LATE } : undefined,
      )
      onLoad({ filter: /.*/, namespace: LATE }, ({ path }) => ({
        contents: `${together}\nexport * from ${JSON.stringify(path)}`,
        resolveDir: tasks,
      }))
    },
  }
}

/** Whatever has a file of its own in `dist` is imported from there, so that all share its classes. */
function besides(tasks: string): Plugin {
  const names = new Map(
    Object.entries({ ...DOORS, ...EARLY, ...ABOVE }).map(([name, source]) => [
      join(tasks, source),
      name,
    ]),
  )
  return {
    name: 'files of dist',
    setup({ onResolve }) {
      onResolve({ filter: /\.ts$/ }, ({ kind, importer, path }) => {
        const name = names.get(join(dirname(importer), path))
        if (kind === 'entry-point' || name === undefined) return undefined
        return { path: `./${name}.js`, external: true }
      })
    },
  }
}
