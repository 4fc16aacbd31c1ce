// What there is to say of the results that are kept.
import * as fs from 'node:fs'
import { join } from 'node:path'
import { StoreFault } from './actionresult.ts'
import { sha256 } from './contents.ts'
import { type Entry, entriesOf, FolderStore, statsOf } from './folder.ts'
import { cacheFolder, cacheServer, MOST_IN_FOLDER } from './open.ts'

type Variable = (name: string) => string | undefined

/** @throws UserError for settings that cannot be meant */
export async function cacheFacts(variable: Variable, root: string): Promise<readonly string[]> {
  const folder = cacheFolder(variable, root)
  return [
    folder === undefined
      ? 'folder: none (ACTION_CACHE_DIR=off, or no HOME)'
      : `folder: ${folder}, ${folderFacts(folder)}`,
    `server: ${await serverFacts(variable)}`,
  ]
}

function folderFacts(folder: string): string {
  if (!fs.existsSync(folder)) return 'empty'
  try {
    new FolderStore(folder, MOST_IN_FOLDER, true)
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error
    return error.message
  }
  const files = allFiles(folder)
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  const { hits, misses } = statsOf(folder)
  const most = `${Math.round(MOST_IN_FOLDER / 1e6)} MB`
  return `${files.length} files, ${(bytes / 1e6).toFixed(1)} of ${most}; ${hits} commands found their result, ${misses} did not`
}

function allFiles(folder: string): Entry[] {
  return ['ac', 'cas'].flatMap((kind) => {
    const shards = join(folder, kind)
    if (!fs.existsSync(shards)) return []
    return fs.readdirSync(shards).flatMap((shard) => entriesOf(join(shards, shard)))
  })
}

async function serverFacts(variable: Variable): Promise<string> {
  const server = cacheServer(variable)
  if (server === undefined) return 'none (ACTION_CACHE is not set, or ACTION_CACHE_MODE=off)'
  const how = server.writes ? 'read and written' : 'read'
  try {
    await server.get('ac', sha256('is anybody there?'))
    return `${server.place} answers; ${how}`
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error
    return `${server.place} ${error.message}`
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
