// Runs a loader as root, and shows the kernel's trace beside what it says.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import {
  type FailureBlock,
  packageFile,
  quoteCommand,
  type TaskContext,
  UserError,
} from '../../engine/index.ts'
import { asRoot, findTracefs, isRoot } from '../system/index.ts'
import { FAILED, followLines, openTracePipe, READY, skipLines } from './tracepipe.ts'

export interface RunLoaderOptions {
  /** Show what comes out of trace_pipe while the loader runs. */
  readonly tracePipe?: boolean
}

/**
 * Runs a loader, with the arguments after `--`, until it ends or the runner is asked to end: the
 * engine hands the signal on.
 * Mounts tracefs where it is not mounted, and goes through sudo where we are not root; both aloud.
 * @param root whether we are root
 * @returns the loader's exit status; 130, as shells count it, when the interrupt itself ended it
 * @throws UserError without tracing in the kernel, without a way to be root, or when it crashed
 */
export async function runLoader(
  ctx: TaskContext,
  command: readonly string[],
  options: RunLoaderOptions = {},
  root: boolean = isRoot(),
): Promise<number> {
  const [program = '', ...rest] = command
  // A program that the build put into the root is started by its path, not looked for in PATH.
  const isHere = !program.includes('/') && existsSync(join(ctx.root, program))
  const started = isHere ? `./${program}` : program
  const words = asRoot([started, ...rest, ...ctx.args], ctx.environment, root)
  if (ctx.dryRun) {
    ctx.say(quoteCommand(words))
    return 0
  }
  const tracefs = await mountedTracefs(ctx, root)
  const tracePipe = options.tracePipe === true ? `${tracefs}/trace_pipe` : undefined
  const follower = tracePipe === undefined ? undefined : await follow(ctx, tracePipe, root)
  let status: number | null = null
  try {
    if (ctx.signal.aborted) return 130
    if (!root) ctx.say(quoteCommand(words))
    const result = await ctx.run(words, {
      nothrow: true,
      onLine: (line) => ctx.say(line),
      // sudo hands the signal on to what it runs.
      endBy: (pid) => asRoot(['kill', '-TERM', String(pid)], ctx.environment, root),
    })
    status = result.status
  } finally {
    await follower?.end()
  }
  if (status !== null) return status
  if (ctx.signal.aborted) return 130
  throw new UserError({
    what: 'the loader was ended by a signal',
    facts: [['command', quoteCommand(words)]],
    hint: `see where it crashed: ${quoteCommand(['gdb', '--args', ...command, ...ctx.args])}`,
  })
}

/**
 * Where tracefs is, mounted aloud where it is not.
 * @throws UserError where this kernel shows none
 */
export async function mountedTracefs(ctx: TaskContext, root: boolean): Promise<string> {
  const tracefs = findTracefs()
  switch (tracefs.state) {
    case 'mounted':
      return tracefs.path
    case 'unmounted': {
      const mount = asRoot(tracefs.mount, ctx.environment, root)
      ctx.say(`tracefs is not mounted: ${quoteCommand(mount)}`)
      await ctx.run(mount)
      return tracefs.path
    }
    case 'absent':
      throw new UserError({
        what: 'this kernel shows no tracefs',
        facts: [['looked for', '/sys/kernel/tracing, /sys/kernel/debug/tracing']],
        hint: 'in a container: mount -t sysfs sysfs /sys\nelse boot a kernel with CONFIG_TRACING=y',
      })
    default:
      return tracefs satisfies never
  }
}

/** Mounts tracefs aloud where it is not, and root may; a container may forbid that, and goes on. */
export async function offeredTracefs(ctx: TaskContext, root: boolean = isRoot()): Promise<void> {
  const tracefs = findTracefs()
  if (!root || tracefs.state !== 'unmounted') return
  ctx.say(`tracefs is not mounted: ${quoteCommand(tracefs.mount)}`)
  await ctx.run(tracefs.mount, { nothrow: true })
}

/** A reader of trace_pipe that already reads: no line that is written from now on is lost. */
interface Follower {
  /** Shows what was traced until now, then stops. */
  end(): Promise<void>
}

function follow(ctx: TaskContext, path: string, root: boolean): Promise<Follower> {
  return root ? followHere(ctx, path) : followThroughSudo(ctx, path)
}

async function followHere(ctx: TaskContext, path: string): Promise<Follower> {
  const pipe = await openTracePipe(path)
  await skipLines(pipe)
  const ended = new AbortController()
  const followed = followLines(pipe, (line) => ctx.say(line), ended.signal)
  // A failure is reported by whoever awaits it, later.
  followed.catch(() => {})
  return {
    async end() {
      ended.abort()
      await followed.finally(() => pipe.close())
    },
  }
}

/** See tracereader.ts, the other side of this. */
async function followThroughSudo(ctx: TaskContext, path: string): Promise<Follower> {
  const folder = mkdtempSync(join(tmpdir(), 'bpf-tasks-'))
  const end = () => rmSync(folder, { recursive: true, force: true })
  const command = asRoot(
    [...interpreter(), readerProgram(), path, folder, String(process.pid)],
    ctx.environment,
    false,
  )
  ctx.say(quoteCommand(command))
  let started = false
  let failure: UserError | undefined
  let followed: Promise<unknown> = Promise.resolve()
  const ready = new Promise<void>((resolve) => {
    const onLine = (line: string) => {
      if (started) ctx.say(line)
      else if (line === READY) {
        started = true
        resolve()
      } else if (line.startsWith(FAILED)) {
        failure = new UserError(JSON.parse(line.slice(FAILED.length)) as FailureBlock)
      } else ctx.say(line)
    }
    followed = ctx.run(command, { onLine })
  })
  // A failure is reported by whoever awaits it, later.
  followed.catch(() => {})
  const problem = await Promise.race([ready, followed]).then(
    () => failure,
    (error: unknown) => failure ?? error,
  )
  if (problem !== undefined) {
    end()
    throw problem
  }
  return {
    async end() {
      end()
      await followed
    },
  }
}

/** Path of the program of tracereader.ts: the source, or the bundled program where there are no sources. */
function readerProgram(): string {
  const source = packageFile('tasks/bpf/live/tracereader.ts')
  return existsSync(source) ? source : packageFile('dist/tracereader.js')
}

/** What runs this very program: node with the loader of TypeScript it was given, or deno. */
function interpreter(): readonly string[] {
  const deno = 'deno' in process.versions ? ['run', '-A'] : []
  return [process.execPath, ...process.execArgv, ...deno]
}
