// This process in its next form: the runner that a changed tasks.ts describes.
import type { Run, RunParts } from '../build/index.ts'

/** Status by which a runner asks the one that started it to start it anew (EX_TEMPFAIL). */
const AGAIN = 75

/** Set for a runner that another one started for that: see {@link AGAIN}. */
const STARTED_BY = 'BPF_TASKS_STARTED_BY'

/** Node 22.15 and newer: the program of this process replaced, its id and terminal kept. */
type Execve = (
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
) => never

export class Replacement {
  readonly #run: Run
  readonly #parts: RunParts

  constructor(run: Run, parts: RunParts) {
    this.#run = run
    this.#parts = parts
  }

  /** Do the new declarations load? Says so where they do not: then the old ones stay. */
  async isSound(): Promise<boolean> {
    const executor = await this.#run.loadExecutor()
    const { script, environment } = this.#parts
    const exit = await executor.run({
      words: [...interpreter(), script, '--list', '--json'],
      directory: process.cwd(),
      environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      group: false,
    })
    if (exit.status === 0) return true
    if (this.#run.signal.aborted) return false
    this.#run.emit({
      type: 'failure',
      what: `${script} does not load; going on with what it said before`,
      facts: [['it says', exit.stderr.trim()]],
      hint: 'correct it: it is loaded as soon as it is saved',
    })
    return false
  }

  /** Does not return where the process itself is replaced; else returns its exit status. */
  async replace(): Promise<number> {
    const { script, argv, environment } = this.#parts
    this.#run.emit({ type: 'note', text: `${script} changed: starting anew` })
    if (environment[STARTED_BY] !== undefined) return AGAIN
    const words = [...interpreter(), script, ...argv]
    const executor = await this.#run.loadExecutor()
    // The next form would not know of them.
    await executor.close()
    const { execve } = process as { execve?: Execve }
    if (execve !== undefined) execve.call(process, words[0] ?? '', words, environment)
    for (;;) {
      const exit = await executor.run({
        words,
        directory: process.cwd(),
        environment: { ...environment, [STARTED_BY]: String(process.pid) },
        stdio: ['inherit', 'inherit', 'inherit'],
        group: false,
      })
      if (exit.status !== AGAIN) return exit.status ?? 1
    }
  }
}

/** What runs this very program: node with the loader of TypeScript it was given, or deno. */
function interpreter(): readonly string[] {
  const deno = 'deno' in process.versions ? ['run', '-A'] : []
  return [process.execPath, ...process.execArgv, ...deno]
}
