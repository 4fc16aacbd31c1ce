// The results of commands, by what they were made from: looked for before a command runs, and put into the
// stores after it. What a result is goes the same way as what a command made, so nothing else of the engine
// knows of it.
import * as fs from 'node:fs'
import type { Answers } from '../answer/index.ts'
import { isErrno } from '../base/index.ts'
import { type Node, writesDepfile } from '../decide/index.ts'
import { type Disk, temporaryPath } from '../files/index.ts'
import type { KeptResult, KeptResults, Made, Placed } from '../run/index.ts'
import {
  type ActionResult,
  type Digest,
  decodeResult,
  encodeResult,
  listOf,
  MOST_BYTES,
  parsed,
  type ResultFile,
  recordOf,
  StoreFault,
} from './actionresult.ts'
import { type Contents, sha256 } from './contents.ts'
import { type Action, firstKey, type Names, secondKey } from './key.ts'
import type { Store } from './store.ts'

/** How many sets of names are kept under one key: those of the last versions. */
const MOST_SETS = 8

/** More names than any command has read. */
const MOST_NAMES = 100_000

/** Stands for the root of the tree in what names it. */
const ROOT = '@BPF_TASKS_ROOT@/'

const NO_NAMES: Names = { read: [], absent: [] }

export interface ResultsParts {
  readonly disk: Disk
  readonly answers: Answers
  readonly contents: Contents
  readonly ownFolders: readonly string[]
  /** Asked in this order. */
  readonly stores: readonly Store[]
  /** Run what has a result too, and compare. */
  readonly checks: boolean
  /** Told of each command that was looked for. */
  readonly onLook: (isFound: boolean) => void
}

export class Results implements KeptResults {
  readonly #parts: ResultsParts

  constructor(parts: ResultsParts) {
    this.#parts = parts
  }

  of(node: Node): KeptResult | undefined {
    const { edge } = node
    const isKept = edge.cache ?? writesDepfile(edge, this.#parts.answers)
    if (edge.isForeign || !isKept) return undefined
    const first = firstKey(node, this.#parts)
    return first === undefined ? undefined : new OneResult(node, first, this.#parts)
  }
}

class OneResult implements KeptResult {
  readonly #node: Node
  readonly #first: string
  readonly #parts: ResultsParts
  /** Where it writes which files it read. */
  readonly #depfile: string | undefined
  /** The output that gets its standard output. */
  readonly #captured: string | undefined
  /** What was found, where the command runs to be compared with it. */
  #expected: ActionResult | undefined

  constructor(node: Node, first: string, parts: ResultsParts) {
    this.#node = node
    this.#first = first
    this.#parts = parts
    const { edge } = node
    const named = (path: string | undefined) => path && parts.answers.inTree(path)
    this.#depfile = writesDepfile(edge, parts.answers) ? named(edge.depfile) : undefined
    this.#captured = named(edge.stdout?.path)
  }

  async place(): Promise<Placed | undefined> {
    const { disk, stores } = this.#parts
    // A command writes through a link; a result would take its place.
    if (this.#node.outputs.some((path) => disk.lstat(path)?.isSymbolicLink())) return undefined
    for (const store of stores) {
      if (!store.reads) continue
      try {
        const placed = await this.#placeFrom(store)
        if (placed === undefined) continue
        this.#parts.onLook(true)
        return placed
      } catch (error) {
        if (!(error instanceof StoreFault)) throw error
        store.fault(error.message)
      }
    }
    if (stores.some(({ reads }) => reads)) this.#parts.onLook(false)
    return undefined
  }

  async keep(made: Made): Promise<readonly string[]> {
    const isWanted = this.#expected !== undefined || this.#parts.stores.some(({ writes }) => writes)
    if (!isWanted) return []
    // Without a depfile that is text, nobody knows what was read; a tool may be another one by now.
    const isKnown = this.#depfile === undefined || made.depfile !== undefined
    const isSame = isKnown && firstKey(this.#node, this.#parts) === this.#first
    const files = isSame ? this.#filesMade() : undefined
    if (files === undefined) return []
    if (this.#expected !== undefined) return this.#differences(this.#expected, files)
    const { disk, stores } = this.#parts
    const { read, absent, ms } = made
    const texts = [made.depfile ?? '', made.output]
    if (texts.some((text) => text.includes(ROOT))) return []
    const [depfile = Buffer.alloc(0), said = Buffer.alloc(0)] = texts.map((text) =>
      Buffer.from(this.#withoutRoot(text)),
    )
    const blobs = files.map(({ bytes }) => bytes)
    // What names this tree is of no use to another one.
    const namesRoot = [...blobs, depfile, said].some((bytes) => bytes.includes(disk.root))
    if (this.#depfile !== undefined) {
      const bytes = depfile
      files.push({ ...digestOf(bytes), path: this.#depfile, isExecutable: false, bytes })
      blobs.push(bytes)
    }
    if (said.length > 0) blobs.push(said)
    const result: ActionResult = {
      files: files.map(({ bytes: _, ...file }) => file),
      said: said.length > 0 ? digestOf(said) : undefined,
      ms,
    }
    const names = { read, absent, ...(namesRoot ? { root: disk.root } : {}) }
    for (const store of stores) await this.#keepIn(store, names, result, blobs)
    return []
  }

  /** Undefined where one is too large, or gone. */
  #filesMade(): (ResultFile & { readonly bytes: Buffer })[] | undefined {
    const { disk } = this.#parts
    const files = []
    for (const path of this.#node.outputs) {
      const size = disk.stat(path)?.size ?? Number.POSITIVE_INFINITY
      const bytes = size > MOST_BYTES ? undefined : disk.read(path)
      if (bytes === undefined) return undefined
      files.push({ ...digestOf(bytes), path, isExecutable: disk.isExecutable(path), bytes })
    }
    return files
  }

  #differences(expected: ActionResult, files: readonly ResultFile[]): string[] {
    const before = new Map(expected.files.map(({ path, hash }) => [path, hash]))
    return files
      .filter(({ path, hash }) => before.get(path) !== hash)
      .map(
        ({ path }) => `${path} has other bytes than the result that was kept of the same command`,
      )
  }

  async #keepIn(
    store: Store,
    names: Names,
    result: ActionResult,
    /** As {@link digestsOf} names them. */
    blobs: readonly Buffer[],
  ): Promise<void> {
    // Now: the files may be other ones when a server takes the result.
    const action = store.writes ? secondKey(this.#first, names, this.#parts) : undefined
    if (action === undefined) return
    const bytes = blobs.reduce((sum, { length }) => sum + length, 0)
    await store.later(bytes, async () => {
      try {
        await this.#write(store, action, names, result, blobs)
      } catch (error) {
        if (!(error instanceof StoreFault)) throw error
        store.fault(error.message)
      }
    })
  }

  async #write(
    store: Store,
    action: Action,
    names: Names,
    result: ActionResult,
    blobs: readonly Buffer[],
  ): Promise<void> {
    for (const [at, { hash }] of digestsOf(result).entries())
      await store.put('cas', hash, blobs[at] ?? Buffer.alloc(0))
    // A server may want to see of what a result is.
    if (store.name === 'server') await store.put('cas', action.key, action.bytes)
    // Last, so that nobody finds a result without its blobs.
    await store.put('ac', action.key, encodeResult(result))
    if (this.#isPlain && names.root === undefined) return
    const set = Buffer.from(JSON.stringify(names))
    const digest = digestOf(set)
    const file = { ...digest, path: digest.hash, isExecutable: false }
    await store.put('cas', file.hash, set)
    const others = (await this.#setsIn(store)).filter(({ hash }) => hash !== file.hash)
    const files = [file, ...others].slice(0, MOST_SETS)
    await store.put('ac', this.#first, encodeResult({ files, said: undefined, ms: 0 }))
  }

  /** Does it read nothing but what it declares? Then no names need be looked up. */
  get #isPlain(): boolean {
    return this.#depfile === undefined && this.#node.edge.searchPath.length === 0
  }

  /** Sets of names that such commands have read, the last one first. */
  async #setsIn(store: Store): Promise<ActionResult['files']> {
    const bytes = await store.get('ac', this.#first)
    return bytes === undefined ? [] : decodeResult(bytes).files
  }

  async #placeFrom(store: Store): Promise<Placed | undefined> {
    const sets = await this.#setsIn(store)
    for (const set of this.#isPlain ? [undefined, ...sets] : sets) {
      const names = set === undefined ? NO_NAMES : namesOf(await store.get('cas', set.hash))
      const action = names && secondKey(this.#first, names, this.#parts)
      const result = action === undefined ? undefined : await this.#resultIn(store, action.key)
      if (names === undefined || result === undefined) continue
      const blobs = await this.#blobsOf(store, result)
      if (blobs === undefined) continue
      if (this.#parts.checks) {
        this.#expected = result
        return undefined
      }
      if (!this.#putInPlace(result, blobs)) return undefined
      for (const other of this.#parts.stores) {
        if (other !== store && other.name === 'folder')
          await this.#keepIn(other, names, result, blobs)
      }
      const output = result.said === undefined ? '' : this.#withRoot(String(blobs.at(-1)))
      const bytes = blobs.reduce((sum, { length }) => sum + length, 0)
      return { output, ms: result.ms, from: store.name, bytes }
    }
    return undefined
  }

  async #resultIn(store: Store, key: string): Promise<ActionResult | undefined> {
    const bytes = await store.get('ac', key)
    if (bytes === undefined) return undefined
    const result = decodeResult(bytes)
    const expected = [
      ...this.#node.outputs,
      ...(this.#depfile === undefined ? [] : [this.#depfile]),
    ]
    const paths = result.files.map(({ path }) => path)
    if (paths.length !== expected.length || !expected.every((path) => paths.includes(path)))
      throw new StoreFault('gave a result with other files than its edge makes')
    return result
  }

  /** The blobs of all its files, and of what the command said; undefined where one is missing. */
  async #blobsOf(store: Store, result: ActionResult): Promise<Buffer[] | undefined> {
    const digests = digestsOf(result)
    const blobs = await Promise.all(digests.map(({ hash }) => store.get('cas', hash)))
    const found = blobs.flatMap((bytes, at) => (bytes?.length === digests[at]?.size ? bytes : []))
    return found.length === digests.length ? (found as Buffer[]) : undefined
  }

  /** As the command would have left them. @returns false where that cannot be done: then the command says why */
  #putInPlace({ files }: ActionResult, blobs: readonly Buffer[]): boolean {
    const { disk } = this.#parts
    for (const [at, { path, isExecutable }] of files.entries()) {
      const bytes = blobs[at] ?? Buffer.alloc(0)
      const isDepfile = path === this.#depfile
      const text = isDepfile ? Buffer.from(this.#withRoot(bytes.toString('utf8'))) : bytes
      const place = disk.at(path === this.#captured ? temporaryPath(path) : path)
      const fresh = `${place}.kept`
      try {
        fs.writeFileSync(fresh, text, { mode: isExecutable ? 0o777 : 0o666 })
        fs.renameSync(fresh, place)
      } catch (error) {
        if (!isErrno(error)) throw error
        fs.rmSync(fresh, { force: true })
        return false
      }
    }
    return true
  }

  #withoutRoot(text: string): string {
    return text.replaceAll(`${this.#parts.disk.root}/`, ROOT)
  }

  #withRoot(text: string): string {
    return text.replaceAll(ROOT, `${this.#parts.disk.root}/`)
  }
}

/** Of the blobs of a result, in their order: its files, then what the command said. */
function digestsOf({ files, said }: ActionResult): readonly Digest[] {
  return said === undefined ? files : [...files, said]
}

function digestOf(bytes: Buffer): Digest {
  return { hash: sha256(bytes), size: bytes.length }
}

function namesOf(bytes: Buffer | undefined): Names | undefined {
  if (bytes === undefined) return undefined
  const { read, absent, root } = recordOf(parsed(bytes))
  const names = (value: unknown): string[] => {
    const list = listOf(value)
    if (list.length > MOST_NAMES) throw new StoreFault('has too many names')
    return list.map((name) => {
      if (typeof name !== 'string') throw new StoreFault('has a name that is not a text')
      return name
    })
  }
  return {
    read: names(read),
    absent: names(absent),
    ...(typeof root === 'string' ? { root } : {}),
  }
}
