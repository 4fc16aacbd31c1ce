// Which stores a build uses, by its settings.
import { join, resolve } from 'node:path'
import type { Answers } from '../answer/index.ts'
import { UserError } from '../base/index.ts'
import type { Disk } from '../files/index.ts'
import type { KeptResults } from '../run/index.ts'
import { StoreFault } from './actionresult.ts'
import { Contents, type ToolMemory } from './contents.ts'
import { authorization } from './credentials.ts'
import { FolderStore } from './folder.ts'
import { Results } from './results.ts'
import { ServerStore } from './server.ts'
import type { Store } from './store.ts'

/** What the folder may hold, in bytes. */
export const MOST_IN_FOLDER = 2 * 2 ** 30

/** Where there is no folder, tools are read in each build that runs something. */
const FORGETFUL: ToolMemory = { recall: () => undefined, remember: () => {} }

export interface CacheOptions {
  readonly disk: Disk
  readonly variable: (name: string) => string | undefined
  /** Look for results? Not where all is to be made anew. */
  readonly reads: boolean
  /** Say why a command has no result? */
  readonly explains: boolean
}

/** The stores of one build. */
export class ActionCache {
  readonly #options: CacheOptions
  readonly #stores: Store[] = []
  readonly #notes: string[] = []
  #folder: FolderStore | undefined
  #hits = 0
  #misses = 0

  constructor(options: CacheOptions) {
    this.#options = options
    this.#openFolder()
    const server = cacheServer(options.variable, options.reads)
    if (server !== undefined) this.#stores.push(server)
  }

  #openFolder(): void {
    const { disk, reads, variable } = this.#options
    const folder = cacheFolder(variable, disk.root)
    if (folder === undefined) return
    try {
      this.#folder = new FolderStore(folder, MOST_IN_FOLDER, reads)
      this.#stores.push(this.#folder)
    } catch (error) {
      if (!(error instanceof StoreFault)) throw error
      this.#notes.push(
        `results are not kept: ${folder} ${error.message}; another folder: ACTION_CACHE_DIR=DIR, none: ACTION_CACHE_DIR=off`,
      )
    }
  }

  /** Undefined where there is no store. */
  results(answers: Answers): KeptResults | undefined {
    if (this.#stores.length === 0) return undefined
    const { disk, variable } = this.#options
    return new Results({
      disk,
      answers,
      contents: new Contents(disk, this.#folder ?? FORGETFUL),
      ownFolders: ['HOME', 'TMPDIR'].flatMap((name) => ownFolder(variable(name))),
      stores: this.#stores,
      onLook: (isFound) => {
        if (isFound) this.#hits++
        else this.#misses++
      },
      checks: variable('ACTION_CACHE_CHECK') === '1',
      explains: this.#options.explains,
    })
  }

  /** @returns notes for the user */
  async close(): Promise<readonly string[]> {
    this.#folder?.count({ hits: this.#hits, misses: this.#misses })
    const notes = await Promise.all(this.#stores.map((store) => store.close()))
    return [...this.#notes, ...notes.flat()]
  }
}

/** The folder of this user's results, absolute; undefined where there is none. */
export function cacheFolder(
  variable: (name: string) => string | undefined,
  root: string,
): string | undefined {
  const named = variable('ACTION_CACHE_DIR')
  if (named === 'off') return undefined
  if (named !== undefined && named !== '') return resolve(root, named)
  const home = variable('HOME')
  const caches = variable('XDG_CACHE_HOME') || (home ? join(home, '.cache') : undefined)
  return caches === undefined ? undefined : join(caches, 'bpf-tasks')
}

/** @throws UserError for settings that cannot be meant */
export function cacheServer(
  variable: (name: string) => string | undefined,
  reads = true,
): ServerStore | undefined {
  const address = variable('ACTION_CACHE')
  const mode = variable('ACTION_CACHE_MODE') || 'read'
  if (!['read', 'write', 'off'].includes(mode)) {
    throw new UserError({
      what: `ACTION_CACHE_MODE cannot be ${mode}`,
      hint: 'read: results are taken from the server; write: they are sent to it, too; off: neither',
      status: 2,
    })
  }
  if (!address || mode === 'off') return undefined
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new UserError({
      what: 'ACTION_CACHE is not the address of a server',
      facts: [['ACTION_CACHE', address]],
      hint: 'for example ACTION_CACHE=http://cache.example.com:8080',
      status: 2,
    })
  }
  const writes = mode === 'write'
  return new ServerStore({ url, authorization: authorization(url, variable), reads, writes })
}

/** The folder of a variable, but for one that is in every path. */
function ownFolder(path: string | undefined): string[] {
  return path === undefined || path.length < 2 ? [] : [path]
}
