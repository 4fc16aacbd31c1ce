// A second thread that looks at the files which the log speaks of, while the first one makes the graph.
//
// It begins at the end of the log, the first thread somewhere else; whoever comes first looks. So
// nobody waits, and each file is looked at once.
import type * as Fs from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { BuildLog } from '../log/buildlog.ts'
import type { TextRun } from '../log/frame.ts'
import { changeTime, type Disk, exactTime, FILE_TYPES, type FileStat } from './disk.ts'

/** What both threads see. By number of the path. */
interface Columns {
  readonly states: Uint8Array
  /** Milliseconds, as the runtime gives them. */
  readonly mtimes: Float64Array
  readonly ctimes: Float64Array
  readonly sizes: Float64Array
}

interface Job extends Columns {
  /** Every text of the log, by number. */
  readonly runs: readonly TextRun[]
  /** Which of them are paths to look at; undefined: all. */
  readonly numbers: Uint32Array | undefined
  /** What stands before a relative path. */
  readonly root: string
}

/** Not looked at, taken by the first thread, and what was found. */
const CLAIMED = 1
const MISSING = 2
const FOUND = 3

export class Lookahead {
  readonly #worker: Worker
  /** Resolves when the thread has ended. */
  readonly done: Promise<void>
  #columns: Columns | undefined
  #disk: Disk | undefined

  /** Starts the thread, which takes as long as it takes to read a log: so before that is read. */
  constructor() {
    const code = `const { parentPort } = require('node:worker_threads')
      parentPort.once('message', (job) => (${lookAtAll})(require('node:fs'), job))`
    this.#worker = new Worker(code, { eval: true, execArgv: [] })
    this.#worker.unref()
    // It only saves time: what it has not seen is looked at by whoever asks.
    this.#worker.on('error', () => {})
    this.done = new Promise((resolve) => this.#worker.once('exit', () => resolve()))
  }

  /** Gives it the paths that a log speaks of. */
  begin(
    disk: Disk,
    log: Pick<BuildLog, 'stringCount' | 'runs'> & Partial<Pick<BuildLog, 'stampedPaths'>>,
  ): void {
    this.#disk = disk
    const numbers = log.stampedPaths?.()
    const shared = (bytes: number): SharedArrayBuffer =>
      new SharedArrayBuffer(bytes * log.stringCount)
    this.#columns = {
      states: new Uint8Array(shared(1)),
      mtimes: new Float64Array(shared(8)),
      ctimes: new Float64Array(shared(8)),
      sizes: new Float64Array(shared(8)),
    }
    // A part of the log's own bytes would take all of them along.
    const runs = log.runs.map(({ all, lengths }) => ({ all, lengths: lengths.slice() }))
    const root = disk.at('')
    this.#worker.postMessage({ ...this.#columns, runs, numbers, root } satisfies Job)
  }

  /** Null where nothing is there; undefined where the caller is to look, and nobody else will. */
  take(number: number, path: string): FileStat | null | undefined {
    if (this.#columns === undefined || this.#disk === undefined) return undefined
    const { mtimes, ctimes, sizes } = this.#columns
    const state = this.#claim(number, this.#columns)
    if (state === CLAIMED) return undefined
    if (state === MISSING) return null
    const [mtimeMs = 0, ctimeMs = 0, size = 0] = [mtimes[number], ctimes[number], sizes[number]]
    return {
      mtime: exactTime(mtimeMs, this.#disk.at(path)),
      changed: changeTime({ ctimeMs, mtimeMs }),
      size,
      type: FILE_TYPES[state - FOUND] ?? 'other',
    }
  }

  /**
   * Is it a file of just that size and those times? False says nothing, and nothing is made for it;
   * undefined where the caller is to look.
   */
  isJust(number: number, mtime: number, changed: number, size: number): boolean | undefined {
    if (this.#columns === undefined) return undefined
    const { mtimes, ctimes, sizes } = this.#columns
    const state = this.#claim(number, this.#columns)
    if (state === CLAIMED) return undefined
    return (
      state === FOUND &&
      mtimes[number] === mtime &&
      ctimes[number] === changed &&
      sizes[number] === size
    )
  }

  #claim(number: number, { states }: Columns): number {
    const state = Atomics.load(states, number)
    if (state >= MISSING) return state
    Atomics.store(states, number, CLAIMED)
    return CLAIMED
  }
}

/** Runs in the other thread, where there is nothing but its arguments: it may name nothing else. */
function lookAtAll(fs: typeof Fs, job: Job): void {
  const { runs, numbers, root, states, mtimes, ctimes, sizes } = job
  // Where each text is in all of them: cut out only when it is its turn, if it ever is.
  const all = runs.map((run) => run.all).join('')
  const starts = new Uint32Array(states.length + 1)
  let next = 0
  let start = 0
  for (const { lengths } of runs) {
    for (const length of lengths) {
      starts[next++] = start
      start += length
    }
  }
  starts[next] = start
  for (let at = (numbers ?? states).length - 1; at >= 0; at--) {
    const number = numbers === undefined ? at : (numbers[at] as number)
    if (Atomics.load(states, number) !== 0) continue
    const path = all.slice(starts[number], starts[number + 1])
    try {
      const stat = fs.statSync(path.startsWith('/') ? path : root + path, { throwIfNoEntry: false })
      if (stat === undefined) {
        Atomics.store(states, number, 2)
        continue
      }
      mtimes[number] = stat.mtimeMs
      ctimes[number] = stat.ctimeMs
      sizes[number] = stat.size
      const pipe = stat.isFIFO() || stat.isSocket()
      Atomics.store(states, number, stat.isFile() ? 3 : stat.isDirectory() ? 4 : pipe ? 5 : 6)
    } catch {
      // The first thread will see the same, and say it.
    }
  }
}
