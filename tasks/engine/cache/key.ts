// Under which names results are kept. In two steps, because what a command reads is known only afterwards:
// the first key leads to the sets of names that such commands have read, the second to a result.
import { posix } from 'node:path'
import type { Answers } from '../answer/index.ts'
import { fingerprint, type Node, type ProgramFacts, writesDepfile } from '../decide/index.ts'
import type { Disk } from '../files/index.ts'
import { type Contents, sha256 } from './contents.ts'

/** Other ways to make a key, or to keep a result, get another number. */
const FORMAT = 'bpf-tasks action 2'

/** Stands for the root of the tree in what names it: an output that names it as well stays in that tree. */
export const ROOT = '@BPF_TASKS_ROOT@/'

/** A key, and what it is the SHA-256 of. */
export interface Action {
  readonly key: string
  readonly bytes: Buffer
}

/** The names that decide, besides what is declared, what a command makes. */
export interface Names {
  /** What it read. */
  readonly read: readonly string[]
  /** What it would have read instead, had it been there. */
  readonly absent: readonly string[]
  /** The folder of the tree, where an output names it: then no other tree can use the result. */
  readonly root?: string
}

export interface KeyParts {
  readonly disk: Disk
  readonly answers: Answers
  readonly contents: Contents
  /** Folders that belong to one user or machine: what names them is never kept. */
  readonly ownFolders: readonly string[]
}

/**
 * What the result follows from, as far as it is declared: command, variables and folder of the edge, its tools
 * and inputs by content. Undefined where it depends on more than that, or an input cannot be read.
 */
export function firstKey({ edge, inputs, outputs }: Node, parts: KeyParts): string | undefined {
  const { disk, answers, contents, ownFolders } = parts
  const programs: ProgramFacts = {
    // Not where it lies: another distribution may have the same bytes elsewhere.
    tool: ({ version, words, files }) => [
      '',
      version,
      words.map((word) => posix.basename(word)).join(' '),
      files.map((path) => contents.ofTool(path)).join(' '),
    ],
    started: (words, from, found) =>
      found
        .files(found.startedPrograms(words, from))
        .map((file) => contents.ofTool(file))
        .join(' '),
  }
  const facts = fingerprint(edge, answers, [], programs)
  const isOwn = (word: string): boolean => {
    const elsewhere = word.replaceAll(disk.root, '')
    return ownFolders.some((folder) => elsewhere.includes(folder))
  }
  if (facts.some(isOwn)) return undefined
  const known: [string, string][] = []
  for (const { path } of inputs) {
    const digest = contents.of(path)
    if (digest === undefined) return undefined
    known.push([path, digest])
  }
  const depfile = writesDepfile(edge, answers) ? answers.inTree(edge.depfile) : ''
  const placed = facts.map((word) => withoutRoot(word, disk))
  return sha256(JSON.stringify([FORMAT, placed, outputs, depfile, known]))
}

/** A text that is the same wherever the tree lies. */
export function withoutRoot(text: string, { root }: Disk): string {
  return text.replaceAll(`${root}/`, ROOT)
}

/** The key of a result; undefined where these names do not lead to one here. */
export function secondKey(
  first: string,
  { read, absent, root }: Names,
  { disk, contents }: Pick<KeyParts, 'disk' | 'contents'>,
): Action | undefined {
  if (root !== undefined && root !== disk.root) return undefined
  if (absent.some((path) => disk.exists(path))) return undefined
  const known: [string, string][] = []
  for (const path of read) {
    const digest = contents.of(path)
    if (digest === undefined) return undefined
    known.push([path, digest])
  }
  const bytes = Buffer.from(JSON.stringify([first, known, absent, root ?? '']))
  return { key: sha256(bytes), bytes }
}
