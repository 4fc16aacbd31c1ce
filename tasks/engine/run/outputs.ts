// The outputs of one command on disk: how they are before it, and what is removed when it fails.
//
// A file that no build has made belongs to the user, even where an edge names it as its output.
import { type Fact, quoteWord, UserError } from '../base/index.ts'
import { type Files, type Node, sameVersion } from '../decide/index.ts'
import { type Disk, type FileStat, temporaryPath } from '../files/index.ts'
import { type BuildLog, idsOf } from '../log/index.ts'

/** How each output was before its command. */
export type OutputsBefore = ReadonlyMap<string, FileStat | undefined>

export class Outputs {
  readonly #disk: Disk
  readonly #files: Files
  readonly #log: BuildLog
  /** The build folder, relative to the root. */
  readonly #folder: string
  /** Outputs of all records when they were first needed. */
  #recorded: ReadonlySet<string> | undefined

  constructor(disk: Disk, files: Files, log: BuildLog, folder: string) {
    this.#disk = disk
    this.#files = files
    this.#log = log
    this.#folder = folder
  }

  /**
   * The outputs outside of the build folder that are there already although no build has made them. What
   * is in the build folder is not named: after a log was lost that would be every file.
   */
  foreign({ outputs, edge }: Node): string[] {
    // Another build system knows its own files.
    if (edge.isForeign) return []
    return outputs.filter(
      (path) =>
        !path.startsWith(`${this.#folder}/`) &&
        this.#disk.exists(path) &&
        !this.#recordedOutputs().has(path),
    )
  }

  /**
   * Removes what the command is to make anew, its depfile too, and looks at the rest.
   * @throws UserError where a directory stands in the place of an output, or a file of the user's would
   * have to be removed
   */
  prepare(node: Node): OutputsBefore {
    const { edge, outputs } = node
    const before = new Map<string, FileStat | undefined>()
    if (edge.fresh) {
      const [foreign] = this.foreign(node)
      if (foreign !== undefined) throw inTheWay('a file that no build has made', foreign)
    }
    for (const path of outputs) {
      const stat = this.#disk.stat(path)
      if (stat !== undefined && stat.type !== 'file' && stat.type !== 'other')
        throw inTheWay(`a ${stat.type}`, path)
      if (edge.fresh) this.#disk.remove(path)
      else before.set(path, stat)
    }
    // One that is left from before must not be taken for what this command has read.
    if (edge.depfile !== undefined) this.#disk.remove(edge.depfile)
    return before
  }

  /**
   * Removes what a failed command touched, so that nothing half-made is used; not what was there before
   * any build made it. Returns what stays, and why.
   * @param before undefined where {@link prepare} failed: then no command has touched an output
   * @param keepDepfile the depfile itself is what was wrong: the user has to see it
   */
  cleanUp(
    { edge, outputs }: Node,
    before: OutputsBefore | undefined,
    keepDepfile: boolean,
  ): Fact[] {
    const left: Fact[] = []
    for (const path of before === undefined ? [] : outputs) {
      const was = before?.get(path)
      const is = this.#disk.stat(path)
      // One that cannot be seen may be a link that leads nowhere, or in a directory that is gone.
      const isUntouched =
        was !== undefined && is !== undefined && sameVersion(was, is) && was.changed === is.changed
      if (is?.type !== 'folder' && !isUntouched) {
        if (was === undefined || this.#recordedOutputs().has(path)) this.#remove(path, left)
        else if (is !== undefined)
          left.push(['kept', `${path}: no build has made it; the command may have changed it`])
      }
      this.#files.lookAgain(path)
    }
    if (edge.stdout !== undefined) this.#remove(temporaryPath(edge.stdout.path), left)
    if (edge.depfile !== undefined && !keepDepfile) this.#remove(edge.depfile, left)
    return left
  }

  #recordedOutputs(): ReadonlySet<string> {
    if (this.#recorded === undefined) {
      const recorded = new Set<string>()
      for (const [, record] of this.#log.edges())
        for (const stamp of idsOf(record, 'outputs')) recorded.add(this.#log.stampPath(stamp))
      this.#recorded = recorded
    }
    return this.#recorded
  }

  /** What cannot be removed must not hide what failed: it becomes a fact of that failure. */
  #remove(path: string, left: Fact[]): void {
    try {
      this.#disk.remove(path)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      left.push(['left behind', error.message])
    }
  }
}

function inTheWay(what: string, path: string): UserError {
  return new UserError({
    what: `${what} stands where an output is to be made`,
    facts: [['output', path]],
    hint: `move it away: mv ${quoteWord(path)} ${quoteWord(`${path}.old`)}`,
  })
}
