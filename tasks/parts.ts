// What `dist` is: whether it was made from the sources as they are, its parts, and V8's code for them.
// Itself a part that is read by what chooses (compiled.ts), and that the package's doors import.
import type * as FsModule from 'node:fs'
import type * as NodeModule from 'node:module'
import type * as VmModule from 'node:vm'
import type * as NullBuild from './engine/memo/nullbuild.ts'

/** A file that `dist` was made of, or that is in it, from the root: its size, and its time in ms. */
export type Made = readonly [path: string, size: number, mtime: number]

/** The file of `dist` that lists them all. */
export const LIST = 'made.json'

/** The demos are edited most: where only they were, the rest of `dist` is used. */
export interface MadeList {
  readonly core: readonly Made[]
  readonly demos: readonly Made[]
}

export interface Rooms {
  readonly engine: typeof import('./engine/room.ts')
  readonly bpf: typeof import('./bpf/room.ts')
  /** Whose door knows what they are: the package has rooms for trees, and no demos. */
  readonly demos: object
}

/** A room of `dist`; undefined where that of the sources is to be loaded. */
export type Chosen = <Name extends keyof Rooms>(name: Name) => Rooms[Name] | undefined

/** Loads a part of `dist` by name, once, and returns what it gives. */
export type Parts = (name: string) => object

/** Loads a module by the name of its package. */
export type Bring = (name: string) => Promise<unknown>

/** What a file of a part is: a function, because a module would pass through whatever hooks there are. */
type Part = (module: { exports: object }, require: Parts, here: string, bring: Bring) => void

interface Deno {
  readonly mainModule: string
  readTextFileSync(path: string): string
  statSync(path: string): { readonly size: number; readonly mtime: Date | null }
}

/** Deno's own is asked for files: loading Node's takes it 30 ms. */
const { Deno: deno } = globalThis as { readonly Deno?: Deno }

/** Engine and BPF are of one set, because classes are compared by identity. */
export function roomsOf(here: string, bring: Bring): Chosen {
  const none: Chosen = () => undefined
  const root = pathOf(new URL('..', here))
  if (isOfTests(root)) return none
  const { core, demos } = listOf(root)
  if (!areThese(root, core)) return none
  const parts = partsIn(new URL('../dist/', here).href, bring)
  if (areThese(root, demos) && isNullBuildTold(parts, true)) process.exit()
  const rooms = parts('core') as Rooms
  return (name) => {
    if (name !== 'demos') return rooms[name]
    try {
      return areThese(root, demos) ? (parts('demos') as Rooms)[name] : undefined
    } catch {
      return undefined
    }
  }
}

/**
 * Was all that is asked for a build that has nothing to do, and is that said already?
 * @param isChosen are the parts known to be of the sources beside them?
 */
export function isNullBuildTold(parts: Parts, isChosen = false): boolean {
  return (parts('null') as typeof NullBuild).tellNullBuild(isChosen)
}

/** Tests and benches import inner modules too, which must be of one set with the doors' ones. */
function isOfTests(root: string): boolean {
  const script = deno === undefined ? (process.argv[1] ?? '') : pathOf(new URL(deno.mainModule))
  return script.startsWith(`${root}test/`) || script.startsWith(`${root}bench/`)
}

/** Is `dist` whole, and made of the sources as they are? @throws where its list cannot be read */
export function isMadeOfThese(root: string): boolean {
  const { core, demos } = listOf(root)
  return areThese(root, core) && areThese(root, demos)
}

function listOf(root: string): MadeList {
  return JSON.parse(read(`${root}dist/${LIST}`))
}

function areThese(root: string, files: readonly Made[]): boolean {
  for (const [path, size, mtime] of files) {
    const now = stat(root + path)
    if (now === undefined || now.size !== size || now.mtime !== mtime) return false
  }
  return files.length > 0
}

function pathOf({ pathname }: URL): string {
  return decodeURIComponent(pathname)
}

/**
 * @param dist URL of the folder of the parts
 * @param bring how they load packages
 */
export function partsIn(dist: string, bring: Bring): Parts {
  const loaded = new Map<string, object>()
  const bringQuickly: Bring = (name) => required(name, dist) ?? bring(name)
  const parts: Parts = (name) => {
    let part = loaded.get(name)
    if (part === undefined) {
      const url = `${dist}${name}.js`
      const module = { exports: {} }
      evaluate(url)(module, parts, url, bringQuickly)
      part = module.exports
      loaded.set(name, part)
    }
    return part
  }
  return parts
}

/** A package as CommonJS, where it has that form: no import, which would pass through the hooks of tsx. */
function required(name: string, from: string): Promise<unknown> | undefined {
  if (deno !== undefined) return undefined
  const module: Pick<typeof NodeModule, 'createRequire'> & { enableCompileCache?: () => unknown } =
    process.getBuiltinModule('node:module')
  const require = module.createRequire(from)
  try {
    const path = require.resolve(name)
    if (!path.endsWith('.cjs')) return undefined
    // As for what is imported: Node 22.8 and newer have that.
    module.enableCompileCache?.()
    return Promise.resolve(require(path))
  } catch {
    return undefined
  }
}

function evaluate(url: string): Part {
  const path = pathOf(new URL(url))
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
