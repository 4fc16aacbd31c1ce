// What a build read, and so what to watch for the next one. Looks at folders; decides nothing.
import { dirname } from 'node:path'
import { type FileFacts, isWithin } from '../base/index.ts'
import type { Planned } from '../build/index.ts'
import type { Node } from '../decide/index.ts'
import { type Disk, isPseudo } from '../files/index.ts'
import { idsOf } from '../log/index.ts'

export interface WatchList {
  /** Each file with how the build saw it; undefined: not there. */
  readonly files: ReadonlyMap<string, FileFacts | undefined>
  /** Folders in which anything may matter. */
  readonly folders: ReadonlySet<string>
  /** Folders in which the names matter, with those that were there. */
  readonly names: ReadonlyMap<string, ReadonlySet<string>>
  /** What the build has made: it matters when it goes. */
  readonly outputs: ReadonlySet<string>
}

/** Folders that hold no source, wherever they are. */
const NEVER = new Set(['node_modules', '.git'])

/** How the edges of a build ended: their first outputs. */
export interface Ended {
  readonly failed: ReadonlySet<string>
  /** Those whose commands ran in this build, and succeeded. */
  readonly ran: ReadonlySet<string>
}

/**
 * Sources, headers that the compiler found, and where a file would be found before one of those.
 * Of an edge that failed nothing is known of what it read: its folders are watched whole.
 * @param out folder of what is generated
 */
export function watchList(
  planned: Planned,
  { failed, ran }: Ended,
  disk: Disk,
  out: string,
): WatchList {
  const { plan, graph, log, patterns } = planned
  const files = new Map<string, FileFacts | undefined>()
  const folders = new Set<string>()
  const outputs = new Set<string>()
  for (const node of plan.nodes) {
    const output = node.name
    const record = log.edge(output)
    for (const { path, producer } of [...node.inputs, ...node.orderOnly]) {
      if (producer === undefined) files.set(path, planned.files.stat(path))
    }
    const isKnown = record !== undefined && !failed.has(output)
    if (!isKnown) for (const folder of ownFolders(node, planned, out)) folders.add(folder)
    if (record === undefined) continue
    // Of an edge that is still to run, the log says what an earlier build saw.
    const isOpen = plan.open.has(node) && !ran.has(output)
    if (isKnown && !isOpen) for (const path of node.outputs) outputs.add(path)
    for (const stamp of idsOf(record, 'absent')) {
      const path = log.string(stamp)
      if (!files.has(path)) files.set(path, isOpen ? planned.files.stat(path) : undefined)
    }
    for (const stamp of [...idsOf(record, 'inputs'), ...idsOf(record, 'discovered')]) {
      const path = log.stampPath(stamp)
      if (graph.producer(path) !== undefined || isPseudo(path)) continue
      files.set(path, isOpen ? planned.files.stat(path) : log.stampFacts(stamp))
    }
  }
  const names = new Map<string, ReadonlySet<string>>()
  for (const folder of globFolders(patterns, disk, out))
    names.set(folder, new Set(disk.list(folder)))
  return { files, folders, names, outputs }
}

/** What several builds of one round read. */
export function joined(lists: readonly WatchList[]): WatchList {
  return {
    files: new Map(lists.flatMap(({ files }) => [...files])),
    folders: new Set(lists.flatMap(({ folders }) => [...folders])),
    names: new Map(lists.flatMap(({ names }) => [...names])),
    outputs: new Set(lists.flatMap(({ outputs }) => [...outputs])),
  }
}

/** Files of the list that are another version now than the build saw. */
export function changedSince({ files }: WatchList, disk: Disk): string[] {
  const changed: string[] = []
  for (const [path, seen] of files) {
    const now = disk.stat(path)
    if (now?.mtime !== seen?.mtime || now?.size !== seen?.size) changed.push(path)
  }
  return changed
}

/** Folders of the tree below `from`, itself included, that may hold sources. */
export function treeFolders(from: string, disk: Disk, out: string): string[] {
  const found = [from]
  for (const folder of found) {
    for (const name of disk.list(folder)) {
      const path = folder === '.' ? name : `${folder}/${name}`
      if (NEVER.has(name) || path === out) continue
      if (disk.isFolder(path)) found.push(path)
    }
  }
  return found
}

/** Folders in which a file could come to match a pattern. */
function globFolders(patterns: ReadonlySet<string>, disk: Disk, out: string): string[] {
  return [...patterns].flatMap((pattern) => {
    if (pattern.startsWith('!')) return []
    const parts = pattern.split('/')
    const first = parts.findIndex((part) => /[*?[\]{}()!+@]/.test(part))
    if (first === -1) return [dirname(pattern)]
    const base = parts.slice(0, first).join('/') || (pattern.startsWith('/') ? '/' : '.')
    const deep = first < parts.length - 1
    return deep && !base.startsWith('/') ? treeFolders(base, disk, out) : [base]
  })
}

function ownFolders(node: Node, { answers }: Planned, out: string): string[] {
  const sources = node.inputs.filter(({ producer }) => producer === undefined)
  return [...sources.map(({ path }) => dirname(path)), ...answers.searchPath(node.edge)]
    .map((folder) => folder.replace(/(?<=.)\/+$/, ''))
    .filter((folder) => !folder.startsWith('/') && !isWithin(folder, out))
}
