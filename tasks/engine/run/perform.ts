// One edge: runs its command and records what it read and made. Knows no other edge; records no failure.
import { isUtf8 } from 'node:buffer'
import * as fs from 'node:fs'
import { posix } from 'node:path'
import { type Answers, invocationOf } from '../answer/index.ts'
import {
  type FailureBlock,
  type Invocation,
  isErrno,
  type Status,
  UserError,
} from '../base/index.ts'
import {
  type Absence,
  Absences,
  type Files,
  type Graph,
  type Node,
  type Staleness,
} from '../decide/index.ts'
import type { Edge } from '../declare/index.ts'
import { type Clock, type Disk, diskFailure, type FileStat, temporaryPath } from '../files/index.ts'
import { type BuildLog, idsOf, type Stamp } from '../log/index.ts'
import { type Exit, type OutputFiles, openNew, type Processes } from '../process/index.ts'
import { readDepfile } from './discovered.ts'
import type { ForeignCommands } from './foreigncommands.ts'
import { Outputs, type OutputsBefore } from './outputs.ts'
import type { KeptResults, NotPlaced, Placed } from './results.ts'

/** How a command ended. */
export interface Outcome {
  readonly status: Status
  /** Wall time of the command in milliseconds. */
  readonly ms: number
  /** Both streams, in order. */
  readonly output: string
  /** What was wrong where the command itself did not say so. */
  readonly failure?: FailureBlock
  /** What the user should know now. */
  readonly notes?: readonly string[]
  /** False where it could not even be started. */
  readonly isStarted?: boolean
  /** A result that was kept took its place, or why none did. */
  readonly placed?: Placed | NotPlaced | undefined
  /** A foreign command has left its outputs as they were: it had nothing to do. */
  readonly isUnchanged?: boolean
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
  readonly outputFiles: OutputFiles
  /** The build folder, relative to the root. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly results?: KeptResults | undefined
  /** For the commands of other build systems. */
  readonly foreign: ForeignCommands | undefined
}

/** What became known of a command by what it left. */
interface Recorded {
  readonly notes: readonly string[]
  /** Has nothing changed that it read? */
  readonly isSettled: boolean
  readonly read: readonly string[]
  readonly absent: readonly string[]
}

export class Performer {
  readonly #parts: PerformerParts
  readonly #absences: Absences
  readonly #outputs: Outputs

  constructor(parts: PerformerParts) {
    this.#parts = parts
    this.#absences = new Absences(parts.disk)
    this.#outputs = new Outputs(parts.disk, parts.files, parts.log, parts.folder)
  }

  /** An edge's command as it is started. */
  invocation({ edge }: Node): Invocation {
    return invocationOf(edge, this.#parts.answers)
  }

  /** Does its command write to the terminal itself? */
  takesTerminal({ edge }: Node): boolean {
    return edge.isForeign && this.#parts.foreign?.isLive === true
  }

  /** What the user should know before the edge runs. */
  notes(node: Node): string[] {
    const declared = this.#parts.answers.words(node.edge.note).join(' ')
    return [
      ...(declared === '' ? [] : [declared]),
      ...this.#outputs
        .foreign(node)
        .map(
          (path) => `${path} is an output, but no build has made it: the command may overwrite it`,
        ),
    ]
  }

  /** Runs the edge. Never throws what a user can cause: that is in the outcome. */
  async run(node: Node): Promise<Outcome> {
    const missing = this.#parts.staleness.missing(node)
    if (missing !== undefined)
      return { status: 'failed', ms: 0, output: '', failure: missing.block, isStarted: false }
    let before: OutputsBefore | undefined
    let exit: Exit | undefined
    let output = ''
    try {
      this.#makeFolders(node)
      before = this.#outputs.prepare(node)
      const inputs = this.#lookAtInputs(node)
      const started = this.#parts.clock.now()
      const began = performance.now()
      const kept = this.#parts.results?.of(node)
      const placed = await kept?.place()
      // What is wrong with a kept result may be right when the command makes it here.
      const isPlaced = placed !== undefined && 'from' in placed
      if (isPlaced && (await this.#judged(node)) === undefined) {
        exit = { status: 0, signal: null, stdout: '', stderr: '', ms: placed.ms }
        const { notes } = this.#keep(node, exit, inputs, started)
        return { status: 'ok', ms: performance.now() - began, output: placed.output, notes, placed }
      }
      const ran = await this.#execute(node)
      exit = ran.exit
      output = ran.output
      if (exit.status !== 0) {
        const failure = failureOf(exit, node.edge, output)
        return { ...this.#failed(node, before, exit, output, failure), placed }
      }
      const wrong = await this.#judged(node)
      if (wrong !== undefined) return this.#failed(node, before, exit, output, wrong)
      const last = node.edge.isForeign ? this.#digests(node) : undefined
      const depfile = kept?.keep === undefined ? undefined : this.#depfileText(node)
      const { notes, isSettled, ...names } = this.#keep(node, exit, inputs, started)
      const isUnchanged = last !== undefined && last === this.#digests(node)
      const ended: Outcome = { status: 'ok', ms: exit.ms, output, notes, isUnchanged, placed }
      if (kept?.keep === undefined || !isSettled) return ended
      const more = await kept.keep({ output, depfile, ...names, ms: exit.ms })
      return { ...ended, notes: [...notes, ...more] }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      return this.#failed(node, before, exit, output, error.block)
    }
  }

  /** What its edge finds wrong with what was made. */
  async #judged({ edge }: Node): Promise<FailureBlock | undefined> {
    const { disk } = this.#parts
    const captured = edge.stdout?.path
    return await edge.judge?.((path) => disk.at(path === captured ? temporaryPath(path) : path))
  }

  /** The content of its outputs, as the log has it. */
  #digests({ name }: Node): string {
    const { log } = this.#parts
    const record = log.edge(name)
    const stamps = record === undefined ? [] : [...idsOf(record, 'outputs')]
    return stamps.map((id) => `${log.stampPath(id)} ${log.stampDigest(id)}`).join('\0')
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
      if (producer === undefined) seen.set(path, files.lookAgain(path))
    const record = log.edge(node.name)
    for (const stamp of record === undefined ? [] : idsOf(record, 'discovered')) {
      const path = log.stampPath(stamp)
      if (graph.producer(path) === undefined) seen.set(path, files.lookAgain(path))
    }
    return seen
  }

  async #execute(node: Node): Promise<{ readonly exit: Exit; readonly output: string }> {
    const { disk, executor, environment, outputFiles } = this.#parts
    const { edge } = node
    const invocation = this.invocation(node)
    const captured =
      edge.stdout === undefined ? undefined : openNew(disk, temporaryPath(edge.stdout.path))
    // Both streams go to one unnamed file: in order, of any size, and gone with this process.
    const both = outputFiles.open()
    const given = edge.isForeign ? this.#parts.foreign?.given() : undefined
    const isLive = this.takesTerminal(node)
    try {
      const exit = await executor.run({
        words: invocation.command,
        directory: disk.at(edge.directory),
        environment: { ...given?.environment, ...environment, ...invocation.environment },
        stdio: [
          'ignore',
          ...(isLive ? INHERITED : [captured ?? both, both]),
          ...(given?.files ?? []),
        ],
        group: true,
      })
      if (captured !== undefined && edge.stdout !== undefined && exit.status === 0)
        mustHaveRoom(captured, edge.stdout.path)
      return { exit, output: outputFiles.readAndClose(both, node.name) }
    } finally {
      if (captured !== undefined) fs.closeSync(captured)
      given?.close()
    }
  }

  #depfileText({ edge }: Node): string | undefined {
    const bytes = edge.depfile === undefined ? undefined : this.#parts.disk.read(edge.depfile)
    return bytes !== undefined && isUtf8(bytes) ? bytes.toString('utf8') : undefined
  }

  /** After a success: everything declared must be there; then the record is written. */
  #keep(
    node: Node,
    exit: Exit,
    inputs: ReadonlyMap<string, FileStat | undefined>,
    started: number,
  ): Recorded {
    const { graph, log, disk, files, clock, staleness, answers } = this.#parts
    const { edge } = node
    const read = readDepfile(node, graph, disk, answers)
    const declared = new Set([...node.outputs, ...node.inputs.map(({ path }) => path)])
    const discovered = read.filter((path) => !declared.has(path))
    if (edge.stdout !== undefined) this.#placeStdout(edge.stdout.path)
    const outputs = node.outputs.map((path) => files.stampOutput(path))
    const switched = new Map<string, boolean>()
    const stamp = (path: string): Stamp => {
      const producer = graph.producer(path)
      if (producer !== undefined) {
        const found = files.stampOutput(path)
        // Edited since it was made, and perhaps put back: then nobody knows what was read.
        return { ...found, settled: isAsLeft(log, producer.name, found) }
      }
      const made = files.stampInput(path, inputs.get(path), started, clock)
      // One that was not looked at before may have been put there by a rename above it.
      const isSwitched =
        !inputs.has(path) && this.#wasSwitched(posix.dirname(path), started, switched)
      if (made.settled && !isSwitched) return made
      // Another name of an output: it is settled if the output is.
      const real = isSwitched ? undefined : disk.realName(path)
      const maker = real === undefined ? undefined : graph.producer(real)
      if (real === undefined || maker === undefined) return { ...made, settled: false }
      const found = files.stampOutput(real)
      return { ...made, settled: isAsLeft(log, maker.name, found) }
    }
    const before = unsettledOf(log, node.name)
    const record = {
      inputs: node.inputs.map(({ path }) => stamp(path)),
      discovered: discovered.map(stamp),
    }
    const absence = this.#absent(node, read, started)
    log.recordEdge(node.name, {
      outputs,
      ...record,
      ...absence,
      facts: staleness.facts(node),
      ms: exit.ms,
    })
    const unsettled = [...record.inputs, ...record.discovered].filter(({ settled }) => !settled)
    const notes = unsettled
      .filter(({ path }) => before.has(path))
      .map(
        ({ path }) =>
          `${path} changed while ${node.name} was made, again: if its own command changes it, it is never up to date`,
      )
    const isSettled = unsettled.length === 0
    return { notes, isSettled, read: discovered, absent: absence.absent }
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
    const searchPath = this.#parts.answers.searchPath(node.edge)
    if (searchPath.length === 0) return { absent: [], folders: [] }
    const sources = node.inputs.map(({ path }) => path)
    return this.#absences.of(searchPath, sources, read, started)
  }

  /** Puts captured output in its place, unless the same bytes stand there already. */
  #placeStdout(path: string): void {
    const { disk } = this.#parts
    const fresh = temporaryPath(path)
    if (disk.exists(path) && disk.digest(path) === disk.digest(fresh)) disk.remove(fresh)
    else disk.rename(fresh, path)
  }

  #failed(
    node: Node,
    before: OutputsBefore | undefined,
    exit: Exit | undefined,
    output: string,
    failure: FailureBlock | undefined,
  ): Outcome {
    const left = this.#outputs.cleanUp(node, before, exit?.status === 0)
    const ms = exit?.ms ?? 0
    if (this.#parts.signal.aborted) return { status: 'interrupted', ms, output }
    if (failure === undefined) return { status: 'failed', ms, output }
    const facts = [...(failure.facts ?? []), ...left]
    return { status: 'failed', ms, output, failure: { ...failure, facts } }
  }
}

/**
 * Many programs do not look whether what they print is written, bpftool among them: where the disk is full they end
 * with 0. What is cut off ends where no more could be written, so one more byte is tried.
 * @throws UserError where there is no room for it
 */
function mustHaveRoom(captured: number, path: string): void {
  const { size } = fs.fstatSync(captured)
  try {
    fs.writeSync(captured, '\n', size)
    fs.ftruncateSync(captured, size)
  } catch (error) {
    throw isErrno(error) ? diskFailure('write', path, error) : error
  }
}

const INHERITED = ['inherit', 'inherit'] as const

function failureOf(exit: Exit, { remedy }: Edge, output: string): FailureBlock | undefined {
  const block = blockOf(exit)
  const hint = block?.hint ?? remedy?.(output)
  return block === undefined || hint === undefined ? block : { ...block, hint }
}

function blockOf(exit: Exit): FailureBlock | undefined {
  if (exit.failure !== undefined) return exit.failure
  if (exit.signal === 'SIGKILL') {
    return { what: 'ended by SIGKILL', hint: 'was it short of memory? fewer at once: -j 1' }
  }
  if (exit.signal !== null) return { what: `ended by ${exit.signal}` }
  return exit.status === null ? undefined : { what: `ended with status ${exit.status}` }
}

/** What had changed while the command of an edge ran last time. */
function unsettledOf(log: BuildLog, name: string): ReadonlySet<string> {
  const record = log.edge(name)
  const stamps =
    record === undefined ? [] : [...idsOf(record, 'inputs'), ...idsOf(record, 'discovered')]
  return new Set(stamps.filter((id) => !log.stampSettled(id)).map((id) => log.stampPath(id)))
}

/** True when an output is as its edge left it. */
function isAsLeft(log: BuildLog, output: string, found: Stamp): boolean {
  const record = log.edge(output)
  if (record === undefined) return false
  return idsOf(record, 'outputs').some(
    (stamp) =>
      log.stampPath(stamp) === found.path && log.stampHolds(stamp, found, () => found.digest),
  )
}
