// The rooms as `dist` has them, where it was made from exactly these sources; loads in a tenth of the time.

/** A file that `dist` was made of, or that is in it, from the root: its size, and its time in ms. */
export type Made = readonly [path: string, size: number, mtime: number]

/** The file of `dist` that lists them all. */
export const LIST = 'made.json'

export interface Rooms {
  readonly engine: typeof import('./engine/room.ts')
  readonly bpf: typeof import('./bpf/room.ts')
  /** How the rooms load what most runs do without. */
  readonly parts: { load: (name: string) => Promise<unknown> }
}

/** What both runtimes' file systems are asked here. Deno's own is: loading Node's takes it 30 ms. */
interface Files {
  read(path: string): string
  stat(path: string): { readonly size: number; readonly mtime: number } | undefined
}

interface Deno {
  readonly mainModule: string
  readTextFileSync(path: string): string
  statSync(path: string): { readonly size: number; readonly mtime: Date | null }
}

const { Deno: deno } = globalThis as { readonly Deno?: Deno }

/** Undefined where the sources are what is to be loaded. */
const compiled: Rooms | undefined = await load()

/**
 * One of the rooms, of the same set as the other. The name of its source is put together, because
 * Deno reads whatever an `import()` names before anything runs.
 */
export async function room<Name extends 'engine' | 'bpf'>(name: Name): Promise<Rooms[Name]> {
  return compiled?.[name] ?? (await import(new URL(`./${name}/room.ts`, import.meta.url).href))
}

async function load(): Promise<Rooms | undefined> {
  const root = decodeURIComponent(new URL('..', import.meta.url).pathname)
  try {
    if (isOfTests(root)) return undefined
    keepCompiledCode()
    if (!isMadeOfThese(root)) return undefined
    const dist = new URL('../dist/', import.meta.url).href
    const core: Rooms = await import(`${dist}core.js`)
    core.parts.load = (name) => import(`${dist}${name}.js`)
    return core
  } catch {
    return undefined
  }
}

/** Of whichever form of the rooms: Node 22.8 and newer keep it, types stripped, for the next run. */
function keepCompiledCode(): void {
  if (deno !== undefined) return
  const module: object = process.getBuiltinModule('node:module')
  ;(module as { enableCompileCache?: () => unknown }).enableCompileCache?.()
}

/** Tests and benches import inner modules too, which must be of one set with the doors' ones. */
function isOfTests(root: string): boolean {
  const script =
    deno === undefined
      ? (process.argv[1] ?? '')
      : decodeURIComponent(new URL(deno.mainModule).pathname)
  return script.startsWith(`${root}test/`) || script.startsWith(`${root}bench/`)
}

/** Is `dist` whole, and made of the sources as they are? @throws where its list cannot be read */
export function isMadeOfThese(root: string): boolean {
  const files = filesOfRuntime()
  const all = JSON.parse(files.read(`${root}dist/${LIST}`)) as readonly Made[]
  for (const [path, size, mtime] of all) {
    const now = files.stat(root + path)
    if (now === undefined || now.size !== size || now.mtime !== mtime) return false
  }
  return all.length > 0
}

function filesOfRuntime(): Files {
  if (deno !== undefined) {
    return {
      read: (path) => deno.readTextFileSync(path),
      stat: (path) => {
        const { size, mtime } = deno.statSync(path)
        return { size, mtime: mtime?.getTime() ?? 0 }
      },
    }
  }
  // An import of it would load all that it has, promises and streams: 7 ms.
  const fs = process.getBuiltinModule('node:fs')
  return {
    read: (path) => fs.readFileSync(path, 'utf8'),
    stat: (path) => {
      const found = fs.statSync(path, { throwIfNoEntry: false })
      return found && { size: found.size, mtime: Math.trunc(found.mtimeMs) }
    },
  }
}
