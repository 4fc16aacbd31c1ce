// The rooms as `dist` has them, where it was made from exactly these sources; loads in a tenth of the time.
import type * as FsModule from 'node:fs'
import type * as VmModule from 'node:vm'

/** A file that `dist` was made of, or that is in it, from the root: its size, and its time in ms. */
export type Made = readonly [path: string, size: number, mtime: number]

/** The file of `dist` that lists them all. */
export const LIST = 'made.json'

interface Rooms {
  readonly engine: typeof import('./engine/room.ts')
  readonly bpf: typeof import('./bpf/room.ts')
}

/** Loads a part of `dist` by name, once, and returns what it gives. */
export type Parts = (name: string) => object

/** What a file of a part is: a function, because a module would pass through whatever hooks there are. */
type Part = (
  module: { exports: object },
  require: Parts,
  here: string,
  bring: (name: string) => Promise<unknown>,
) => void

interface Deno {
  readonly mainModule: string
  readTextFileSync(path: string): string
  statSync(path: string): { readonly size: number; readonly mtime: Date | null }
}

/** Deno's own is asked for files: loading Node's takes it 30 ms. */
const { Deno: deno } = globalThis as { readonly Deno?: Deno }

/** Null where the sources are what is to be loaded. */
let compiled: Rooms | null | undefined

/**
 * One of the rooms, of the same set as the other. The name of its source is put together, because
 * Deno reads whatever an `import()` names before anything runs.
 */
export async function room<Name extends 'engine' | 'bpf'>(name: Name): Promise<Rooms[Name]> {
  if (compiled === undefined) compiled = load()
  if (compiled !== null) return compiled[name]
  keepCompiledCode()
  return import(new URL(`./${name}/room.ts`, import.meta.url).href)
}

function load(): Rooms | null {
  const root = decodeURIComponent(new URL('..', import.meta.url).pathname)
  try {
    if (isOfTests(root) || !isMadeOfThese(root)) return null
    return partsIn(new URL('../dist/', import.meta.url).href)('core') as Rooms
  } catch {
    return null
  }
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
  const all = JSON.parse(read(`${root}dist/${LIST}`)) as readonly Made[]
  for (const [path, size, mtime] of all) {
    const now = stat(root + path)
    if (now === undefined || now.size !== size || now.mtime !== mtime) return false
  }
  return all.length > 0
}

/** @param dist URL of the folder of the parts */
export function partsIn(dist: string): Parts {
  const loaded = new Map<string, object>()
  const parts: Parts = (name) => {
    let part = loaded.get(name)
    if (part === undefined) {
      const url = `${dist}${name}.js`
      const module = { exports: {} }
      evaluate(url)(module, parts, url, bring)
      part = module.exports
      loaded.set(name, part)
    }
    return part
  }
  return parts
}

/** A package, from where this file is. */
function bring(name: string): Promise<unknown> {
  keepCompiledCode()
  return import(name)
}

/** Node 22.8 and newer keep what they compile, types stripped, for the next run. */
function keepCompiledCode(): void {
  if (deno !== undefined) return
  const module: object = process.getBuiltinModule('node:module')
  ;(module as { enableCompileCache?: () => unknown }).enableCompileCache?.()
}

function evaluate(url: string): Part {
  const path = decodeURIComponent(new URL(url).pathname)
  const text = read(path)
  // biome-ignore lint/security/noGlobalEval: a file of ours, as an import of it would be
  if (deno !== undefined) return globalThis.eval(`${text}\n//# sourceURL=${url}`)
  const { Script }: typeof VmModule = process.getBuiltinModule('node:vm')
  // V8 itself would take the code of any text that is as long.
  const { ino, mtimeMs } = files().statSync(path)
  const kept = `${path}.${ino}-${mtimeMs}.${process.version}-${process.arch}.code`
  const cachedData = readCode(kept)
  const script = new Script(text, { filename: path, ...(cachedData && { cachedData }) })
  scripts.push({ script, kept })
  if (cachedData === undefined && !isCodeKept) {
    isCodeKept = true
    process.on('exit', keepCode)
  }
  return script.runInThisContext()
}

/** What was evaluated, and where V8's code for it is kept: compiling takes longer than running. */
const scripts: { readonly script: VmModule.Script; readonly kept: string }[] = []
let isCodeKept = false

/** Ends each file of code: one that was cut off has none. */
const END = 'whole'

function readCode(path: string): Buffer | undefined {
  try {
    const all = files().readFileSync(path)
    const code = all.subarray(0, -END.length)
    return all.toString('latin1', code.length) === END ? code : undefined
  } catch {
    return undefined
  }
}

/** At the end, when what ran is compiled; of all parts, because one part calls what is in another. */
function keepCode(): void {
  const { writeFileSync, renameSync, rmSync } = files()
  for (const { script, kept } of scripts) {
    const half = `${kept}.${process.pid}`
    try {
      const code = Buffer.concat([script.createCachedData(), Buffer.from(END)])
      writeFileSync(half, code, { flag: 'wx', flush: true })
      renameSync(half, kept)
    } catch {
      // A folder of somebody else's: without it the next run takes as long as this one.
      rmSync(half, { force: true })
    }
  }
}

function read(path: string): string {
  return deno === undefined ? files().readFileSync(path, 'utf8') : deno.readTextFileSync(path)
}

function stat(path: string): { readonly size: number; readonly mtime: number } | undefined {
  if (deno !== undefined) {
    const { size, mtime } = deno.statSync(path)
    return { size, mtime: mtime?.getTime() ?? 0 }
  }
  const found = files().statSync(path, { throwIfNoEntry: false })
  return found && { size: found.size, mtime: Math.trunc(found.mtimeMs) }
}

/** An import of it would load all that it has, promises and streams: 7 ms. */
function files(): typeof FsModule {
  return process.getBuiltinModule('node:fs')
}
