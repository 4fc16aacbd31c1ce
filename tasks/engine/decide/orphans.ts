// Outputs of edges that left the tree: removed where something would still find them.
import { dirname, posix } from 'node:path'
import type { Event } from '../base/index.ts'
import { type Disk, temporaryPath } from '../files/index.ts'
import { type BuildLog, type EdgeRecord, idsOf } from '../log/index.ts'
import type { Files } from './files.ts'
import type { Graph, Node } from './graph.ts'

/** An edge that the log has a record of and the graph does not make. */
interface Former {
  readonly output: string
  readonly record: EdgeRecord
}

/**
 * Removes the outputs of edges that left the tree, where a clean build would differ with them:
 * - an input of the edge has vanished, the outputs of other orphans included, to the last one;
 * - or an edge that stays does not declare an output any more;
 * - or an edge of the graph found an output (a header that nothing makes any more), or would find it in
 *   its search path.
 *
 * Else an edge that left is taken for one that a setting leaves out: its outputs stay. So does what was
 * changed since, and what an edge is declared to read. Outside of the build folder nothing is removed,
 * only named: the log alone is no reason to remove a source.
 * In a graph that is not whole, nobody knows what left the tree: then all stays.
 * @param folder the build folder
 * @param searchPath the folders in which a node's command looks for what its depfile names
 * @returns true when a file was removed: what was planned before may not hold any more
 */
export function removeOrphans(
  graph: Graph,
  log: BuildLog,
  disk: Disk,
  folder: string,
  searchPath: (node: Node) => readonly string[],
  emit: (event: Event) => void,
): boolean {
  if (!graph.isWhole) return false
  const former = formerEdges(graph, log)
  const orphans = former.length === 0 ? [] : orphansAmong(former, graph, log, disk, searchPath)
  const stamps = orphans.flatMap(({ record }) => [...idsOf(record, 'outputs')])
  for (const node of graph.nodes) stamps.push(...droppedOutputs(node, log))
  if (stamps.length === 0) return false
  let removed = false
  const used = declaredPaths(graph)
  for (const stamp of stamps) {
    const path = log.stampPath(stamp)
    const stat = disk.stat(path)
    if (stat === undefined || !log.stampHolds(stamp, stat, () => disk.digest(path))) continue
    if (used.has(path) || graph.producer(path) !== undefined || !disk.isInside(path, folder))
      continue
    if (!path.startsWith(`${folder}/`)) {
      emit({ type: 'note', text: `no edge makes ${path} any more; if you do not need it: rm it` })
      continue
    }
    disk.remove(path)
    removed = true
    emit({ type: 'removed', path })
    disk.removeEmptyFolders(dirname(path))
  }
  for (const { output } of orphans) log.forget(output)
  return removed
}

/** Stamps of recorded outputs that the edge does not declare any more. */
export function droppedOutputs({ name, outputs }: Node, log: BuildLog): readonly number[] {
  const record = log.edge(name)
  if (record === undefined) return NONE
  let at = 0
  // Mostly all are as they were, in order.
  for (const stamp of idsOf(record, 'outputs')) {
    if (log.stampPath(stamp) === outputs[at]) at++
    else return [...idsOf(record, 'outputs')].filter((id) => !outputs.includes(log.stampPath(id)))
  }
  return NONE
}

const NONE: readonly never[] = Object.freeze([])

/**
 * Can a graph that is not whole be judged all the same? Not where a file is missing, or an edge that ran
 * once: an edge of another task, which an answer leads to, may make it.
 * @param sources paths that were asked for and that no edge of the graph makes
 */
export function knowsEnough(
  graph: Graph,
  sources: readonly string[],
  files: Files,
  log: BuildLog,
): boolean {
  if (graph.isWhole) return true
  const isMissing = (path: string): boolean => files.stat(path) === undefined
  return (
    formerEdges(graph, log).length === 0 &&
    !sources.some(isMissing) &&
    !graph.nodes.some(({ inputs, orderOnly }) =>
      [...inputs, ...orderOnly].some(
        ({ path, producer }) => producer === undefined && isMissing(path),
      ),
    )
  )
}

/** Edges that the log knows and the graph does not: they left the tree, if the graph is whole. */
function formerEdges(graph: Graph, log: BuildLog): readonly Former[] {
  const former: Former[] = []
  for (const [output, record] of log.edges())
    if (graph.producer(output) === undefined) former.push({ output, record })
  return former
}

function orphansAmong(
  former: readonly Former[],
  graph: Graph,
  log: BuildLog,
  disk: Disk,
  searchPath: (node: Node) => readonly string[],
): readonly Former[] {
  const found = discoveredPaths(graph, log)
  const folders = new Set(graph.nodes.flatMap(searchPath).map((path) => posix.normalize(path)))
  const isFound = (path: string): boolean => found.has(path) || isBelowOne(path, folders)
  const orphans: Former[] = []
  const gone = new Set<string>()
  let rest = former
  for (let before = -1; before !== orphans.length; ) {
    before = orphans.length
    rest = rest.filter((edge) => {
      const paths = (list: 'inputs' | 'outputs'): string[] =>
        Array.from(idsOf(edge.record, list), (stamp) => log.stampPath(stamp))
      const isOrphan =
        paths('inputs').some((path) => gone.has(path) || !disk.exists(path)) ||
        paths('outputs').some(isFound)
      if (!isOrphan) return true
      orphans.push(edge)
      for (const path of paths('outputs')) gone.add(path)
      return false
    })
  }
  return orphans
}

/** Every path that an edge of the graph found when it last ran. */
function discoveredPaths(graph: Graph, log: BuildLog): ReadonlySet<string> {
  const paths = new Set<string>()
  for (const { name } of graph.nodes) {
    const record = log.edge(name)
    if (record === undefined) continue
    for (const stamp of idsOf(record, 'discovered')) paths.add(log.stampPath(stamp))
  }
  return paths
}

function isBelowOne(path: string, folders: ReadonlySet<string>): boolean {
  for (let at = posix.dirname(path); at !== '.' && at !== '/'; at = posix.dirname(at))
    if (folders.has(at) || folders.has(`${at}/`)) return true
  return false
}

/** Removes what a build that was killed had begun and nobody put in its place. */
export function removeHalfMade(graph: Graph, disk: Disk): void {
  for (const { edge, outputs } of graph.nodes) {
    for (const path of outputs) disk.remove(temporaryPath(path))
    if (edge.depfile === undefined) continue
    disk.remove(edge.depfile)
    disk.remove(temporaryPath(edge.depfile))
  }
}

/** Every path that an edge of the graph is declared to read. */
function declaredPaths(graph: Graph): Set<string> {
  const paths = new Set<string>()
  for (const { inputs, orderOnly } of graph.nodes) {
    for (const { path } of inputs) paths.add(path)
    for (const { path } of orderOnly) paths.add(path)
  }
  return paths
}
