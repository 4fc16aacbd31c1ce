// The rooms as `dist` has them, where it was made from exactly these sources, else the sources.
import type { Chosen, Rooms } from './parts.ts'

interface Deno {
  readTextFileSync(path: string): string
}

const { Deno: deno } = globalThis as { readonly Deno?: Deno }

let chosen: Chosen | undefined

/**
 * One of the rooms, of the same set as the others. The name of its source is put together, because
 * Deno reads whatever an `import()` names before anything runs. What more there is to it is in `dist`
 * as well: Node strips the types of this file each time, which takes as long as it has different syntax.
 */
export async function room<Name extends keyof Rooms>(name: Name): Promise<Rooms[Name]> {
  chosen ??= choose()
  const sources = new URL(`./${name}/room.ts`, import.meta.url).href
  return chosen(name) ?? ((await bring(sources)) as Rooms[Name])
}

function choose(): Chosen {
  const path = decodeURIComponent(new URL('../dist/load.js', import.meta.url).pathname)
  try {
    // biome-ignore lint/security/noGlobalEval: a file of ours, as an import of it would be
    return globalThis.eval(read(path))(import.meta.url, bring)
  } catch {
    return () => undefined
  }
}

function read(path: string): string {
  if (deno !== undefined) return deno.readTextFileSync(path)
  return process.getBuiltinModule('node:fs').readFileSync(path, 'utf8')
}

/** Node 22.8 and newer keep what they compile of it, types stripped, for the next run. */
function bring(name: string): Promise<unknown> {
  if (deno === undefined) {
    const module: object = process.getBuiltinModule('node:module')
    ;(module as { enableCompileCache?: () => unknown }).enableCompileCache?.()
  }
  return import(name)
}
