// Up to date, or stale and why. Decides; runs nothing and writes nothing.
import type { Answers } from '../answer/index.ts'
import { type FileFacts, isWithin, type Reason, type UserError } from '../base/index.ts'
import { type FileStat, isPastTick, isPseudo } from '../files/index.ts'
import { type BuildLog, type EdgeRecord, idsOf } from '../log/index.ts'
import type { Files } from './files.ts'
import { differences, fingerprint } from './fingerprint.ts'
import type { Dependency, Graph, Node } from './graph.ts'
import { missingSource } from './missingsource.ts'
import { droppedOutputs } from './orphans.ts'

export interface StaleOptions {
  /** Everything is stale. */
  readonly force: boolean
  /** Compare the content of sources where their time or size differs. */
  readonly digest: boolean
  /** A source that is missing concerns only those that need it. */
  readonly keepGoing: boolean
}

const NONE: readonly Reason[] = Object.freeze([])
const only = (kind: 'forced' | 'never-built' | 'asked-each-build') => Object.freeze([{ kind }])
const [FORCED, NEVER_BUILT, ASKED] = [only('forced'), only('never-built'), only('asked-each-build')]
/** Lists up to this are searched from their beginning. */
const SHORT = 16
const [UNKNOWN, SAME, DIFFERS] = [0, 1, 2] as const

/** At which moment a node is judged. */
interface Look {
  /** True for a producer that may have to run. */
  readonly isOpen: (producer: Node) => boolean
  /** May a file have appeared in a folder that has not changed since? */
  readonly looksForAppeared: boolean
}

/** The staleness of nodes against the log and the disk, each stamp compared once a build. */
export class Staleness {
  readonly #graph: Graph
  readonly #log: BuildLog
  readonly #files: Files
  readonly #answers: Answers
  readonly #options: StaleOptions
  /** By stamp number: does the source still have that stamp? */
  #sources: Uint8Array
  /** The maker of a path, by the log's number of the path. */
  readonly #producers: (Node | undefined)[] = []
  /** Stamps whose files have another inode or change time, and are the same all the same. */
  readonly #renewed = new Map<number, FileStat>()
  /** Outputs and inputs of records with long lists, by path: a name in the middle may come or go. */
  readonly #stamps = new WeakMap<EdgeRecord, Map<string, number>>()
  /** What is compared, before it is known whether it differs. */
  readonly #facts: string[] = []

  constructor(graph: Graph, log: BuildLog, files: Files, answers: Answers, options: StaleOptions) {
    this.#graph = graph
    this.#log = log
    this.#files = files
    this.#answers = answers
    this.#options = options
    this.#sources = new Uint8Array(log.stampCount)
    for (const node of graph.nodes) {
      const record = log.edge(node.name)
      for (let at = 0; at < node.outputs.length; at++) {
        const path = node.outputs[at] as string
        const stamp = this.#stampAt(record, 'outputs', at, path)
        const number = stamp === undefined ? log.numberOf(path) : log.stampPathNumber(stamp)
        if (number !== undefined) this.#producers[number] = node
      }
    }
  }

  /** The facts to record for a node that has run: those that were compared. */
  facts(node: Node): readonly string[] {
    return fingerprint(node.edge, this.#answers)
  }

  /**
   * Why a node is stale, while a build is planned; nothing when it is up to date.
   * @param isOpen true for a producer that may have to run: what it will make is not known yet
   * @param awaits does the node need such a producer, directly or not?
   * @throws UserError for a source that is missing, but for keepGoing
   */
  whilePlanning(
    node: Node,
    isOpen: (producer: Node) => boolean,
    awaits: boolean,
  ): readonly Reason[] {
    return this.#reasons(node, { isOpen, looksForAppeared: awaits })
  }

  /**
   * Why a node is still stale when all that it needs is done. Its outputs are looked at again, as one
   * may be a link to a file that was made since.
   * @throws UserError for a source that is missing, but for keepGoing
   */
  beforeRunning(node: Node): readonly Reason[] {
    for (const path of node.outputs) this.#files.lookAgain(path)
    return this.#reasons(node, { isOpen: () => false, looksForAppeared: true })
  }

  /** Files that are as the log knows them although their inode, or their change time, is another. */
  keepRenewed(log: BuildLog): void {
    for (const [stamp, stat] of this.#renewed) {
      if (isPastTick(stat)) log.renewStamp(stamp, stat)
    }
    if (this.#renewed.size > 0) log.flush()
    this.#renewed.clear()
  }

  #reasons(node: Node, look: Look): readonly Reason[] {
    const record = this.#log.edge(node.name)
    const missing = this.#missing(node, record)
    if (missing !== undefined) {
      if (!this.#options.keepGoing) throw missingSource(missing, node, this.#files)
      return [{ kind: 'input-missing', path: missing.path, discovered: false }]
    }
    this.#facts.length = 0
    const facts = fingerprint(node.edge, this.#answers, this.#facts)
    if (this.#options.force) return FORCED
    if (record === undefined) return this.#withoutRecord(node)
    const reasons: Reason[] = []
    this.#compareOutputs(node, record, reasons)
    for (const stamp of droppedOutputs(node, this.#log))
      reasons.push({ kind: 'output-removed', path: this.#log.stampPath(stamp) })
    if (!this.#sameFacts(record, facts)) {
      const before = Array.from(idsOf(record, 'facts'), (id) => this.#log.string(id))
      reasons.push(...differences(before, facts))
    }
    this.#compareInputs(node, record, look.isOpen, reasons)
    this.#compareDiscovered(node, record, look.isOpen, reasons)
    this.#compareAbsent(node, record, look, reasons)
    if (reasons.length > 0) return reasons
    return node.edge.isForeign ? ASKED : NONE
  }

  /** Where there are outputs, the log had more to say once. */
  #withoutRecord(node: Node): readonly Reason[] {
    const { found } = this.#log
    const isBuilt = node.outputs.every((path) => this.#files.stat(path) !== undefined)
    if (!isBuilt) return NEVER_BUILT
    return [{ kind: 'not-in-log', log: found }]
  }

  /** Why a node cannot run at all: a source that is missing. */
  missing(node: Node): UserError | undefined {
    const missing = this.#missing(node, this.#log.edge(node.name))
    return missing && missingSource(missing, node, this.#files)
  }

  /** A source of a node that is not there, or no file. */
  #missing(node: Node, record: EdgeRecord | undefined): Dependency | undefined {
    for (let at = 0; at < node.inputs.length; at++) {
      const input = node.inputs[at] as Dependency
      if (input.producer !== undefined) continue
      // With a stamp of it the path has a number.
      const stamp = this.#stampAt(record, 'inputs', at, input.path)
      if (!this.#isFile(input.path, stamp)) return input
    }
    return node.orderOnly.find(
      ({ path, producer }) => producer === undefined && !this.#isFile(path, undefined),
    )
  }

  #isFile(path: string, stamp: number | undefined): boolean {
    const type = this.#stat(path, stamp)?.type
    return type === 'file' || type === 'other'
  }

  #compareOutputs(node: Node, record: EdgeRecord, reasons: Reason[]): void {
    for (let at = 0; at < node.outputs.length; at++) {
      const path = node.outputs[at] as string
      const stamp = this.#stampAt(record, 'outputs', at, path)
      const stat = this.#stat(path, stamp)
      if (stat === undefined) reasons.push({ kind: 'output-missing', path })
      else if (stamp === undefined) reasons.push({ kind: 'output-added', path })
      else if (!this.#isAsStamped(stamp, stat, path)) {
        reasons.push({
          kind: 'output-changed',
          path,
          before: this.#log.stampFacts(stamp),
          after: fileFacts(stat),
        })
      }
    }
  }

  #sameFacts(record: EdgeRecord, facts: readonly string[]): boolean {
    const { words, facts: from, end } = record
    if (end - from !== facts.length) return false
    for (let at = 0; at < facts.length; at++) {
      if (this.#log.string(words[from + at] ?? 0) !== facts[at]) return false
    }
    return true
  }

  #compareInputs(
    node: Node,
    record: EdgeRecord,
    open: (producer: Node) => boolean,
    reasons: Reason[],
  ): void {
    const { inputs } = node
    const { inputs: from, discovered: to } = record
    let added = false
    for (let at = 0; at < inputs.length; at++) {
      const input = inputs[at] as Dependency
      const stamp = this.#stampAt(record, 'inputs', at, input.path)
      if (stamp === undefined) {
        added = true
        reasons.push({ kind: 'input-added', path: input.path })
      } else this.#compareFile(input.producer, stamp, false, open, reasons)
    }
    if (to - from <= inputs.length && !added) return
    const paths = new Set(inputs.map(({ path }) => path))
    for (const stamp of idsOf(record, 'inputs')) {
      const path = this.#log.stampPath(stamp)
      if (!paths.has(path)) reasons.push({ kind: 'input-removed', path })
    }
  }

  #compareDiscovered(
    node: Node,
    record: EdgeRecord,
    open: (producer: Node) => boolean,
    reasons: Reason[],
  ): void {
    const { words, discovered: from, folders: to } = record
    for (let at = from; at < to; at++) {
      const stamp = words[at] ?? 0
      // Sources are the many: answered by number, without a path.
      if (this.#sources[stamp] === SAME) continue
      const producer = this.#producers[this.#log.stampPathNumber(stamp)]
      if (producer !== undefined && !this.#graph.reaches(node, producer)) {
        reasons.push({ kind: 'unordered', path: this.#log.stampPath(stamp) })
      } else {
        this.#compareFile(producer, stamp, true, open, reasons)
      }
    }
  }

  /**
   * The stamp of a folder is never renewed here, though no name in it matters to this node: it belongs
   * to every edge that searches the folder, and to one of them the new name may matter.
   */
  #compareAbsent(node: Node, record: EdgeRecord, look: Look, reasons: Reason[]): void {
    if (record.absent === record.facts) return
    const changed = [...idsOf(record, 'folders')].filter((stamp) => !this.#sameFolder(stamp))
    const folders = changed.map((stamp) => this.#log.stampPath(stamp))
    // What another edge is about to make, or has made just now, is not in a folder seen before.
    if (changed.length === 0 && !look.looksForAppeared) return
    for (const id of idsOf(record, 'absent')) {
      const path = this.#log.string(id)
      const producer = this.#producers[id]
      if (producer !== undefined && look.isOpen(producer) && this.#graph.reaches(node, producer)) {
        reasons.push({ kind: 'input-stale', path })
        continue
      }
      // Most are below folders that are as they were, and a save changes the folder of a source.
      const isLookedFor = producer !== undefined || folders.some((folder) => isWithin(path, folder))
      if (isLookedFor && this.#files.statOf(id) !== undefined) {
        reasons.push({ kind: 'input-appeared', path })
      }
    }
  }

  /** A folder's own time changes when a name in it appears or goes. */
  #sameFolder(stamp: number): boolean {
    if (!this.#log.stampSettled(stamp)) return false
    const stat = this.#files.statOf(this.#log.stampPathNumber(stamp))
    return stat !== undefined && this.#log.stampMatches(stamp, stat)
  }

  #compareFile(
    producer: Node | undefined,
    stamp: number,
    discovered: boolean,
    open: (producer: Node) => boolean,
    reasons: Reason[],
  ): void {
    const isSettled = this.#log.stampSettled(stamp)
    if (isSettled && producer === undefined && this.#sameSource(stamp)) return
    const path = this.#log.stampPath(stamp)
    if (!isSettled) {
      reasons.push({ kind: 'changed-during-run', path })
    } else if (producer !== undefined) {
      if (open(producer)) reasons.push({ kind: 'input-stale', path })
      else if (!this.#sameContent(path, producer, stamp)) {
        reasons.push({ kind: 'content-changed', path, discovered })
      }
    } else {
      const stat = this.#stat(path, stamp)
      reasons.push(
        stat === undefined
          ? { kind: 'input-missing', path, discovered }
          : {
              kind: 'input-changed',
              path,
              discovered,
              before: this.#log.stampFacts(stamp),
              after: fileFacts(stat),
            },
      )
    }
  }

  /** Has the edge that makes the file left the content that is in the stamp? */
  #sameContent(path: string, producer: Node, stamp: number): boolean {
    const record = this.#log.edge(producer.name)
    if (record === undefined) return false
    const now = this.#stampOf(record, record.outputs, record.inputs, path)
    if (now === undefined) return false
    return now === stamp || this.#log.stampDigest(now) === this.#log.stampDigest(stamp)
  }

  #sameSource(stamp: number): boolean {
    if (stamp >= this.#sources.length) {
      const grown = new Uint8Array(Math.max(this.#log.stampCount, stamp + 1))
      grown.set(this.#sources)
      this.#sources = grown
    }
    if (this.#sources[stamp] === UNKNOWN) {
      this.#sources[stamp] = this.#compareSource(stamp) ? SAME : DIFFERS
    }
    return this.#sources[stamp] === SAME
  }

  #compareSource(stamp: number): boolean {
    const stat = this.#files.statOf(this.#log.stampPathNumber(stamp))
    if (stat === undefined) return false
    const path = this.#log.stampPath(stamp)
    if (!isPseudo(path)) {
      if (this.#log.stampMatches(stamp, stat)) return this.#isAsStamped(stamp, stat, path)
      if (!this.#options.digest && !this.#isMade(path)) return false
    }
    return this.#files.digest(path, stat) === this.#log.stampDigest(stamp)
  }

  /** Is a path another name of a file that an edge makes? Such a file counts by its content. */
  #isMade(path: string): boolean {
    return this.#graph.producer(this.#files.disk.realName(path) ?? path) !== undefined
  }

  /** Is it the version of the stamp? Where the content had to tell, the stamp is renewed. */
  #isAsStamped(stamp: number, stat: FileStat, path: string): boolean {
    return this.#log.stampHolds(stamp, stat, () => {
      const digest = this.#files.digest(path, stat)
      if (digest === this.#log.stampDigest(stamp)) this.#renewed.set(stamp, stat)
      return digest
    })
  }

  /** As this build sees the file; by number where that is known. */
  #stat(path: string, stamp: number | undefined): FileStat | undefined {
    if (stamp === undefined) return this.#files.stat(path)
    return this.#files.statOf(this.#log.stampPathNumber(stamp))
  }

  /** The stamp of a path in a list that mostly is as it was: then it stands where the path does. */
  #stampAt(
    record: EdgeRecord | undefined,
    list: 'outputs' | 'inputs',
    at: number,
    path: string,
  ): number | undefined {
    if (record === undefined) return undefined
    const from = record[list]
    const to = list === 'outputs' ? record.inputs : record.discovered
    const stamp = from + at < to ? record.words[from + at] : undefined
    if (stamp !== undefined && this.#log.stampPath(stamp) === path) return stamp
    return this.#stampOf(record, from, to, path)
  }

  /** The stamp of a path in one list of a record. */
  #stampOf(record: EdgeRecord, from: number, to: number, path: string): number | undefined {
    if (to - from > SHORT) return this.#stampsOf(record).get(path)
    for (let at = from; at < to; at++) {
      const stamp = record.words[at] ?? 0
      if (this.#log.stampPath(stamp) === path) return stamp
    }
    return undefined
  }

  #stampsOf(record: EdgeRecord): ReadonlyMap<string, number> {
    const known = this.#stamps.get(record) ?? new Map<string, number>()
    if (known.size > 0) return known
    this.#stamps.set(record, known)
    for (let at = record.outputs; at < record.discovered; at++) {
      const stamp = record.words[at] ?? 0
      known.set(this.#log.stampPath(stamp), stamp)
    }
    return known
  }
}

function fileFacts({ mtime, size }: FileFacts): FileFacts {
  return { mtime, size }
}
