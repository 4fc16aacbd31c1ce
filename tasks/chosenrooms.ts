// Chooses between `dist` and the sources that it was bundled from. Does not know what is in either.
//
// `dist` is used only where it was bundled from exactly these sources. Tests and benches always get the
// sources, because they import inner modules too. All rooms come from one set: classes are compared by
// identity.
import * as fs from 'node:fs'
import * as module from 'node:module'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** The file in `dist` that has a {@link stampOf} each file it was bundled from, and of each it consists of. */
export const STAMPS = 'dist/stamps'

/** The last line of that file: one that was cut off does not have it. */
export const END = 'end'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Loads a room; with that of the engine, errors that nobody catches are shown as it says. The name of its
 * module is put together, because Deno reads whatever an `import()` names before anything runs.
 * @returns what its room.ts exports: whoever asks says which type that is
 */
export async function room<Exports>(name: string): Promise<Exports> {
  // Node 22.8 and later keep what they compile for the next run.
  const { enableCompileCache } = module as { enableCompileCache?: () => unknown }
  enableCompileCache?.()
  if (isDistUsed) {
    // The run may end in there.
    await import(new URL('../dist/early.js', import.meta.url).href)
    return import(new URL(`../dist/${name}.js`, import.meta.url).href)
  }
  const sources = await import(new URL(`./${name}/room.ts`, import.meta.url).href)
  if ('showUncaught' in sources) {
    sources.showUncaught()
    sources.showMissingMain()
  }
  return sources
}

/** Was `dist` bundled from the sources in this directory as they are now, and is it whole? */
export function isOfTheseSources(directory: string): boolean {
  const file = `${directory}/${STAMPS}`
  if (!fs.existsSync(file)) return false
  const lines = fs.readFileSync(file, 'utf8').split('\n')
  if (lines.pop() !== END) return false
  return lines.every((line) => line === stampOf(directory, line.split(' ')[0] ?? ''))
}

/**
 * A path below a directory, without blanks, with its size and when it was changed, in whole milliseconds.
 * Undefined for a missing file: no line of stamps is equal to that. The time is cut off, as Deno does it:
 * Node's own number of milliseconds is rounded up where the fraction is too fine for it.
 */
export function stampOf(directory: string, path: string): string | undefined {
  const stat = fs.statSync(`${directory}/${path}`, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? undefined : `${path} ${stat.size} ${stat.mtimeNs / 1_000_000n}`
}

function isOfTests(script: string): boolean {
  return script.startsWith(`${root}test/`) || script.startsWith(`${root}bench/`)
}

const isDistUsed = !isOfTests(process.argv[1] ?? '') && isOfTheseSources(root)
