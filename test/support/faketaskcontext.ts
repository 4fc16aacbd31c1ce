// A stand-in for what the engine gives a task's body: real processes or none, made-up answers.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { ProcessResult, RunOptions, TaskContext } from '../../tasks/engine/index.ts'

export interface BodySpec {
  readonly args?: readonly string[]
  readonly options?: readonly string[]
  readonly dryRun?: boolean
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal
  /** The answer to a question, by the name of the tool or setting; may throw. */
  readonly answer?: (name: string) => unknown
  /** What a command gives; without it the command is really run. */
  readonly command?: (words: readonly string[]) => Partial<ProcessResult> & { lines?: string[] }
}

export interface Body {
  readonly ctx: TaskContext
  readonly said: string[]
  readonly commands: (readonly string[])[]
  readonly emitted: unknown[]
}

/** A tool or setting by its name, or a derived value that depends on nothing. */
interface Asked {
  readonly name?: string
  readonly from?: readonly unknown[]
  readonly make?: (answers: readonly unknown[]) => unknown
}

export function body(spec: BodySpec = {}): Body {
  const said: string[] = []
  const commands: (readonly string[])[] = []
  const emitted: unknown[] = []
  const run = async (command: readonly unknown[], options: RunOptions = {}) => {
    const words = command.map((word) =>
      typeof word === 'string' ? word : (word as { name: string }).name,
    )
    commands.push(words)
    if (spec.command === undefined) return await start(words, options, spec.environment)
    const { lines = [], ...result } = spec.command(words)
    for (const line of lines) options.onLine?.(line)
    return { status: 0, stdout: '', stderr: '', ...result }
  }
  const ctx = {
    args: spec.args ?? [],
    options: new Set(spec.options ?? []),
    dryRun: spec.dryRun ?? false,
    json: false,
    root: process.cwd(),
    signal: spec.signal ?? new AbortController().signal,
    environment: spec.environment ?? {},
    ask: async (what: Asked) =>
      what.from?.length === 0 ? what.make?.([]) : spec.answer?.(what.name ?? ''),
    run,
    say: (line: string) => said.push(line),
    emit: (event: unknown) => emitted.push(event),
  }
  return { ctx: ctx as unknown as TaskContext, said, commands, emitted }
}

function start(
  [program = '', ...args]: readonly string[],
  options: RunOptions,
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<ProcessResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...environment, ...options.environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines: string[] = []
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      options.onLine?.(line)
    })
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, stdout: lines.join('\n'), stderr: '' }))
  })
}
