// What the body of a task can do: ask, run commands, speak, clean.

import { quoteCommand, UserError } from '../base/index.ts'
import type { Console } from '../console/index.ts'
import type { TaskContext } from '../declare/index.ts'
import type { Command, Executor } from '../process/index.ts'
import type { Builder } from './build.ts'

export interface Given {
  readonly args: readonly string[]
  readonly options: ReadonlySet<string>
  readonly dryRun: boolean
  readonly json: boolean
  readonly root: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly executor: () => Promise<Executor>
  readonly build: TaskContext['build']
  /** Under `--watch`: aborted when this body is to end, so that it can be started anew. */
  readonly restart?: AbortSignal
}

export async function taskContext(
  builder: Builder,
  console: Console,
  signal: AbortSignal,
  given: Given,
): Promise<TaskContext> {
  const { args, options, dryRun, json, root, environment, restart } = given
  const executor = await given.executor()
  const say = (line: string): void => console.emit({ type: 'output', text: line })
  return {
    args,
    options,
    dryRun,
    json,
    root,
    signal: restart === undefined ? signal : AbortSignal.any([signal, restart]),
    environment,
    say,
    emit: console.emit,
    ask: (what) => builder.ask(what),
    build: given.build,
    clean: (targets, keep = [], folders = []) => builder.clean({ targets, keep, folders }, dryRun),
    // The terminal belongs to events under --json; what commands write then goes to stderr.
    $: executor.bodyShell({
      cwd: root,
      stdio: ['inherit', json ? process.stderr : 'inherit', 'inherit'],
    }),
    run: async (command, more = {}) => {
      const words = await builder.words(command)
      const exit = await executor.run({
        words,
        directory: root,
        environment: { ...environment, ...more.environment },
        stdio: stdioOf(more.onLine === undefined ? (more.output ?? 'inherit') : 'capture', json),
        // In the runner's own group, so that what it starts can ask on the terminal.
        group: false,
        onLine: more.onLine,
        endBy: more.endBy,
        signal: restart,
      })
      const { status, stdout, stderr, signal: endedBy } = exit
      if (exit.failure !== undefined) throw new UserError(exit.failure)
      if (status !== 0 && more.nothrow !== true) {
        const how = status === null ? `was ended by ${endedBy}` : `ended with status ${status}`
        throw new UserError({
          what: `${words[0]} ${how}`,
          facts: [['command', quoteCommand(words)]],
        })
      }
      return { status, stdout, stderr }
    },
  }
}

function stdioOf(talk: 'inherit' | 'capture', json: boolean): Command['stdio'] {
  if (talk === 'capture') return ['inherit', 'pipe', 'pipe']
  return ['inherit', json ? 2 : 'inherit', 'inherit']
}
