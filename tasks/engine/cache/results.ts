// The results of commands, by what they were made from: looked for before a command runs, and put into the
// stores after it. What a result is goes the same way as what a command made, so nothing else of the engine
// knows of it.
import * as fs from 'node:fs'
import type { Answers } from '../answer/index.ts'
import { isErrno } from '../base/index.ts'
import { type Node, writesDepfile } from '../decide/index.ts'
import { type Disk, temporaryPath } from '../files/index.ts'
import type { KeptResult, KeptResults, Made, NotPlaced, Placed } from '../run/index.ts'
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
import { type Action, firstKey, type Names, ROOT, secondKey, withoutRoot } from './key.ts'
import { decodeAction, type KnownAction, whyNone } from './misses.ts'
import type { Store } from './store.ts'

/** How many sets of names, and actions, are kept under one key: those of the last versions. */
const MOST_KEPT = 8

/** How the result that is kept under the first key calls them. */
const SETS = 'names/'
const ACTIONS = 'actions/'

type Kept = readonly ResultFile[]

/** More names than any command has read. */
const MOST_NAMES = 100_000

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
  /** Say why a command has no result? */
  readonly explains: boolean
  /** Told of each command that was looked for. */
  readonly onLook: (isFound: boolean) => void
}

export class Results implements KeptResults {
  readonly #parts: ResultsParts

  constructor(parts: ResultsParts) {
    this.#parts = parts
  }

  of(node: Node): KeptResult {
    const { edge } = node
    const isKept = edge.cache ?? writesDepfile(edge, this.#parts.answers)
    if (edge.isForeign) return this.#neverKept('another build system makes it')
    if (edge.cache === false) return this.#neverKept('it is declared with cache: false')
    if (!isKept) return this.#neverKept('it has no depfile, and is not declared with cache: true')
    const first = firstKey(node, this.#parts)
    if (first === undefined)
      return this.#neverKept('its command names HOME or TMPDIR, or an input cannot be read')
    return new OneResult(node, first, this.#parts)
  }

  #neverKept(why: string): KeptResult {
    return {
      place: async () => ({ why: this.#parts.explains ? `never kept: ${why}` : undefined }),
    }
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

  async place(): Promise<Placed | NotPlaced> {
    const { disk, stores, explains } = this.#parts
    // A command writes through a link; a result would take its place.
    if (this.#node.outputs.some((path) => disk.lstat(path)?.isSymbolicLink()))
      return { why: explains ? 'not placed: an output is a link' : undefined }
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
    return { why: explains ? await this.#whyNone() : undefined }
  }

  async #whyNone(): Promise<string> {
    if (this.#expected !== undefined) return 'it runs to be compared with what is kept'
    const stores = this.#parts.stores.filter(({ reads }) => reads)
    if (stores.length === 0) return 'nothing is looked for: all is made anew'
    const known: KnownAction[] = []
    for (const store of stores) {
      try {
        for (const { hash } of (await this.#kept(store)).actions) {
          const bytes = await store.get('cas', hash)
          if (bytes !== undefined) known.push(decodeAction(bytes))
        }
      } catch (error) {
        if (!(error instanceof StoreFault)) throw error
        store.fault(error.message)
      }
    }
    return whyNone(known, this.#parts)
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
      Buffer.from(withoutRoot(text, disk)),
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
    // A server may want to see of what a result is, and `--explain` compares with it.
    await store.put('cas', action.key, action.bytes)
    // Last, so that nobody finds a result without its blobs.
    await store.put('ac', action.key, encodeResult(result))
    if (this.#isPlain && names.root === undefined) return
    const set = Buffer.from(JSON.stringify(names))
    await store.put('cas', sha256(set), set)
    const { sets, actions } = await this.#kept(store)
    const files = [...newestFirst(SETS, set, sets), ...newestFirst(ACTIONS, action.bytes, actions)]
    await store.put('ac', this.#first, encodeResult({ files, said: undefined, ms: 0 }))
  }

  /** Does it read nothing but what it declares? Then no names need be looked up. */
  get #isPlain(): boolean {
    return this.#depfile === undefined && this.#node.edge.searchPath.length === 0
  }

  /** Sets of names that such commands have read, and the actions that they were, the last ones first. */
  async #kept(store: Store): Promise<{ readonly sets: Kept; readonly actions: Kept }> {
    const bytes = await store.get('ac', this.#first)
    const files = bytes === undefined ? [] : decodeResult(bytes).files
    const inFolder = (folder: string) => files.filter(({ path }) => path.startsWith(folder))
    return { sets: inFolder(SETS), actions: inFolder(ACTIONS) }
  }

  async #placeFrom(store: Store): Promise<Placed | undefined> {
    const { sets } = await this.#kept(store)
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
      const fresh = disk.at(temporaryPath(path))
      try {
        fs.rmSync(fresh, { force: true })
        fs.writeFileSync(fresh, text, { mode: isExecutable ? 0o777 : 0o666, flag: 'wx' })
        // From there, what was captured goes the way of what a command says.
        if (path !== this.#captured) fs.renameSync(fresh, disk.at(path))
      } catch (error) {
        if (!isErrno(error)) throw error
        fs.rmSync(fresh, { force: true })
        return false
      }
    }
    return true
  }

  #withRoot(text: string): string {
    return text.replaceAll(ROOT, `${this.#parts.disk.root}/`)
  }
}

/** Of the blobs of a result, in their order: its files, then what the command said. */
function digestsOf({ files, said }: ActionResult): readonly Digest[] {
  return said === undefined ? files : [...files, said]
}

function newestFirst(folder: string, bytes: Buffer, others: Kept): Kept {
  const digest = digestOf(bytes)
  const newest = { ...digest, path: `${folder}${digest.hash}`, isExecutable: false }
  return [newest, ...others.filter(({ hash }) => hash !== digest.hash)].slice(0, MOST_KEPT)
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
