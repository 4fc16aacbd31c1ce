// Bundles the sources to `dist`: modules that a runtime finds and reads quickly, with source maps. Does
// not know when `dist` is used.
import { dirname, join, relative } from 'node:path'
import { type BuildOptions, build, type Plugin } from 'esbuild'

/** The doors that others import: name in `dist`, and source below tasks/. They share their modules. */
const DOORS: Readonly<Record<string, string>> = { engine: 'engine/index.ts', bpf: 'bpf/index.ts' }

/**
 * What is bundled over these doors, each alone. The package does not have the demos. `init` has a file of its
 * own because it imports the engine, and the command must name the script before the engine looks for a memo.
 */
const ABOVE: Readonly<Record<string, string>> = {
  command: 'command/command.ts',
  init: 'command/init.ts',
  demos: 'demos/room.ts',
}

/** Programs of their own, each with a copy of what it needs: one may run as root, beside the runner. */
const ALONE: Readonly<Record<string, string>> = {
  tracereader: 'bpf/live/tracereader.ts',
  gowriter: 'bpf/bindings/gowriter.ts',
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
    await build({ ...common, splitting: true, entryPoints: DOORS, plugins: [inside] }),
    // Not split: what they import from other files of `dist` is named relative to their own file.
    await build({ ...common, entryPoints: ABOVE, plugins: [besides(tasks)] }),
    await build({ ...common, entryPoints: ALONE, plugins: [inside] }),
  ]
  const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs))
  const outputs = results.flatMap(({ metafile }) => Object.keys(metafile.outputs))
  return {
    sources: [...new Set(inputs)].sort(),
    files: outputs.map((path) => relative(to, join(tasks, path))).sort(),
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

/** Whatever has a file of its own in `dist` is imported from there, so that all share its classes. */
function besides(tasks: string): Plugin {
  const names = new Map(
    Object.entries({ ...DOORS, ...ABOVE }).map(([name, source]) => [join(tasks, source), name]),
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
