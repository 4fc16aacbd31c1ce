// One edge: run its command, see what it read and left, record it. Nothing failed is recorded.
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { posix } from 'node:path'
import type { Answers } from '../answer/answers.ts'
import type { Status } from '../base/events.ts'
import { type Fact, type FailureBlock, UserError } from '../base/failure.ts'
import { normalPath } from '../base/path.ts'
import { keptPath, textOf } from '../base/pathbytes.ts'
import { quoteWord } from '../base/words.ts'
import { type Absence, Absences } from '../decide/absences.ts'
import { type Files, type Stamp, sameVersion } from '../decide/files.ts'
import type { Graph, Node } from '../decide/graph.ts'
import type { Staleness } from '../decide/stale.ts'
import type { Clock } from '../files/clock.ts'
import type { Disk, FileStat } from '../files/disk.ts'
import type { BuildLog } from '../log/buildlog.ts'
import { idsOf } from '../log/edgerecord.ts'
import type { Exit, Processes } from '../process/executor.ts'
import { type HeldOutputs, openNew } from '../process/outputfiles.ts'
import { parseDepfile } from './depfile.ts'

/** How a command ended. */
export interface Outcome {
  readonly status: Status
  /** Wall time of the command in milliseconds. */
  readonly ms: number
  /** Both streams, whole. */
  readonly output: string
  /** What was wrong where the command itself did not say so. */
  readonly failure?: FailureBlock
}

/** It was given a place early, and then not started. */
export interface Unstarted {
  readonly status: 'unstarted'
}

export interface PerformerParts {
  readonly graph: Graph
  readonly log: BuildLog
  readonly disk: Disk
  readonly files: Files
  readonly answers: Answers
  readonly staleness: Staleness
  readonly clock: Clock
  readonly executor: Processes
  /** What every command gets, before what its edge declares. */
  readonly environment: Readonly<Record<string, string>>
  readonly held: HeldOutputs
  readonly signal: AbortSignal
}

/** How a command may name the folder that it runs in. */
const OWN_FOLDER = '/proc/self/cwd/'

export class Performer {
  readonly #parts: PerformerParts
  readonly #absences: Absences

  constructor(parts: PerformerParts) {
    this.#parts = parts
    this.#absences = new Absences(parts.disk)
  }

  /** The words that an edge's command has when it runs. */
  command(node: Node): string[] {
    return this.#parts.answers.words(node.edge.command)
  }

  /**
   * Runs the edge. Never throws what a user can cause: that is in the outcome.
   * @param place where it runs, after what was given that place before
   * @param ended is called when the command has succeeded, before what it left is looked at
   */
  async run(node: Node, place: number, ended: () => void = () => {}): Promise<Outcome | Unstarted> {
    const before = new Map<string, FileStat | undefined>()
    let exit: Exit | undefined
    let output = ''
    try {
      const { disk } = this.#parts
      this.#makeFolders(node)
      if (node.edge.fresh) for (const path of node.outputs) disk.remove(path)
      for (const path of node.outputs) before.set(path, this.#writable(path))
      const inputs = this.#lookAtInputs(node)
      const started = this.#parts.clock.now()
      const ran = await this.#execute(node, place)
      exit = ran.exit
      output = ran.output
      if (exit.isUnstarted === true) {
        this.#cleanUp(node, before, exit)
        return { status: 'unstarted' }
      }
      if (exit.status !== 0) return this.#failed(node, before, exit, output)
      ended()
      this.#keep(node, exit, inputs, started)
      return { status: 'ok', ms: exit.ms, output }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      return { ...this.#failed(node, before, exit, output), failure: error.block }
    }
  }

  #makeFolders({ edge, outputs }: Node): void {
    const folders = new Set(outputs.map((path) => posix.dirname(path)))
    if (edge.depfile !== undefined) folders.add(posix.dirname(edge.depfile))
    for (const folder of folders) this.#parts.disk.makeFolder(folder)
  }

  /** How each known input is now: declared, or discovered last time. */
  #lookAtInputs(node: Node): Map<string, FileStat | undefined> {
    const { files, log, graph } = this.#parts
    const seen = new Map<string, FileStat | undefined>()
    for (const { path, producer } of node.inputs)
      if (producer === undefined) seen.set(path, files.look(path))
    const record = log.edge(node.edge.output.path)
    for (const stamp of record === undefined ? [] : idsOf(record, 'discovered')) {
      const path = log.stampPath(stamp)
      if (graph.producer(path) === undefined) seen.set(path, files.look(path))
    }
    return seen
  }

  /** How an output is now. @throws UserError where something stands in its place */
  #writable(path: string): FileStat | undefined {
    const stat = this.#parts.disk.stat(path)
    if (stat === undefined || stat.type === 'file' || stat.type === 'other') return stat
    throw new UserError({
      what: `an output is a ${stat.type} already`,
      facts: [['output', path]],
      hint: `move it away: mv ${quoteWord(path)} ${quoteWord(`${path}.old`)}`,
    })
  }

  async #execute(
    node: Node,
    place: number,
  ): Promise<{ readonly exit: Exit; readonly output: string }> {
    const { disk, executor, answers, environment, held } = this.#parts
    const { edge } = node
    const variables: Record<string, string> = { ...environment }
    for (const [name, value] of Object.entries(edge.environment)) {
      const words = answers.words(value)
      if (words.length > 0) variables[name] = words.join(' ')
    }
    const captured =
      edge.stdout === undefined ? undefined : openNew(disk, temporary(edge.stdout.path))
    // Both streams go to one unnamed file: in order, of any size, and gone with this process.
    const both = held.take()
    try {
      const exit = await executor.run({
        words: this.command(node),
        directory: disk.at(edge.directory),
        environment: variables,
        stdio: ['ignore', captured ?? both, both],
        group: true,
        place,
        gate: held.gate,
      })
      return { exit, output: held.give(both) }
    } finally {
      if (captured !== undefined) fs.closeSync(captured)
    }
  }

  /** After a success: everything declared must be there; then the record is written. */
  #keep(
    node: Node,
    exit: Exit,
    inputs: ReadonlyMap<string, FileStat | undefined>,
    started: number,
  ): void {
    const { graph, log, files, clock, staleness } = this.#parts
    const { edge } = node
    const read = edge.depfile === undefined ? [] : this.#read(node, edge.depfile)
    const declared = new Set([...node.outputs, ...node.inputs.map(({ path }) => path)])
    const discovered = read.filter((path) => !declared.has(path))
    for (const path of discovered) {
      const producer = graph.producer(path)
      if (producer !== undefined && !graph.reaches(node, producer))
        throw unordered(node, path, producer)
    }
    if (edge.stdout !== undefined) this.#placeStdout(edge.stdout.path)
    const outputs = node.outputs.map((path) => files.stampOutput(path))
    const switched = new Map<string, boolean>()
    const stamp = (path: string): Stamp => {
      const producer = graph.producer(path)
      if (producer !== undefined) {
        const found = files.stampOutput(path)
        // Edited since it was made, and perhaps put back: then nobody knows what was read.
        return { ...found, settled: log.isAsLeft(producer.edge.output.path, found) }
      }
      const made = files.stampInput(path, inputs.get(path), started, clock)
      // One that was not looked at before may have been put there by a rename above it.
      if (inputs.has(path) || !this.#wasSwitched(posix.dirname(path), started, switched))
        return made
      return { ...made, settled: false }
    }
    log.recordEdge(edge.output.path, {
      outputs,
      inputs: node.inputs.map(({ path }) => stamp(path)),
      discovered: discovered.map(stamp),
      ...this.#absent(node, read, started),
      facts: staleness.facts(node),
      ms: exit.ms,
    })
  }

  /** Has a link or a folder on the way to a file been put there while the command ran? */
  #wasSwitched(folder: string, started: number, known: Map<string, boolean>): boolean {
    let switched = known.get(folder)
    if (switched === undefined) {
      const above = posix.dirname(folder)
      switched =
        this.#parts.disk.wasMoved(folder, started) ||
        (above !== folder && this.#wasSwitched(above, started, known))
      known.set(folder, switched)
    }
    return switched
  }

  /** Where the command would have found other files, had they been there. */
  #absent(node: Node, read: readonly string[], started: number): Absence {
    const { searchPath } = node.edge
    if (searchPath.length === 0) return { absent: [], folders: [] }
    const sources = node.inputs.map(({ path }) => path)
    return this.#absences.of(this.#parts.answers.words(searchPath), sources, read, started)
  }

  /** The files in the depfile, which is then removed: what it said is kept in the log. */
  #read(node: Node, depfile: string): string[] {
    const { disk } = this.#parts
    const text = disk.read(depfile)
    if (text === undefined) {
      throw new UserError({
        what: 'the command succeeded but left no depfile',
        facts: [['depfile', depfile]],
        hint: 'make the command write it (-MD -MF), or take `depfile` out of the edge',
      })
    }
    const parsed = parseDepfile(textOf(text))
    if (!parsed.ok) {
      const { line, column, what } = parsed.failure
      throw new UserError({
        what: `the depfile is malformed: ${what}`,
        facts: [['at', `${depfile}:${line}:${column}`]],
        hint: `look at what the command writes there: it is kept as ${depfile}`,
      })
    }
    disk.remove(depfile)
    const paths = new Set(parsed.paths.map((path) => this.#treePath(node, path)))
    return [...paths]
  }

  /** The name under which the tree knows a file that a compiler names in its own way. */
  #treePath(node: Node, written: string): string {
    const { disk } = this.#parts
    const own = written.startsWith(OWN_FOLDER) ? written.slice(OWN_FOLDER.length) : written
    const path = own.startsWith('/') ? own : posix.join(node.edge.directory, own)
    let known = normalPath(path)
    if (known.startsWith(`${disk.root}/`)) known = known.slice(disk.root.length + 1)
    known = keptPath(known)
    // `link/../x.h` is beside what the link points to, not beside the link.
    const whole = keptPath(path)
    return written.includes('..') && !disk.same(known, whole) ? whole : known
  }

  /** Puts captured output in its place, unless the same bytes stand there already. */
  #placeStdout(path: string): void {
    const { disk } = this.#parts
    const fresh = temporary(path)
    if (disk.exists(path) && disk.digest(path) === disk.digest(fresh)) disk.remove(fresh)
    else disk.rename(fresh, path)
  }

  #failed(
    node: Node,
    before: ReadonlyMap<string, FileStat | undefined>,
    exit: Exit | undefined,
    output: string,
  ): Outcome {
    const left = this.#cleanUp(node, before, exit)
    const ms = exit?.ms ?? 0
    if (this.#parts.signal.aborted) return { status: 'interrupted', ms, output }
    const failure = exit === undefined ? undefined : failureOf(exit)
    if (failure === undefined) return { status: 'failed', ms, output }
    const facts = [...(failure.facts ?? []), ...left]
    return { status: 'failed', ms, output, failure: { ...failure, facts } }
  }

  /** Removes what the command touched. Returns what could not be removed, and why. */
  #cleanUp(
    { edge, outputs }: Node,
    before: ReadonlyMap<string, FileStat | undefined>,
    exit: Exit | undefined,
  ): Fact[] {
    const { disk, files } = this.#parts
    const left: Fact[] = []
    for (const path of outputs) {
      const was = before.get(path)
      const is = disk.stat(path)
      // One that cannot be seen may be a link that leads nowhere, or in a folder that is gone.
      const untouched = was !== undefined && is !== undefined && sameVersion(was, is)
      if (is?.type !== 'folder' && !(untouched && was.changed === is.changed)) {
        removeQuietly(disk, path, left)
      }
      files.look(path)
    }
    if (edge.stdout !== undefined) removeQuietly(disk, temporary(edge.stdout.path), left)
    if (edge.depfile !== undefined && exit?.status !== 0) removeQuietly(disk, edge.depfile, left)
    return left
  }
}

function failureOf(exit: Exit): FailureBlock | undefined {
  if (exit.failure !== undefined) return exit.failure
  if (exit.signal === 'SIGKILL') {
    return { what: 'ended by SIGKILL', hint: 'was it short of memory? fewer at once: -j 1' }
  }
  if (exit.signal !== null) return { what: `ended by ${exit.signal}` }
  return exit.status === null ? undefined : { what: `ended with status ${exit.status}` }
}

/** Beside the output, so that it can be put in its place; of a name that is never too long. */
export function temporary(path: string): string {
  const name = createHash('sha256').update(posix.basename(path)).digest('hex').slice(0, 16)
  return posix.join(posix.dirname(path), `.${name}.new`)
}

/** After a failure, when what cannot be removed either must not hide what failed: why it cannot. */
function removeQuietly(disk: Disk, path: string, why: Fact[]): void {
  try {
    disk.remove(path)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    why.push(['left behind', error.message])
  }
}

function unordered(node: Node, path: string, producer: Node): UserError {
  return new UserError({
    what: `${node.edge.output.path} reads ${path}, which another edge makes, without waiting for it`,
    facts: [
      ['made by', `${producer.edge.rule} ${producer.edge.output.path}`],
      ['read by', `${node.edge.rule} ${node.edge.output.path}`],
    ],
    hint: `add ${path} to the orderOnly inputs of ${node.edge.output.path}`,
  })
}
