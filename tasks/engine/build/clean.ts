// What clean removes: outputs of edges that are declared, and of some that once were. Removes nothing.
import type { Answers } from '../answer/index.ts'
import { Graph } from '../decide/index.ts'
import type { Input } from '../declare/index.ts'
import type { Disk } from '../files/index.ts'
import { type BuildLog, idsOf } from '../log/index.ts'

export interface Cleaning {
  /** Their outputs go. */
  readonly targets: readonly Input[]
  /** What these lead to stays, whatever else leads to it. */
  readonly keep: readonly Input[]
  /** What any build ever made there goes: for edges that are declared only with some settings. */
  readonly folders: readonly string[]
}

/** An edge by its first output, with the files to remove. */
export interface Cleanable {
  readonly output: string
  readonly paths: readonly string[]
  /** False where an output lies outside of the tree, through a link: then nothing of it is removed. */
  readonly isInside: boolean
}

/**
 * What there is to remove. Of what is only recorded, no output that was changed since.
 * @param out the build folder, which may be a link to another disk
 */
export function cleanable(
  { targets, keep, folders }: Cleaning,
  answers: Answers,
  log: BuildLog,
  disk: Disk,
  out: string,
): Cleanable[] {
  const graph = new Graph(answers, { asksOfAll: true })
  graph.add([], targets)
  const keeping = new Graph(answers, { asksOfAll: true })
  keeping.add([], keep)
  const kept = new Set(keeping.nodes.map(({ name }) => name))
  const declared = graph.nodes.map(({ name, outputs }) => ({
    output: name,
    paths: outputs,
  }))
  const known = new Set([...kept, ...declared.map(({ output }) => output)])
  const recorded = [...log.edges()]
    .filter(([output]) => !known.has(output))
    .filter(([output]) => folders.some((folder) => output.startsWith(`${folder}/`)))
    .map(([output, record]) => {
      const left = [...idsOf(record, 'outputs')].filter((stamp) => {
        const path = log.stampPath(stamp)
        const stat = disk.stat(path)
        return stat !== undefined && log.stampHolds(stamp, stat, () => disk.digest(path))
      })
      return { output, paths: left.map((stamp) => log.stampPath(stamp)) }
    })
  const isInside = (path: string): boolean =>
    disk.lstat(path) === undefined || disk.isInside(path, out)
  return [...declared, ...recorded]
    .filter(({ output }) => !kept.has(output))
    .map((found) => ({ ...found, isInside: found.paths.every(isInside) }))
}
