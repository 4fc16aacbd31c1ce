// What there is to say of the results that are kept.
import * as fs from 'node:fs'
import { join } from 'node:path'
import { StoreFault } from './actionresult.ts'
import { sha256 } from './contents.ts'
import { type Entry, entriesOf, FolderStore, statsOf } from './folder.ts'
import { cacheFolder, cacheServer, MOST_IN_FOLDER } from './open.ts'

type Variable = (name: string) => string | undefined

/** One of the places where results are kept, as it is now. */
export interface CachePlace {
  readonly name: 'folder' | 'server'
  /** Undefined: there is none. */
  readonly isRight: boolean | undefined
  readonly detail: string
  /** How to mend it. */
  readonly hint?: string
}

/** @throws UserError for settings that cannot be meant */
export async function cachePlaces(
  variable: Variable,
  root: string,
): Promise<readonly CachePlace[]> {
  return [folderPlace(cacheFolder(variable, root)), await serverPlace(variable)]
}

function folderPlace(folder: string | undefined): CachePlace {
  const name = 'folder'
  const place = (isRight: boolean | undefined, detail: string) =>
    ({ name, isRight, detail }) as const
  if (folder === undefined) return place(undefined, 'none (ACTION_CACHE_DIR=off, or no HOME)')
  if (!fs.existsSync(folder)) return place(true, `${folder}, empty`)
  try {
    new FolderStore(folder, MOST_IN_FOLDER, true)
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error
    const hint = 'another folder: ACTION_CACHE_DIR=DIR, none: ACTION_CACHE_DIR=off'
    return { ...place(false, `${folder} ${error.message}`), hint }
  }
  const files = allFiles(folder)
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  const { hits, misses } = statsOf(folder)
  const most = `${Math.round(MOST_IN_FOLDER / 1e6)} MB`
  const full = `${files.length} files, ${(bytes / 1e6).toFixed(1)} of ${most}`
  const used = `${hits} commands found their result, ${misses} did not`
  return place(true, `${folder}, ${full}; ${used}`)
}

function allFiles(folder: string): Entry[] {
  return ['ac', 'cas'].flatMap((kind) => {
    const shards = join(folder, kind)
    if (!fs.existsSync(shards)) return []
    return fs.readdirSync(shards).flatMap((shard) => entriesOf(join(shards, shard)))
  })
}

async function serverPlace(variable: Variable): Promise<CachePlace> {
  const name = 'server'
  const server = cacheServer(variable)
  if (server === undefined) {
    const detail = 'none (ACTION_CACHE is not set, or ACTION_CACHE_MODE=off)'
    return { name, isRight: undefined, detail }
  }
  const how = server.writes ? 'read and written' : 'read'
  try {
    await server.get('ac', sha256('is anybody there?'))
    return { name, isRight: true, detail: `${server.place} answers; ${how}` }
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error
    const hint = 'builds go on without it; to stop asking it: ACTION_CACHE_MODE=off'
    return { name, isRight: false, detail: `${server.place} ${error.message}`, hint }
  } finally {
    await server.close()
  }
}

/** @returns what was done, as a sentence */
export function clearCache(variable: Variable, root: string, dryRun: boolean): string {
  const folder = cacheFolder(variable, root)
  if (folder === undefined || !fs.existsSync(folder)) return 'nothing is kept'
  if (!dryRun) {
    // What else may lie in the folder is not ours.
    for (const name of ['ac', 'cas', 'tools', 'stats'])
      fs.rmSync(join(folder, name), { recursive: true, force: true })
  }
  return `${dryRun ? 'would remove' : 'removed'} all results in ${folder}`
}
