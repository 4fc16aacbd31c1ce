// Outputs whose edge is gone because its source is gone: removed, so that nothing finds them.
import { dirname } from 'node:path'
import type { Event } from '../base/events.ts'
import type { Disk } from '../files/disk.ts'
import type { BuildLog } from '../log/buildlog.ts'
import { type EdgeRecord, idsOf } from '../log/edgerecord.ts'
import { temporary } from '../run/perform.ts'
import type { Graph } from './graph.ts'

/**
 * Removes the outputs of edges that are in the log and not in the graph, and of whose inputs one
 * has vanished. (An edge may also be out of the graph because of a setting: that keeps its outputs.)
 * An output that was changed since, or that an edge of the graph makes or is declared to read, stays.
 * One that a command only found goes: a clean build would not have it. Outside of the build folder
 * nothing is removed, only said: the log alone is no reason to take a file from among the sources.
 * @param folder the build folder
 * @returns true when a file was removed: what was planned before may not hold any more
 */
export function removeOrphans(
  graph: Graph,
  log: BuildLog,
  disk: Disk,
  folder: string,
  emit: (event: Event) => void,
): boolean {
  const orphans: (readonly [output: string, record: EdgeRecord])[] = []
  for (const entry of log.edges()) {
    const [output, record] = entry
    if (graph.producer(output) !== undefined) continue
    if (idsOf(record, 'inputs').some((stamp) => !disk.exists(log.stampPath(stamp)))) {
      orphans.push(entry)
    }
  }
  if (orphans.length === 0) return false
  let removed = false
  const used = declaredPaths(graph)
  for (const [output, record] of orphans) {
    for (const stamp of idsOf(record, 'outputs')) {
      const path = log.stampPath(stamp)
      const stat = disk.stat(path)
      if (stat === undefined || !log.stampMatches(stamp, stat)) continue
      if (used.has(path) || graph.producer(path) !== undefined || !disk.isInside(path)) continue
      if (!path.startsWith(`${folder}/`)) {
        emit({ type: 'note', text: `no edge makes ${path} any more; if you do not need it: rm it` })
        continue
      }
      disk.remove(path)
      removed = true
      emit({ type: 'removed', path })
      disk.removeEmptyFolders(dirname(path))
    }
    log.forget(output)
  }
  return removed
}

/** Removes what commands of a build that was killed had begun and nobody put in its place. */
export function removeHalfMade(graph: Graph, disk: Disk): void {
  for (const { edge } of graph.nodes) {
    if (edge.depfile !== undefined) disk.remove(edge.depfile)
    if (edge.stdout !== undefined) disk.remove(temporary(edge.stdout.path))
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
