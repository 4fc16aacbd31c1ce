// Running a loader with its trace: reading of made-up pipes, then the real one of this kernel.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { runLoader } from '../../../tasks/bpf/live/runloader.ts'
import { followLines, type Pipe, skipLines } from '../../../tasks/bpf/live/tracepipe.ts'
import { findTracefs } from '../../../tasks/bpf/system/tracefs.ts'
import { UserError } from '../../../tasks/engine/index.ts'
import { body } from '../../support/faketaskcontext.ts'
import { skip } from '../../support/needs.ts'
import { leaveTracefs, tracefsLack } from '../../support/tracefs.ts'

/** A pipe that gives these texts one by one, then is empty until more are put into it. */
function pipeOf(texts: string[], onEmpty: () => void = () => {}): Pipe {
  return {
    async read(buffer) {
      const text = texts.shift()
      if (text !== undefined)
        return { bytesRead: new TextEncoder().encodeInto(text, buffer).written }
      onEmpty()
      throw Object.assign(new Error('try again'), { code: 'EAGAIN' })
    },
  }
}

test('lines are put together from what single reads gave', async () => {
  const lines: string[] = []
  const pipe = pipeOf(['one\ntw', 'o\n', 'three'])
  await followLines(pipe, (line) => lines.push(line), AbortSignal.abort())
  assert.equal(lines, ['one', 'two', 'three'])
})

test('what was written just before the end is not lost', async () => {
  const lines: string[] = []
  const texts: string[] = []
  const ended = new AbortController()
  const pipe = pipeOf(texts, () => {
    // The pipe was found empty; now the loader writes its last line and ends.
    if (!ended.signal.aborted) texts.push('last\n')
    ended.abort()
  })
  await followLines(pipe, (line) => lines.push(line), ended.signal)
  assert.equal(lines, ['last'])
})

test('lines from before are skipped', async () => {
  const texts = ['old\n', 'older\n']
  await skipLines(pipeOf(texts))
  assert.equal(texts, [])
})

test('an error that is not emptiness is a failure', async () => {
  const pipe: Pipe = {
    read: () => Promise.reject(Object.assign(new Error('busy'), { code: 'EBUSY' })),
  }
  assert.match(await messageOf(followLines(pipe, () => {}, AbortSignal.abort())), 'busy')
})

test('a dry run only says the command, with the arguments of the task', async () => {
  const { ctx, said, commands } = body({ dryRun: true, args: ['--object', 'a b'] })
  assert.is(await runLoader(ctx, ['build/x'], { tracePipe: true }, true), 0)
  assert.equal(said, ["build/x --object 'a b'"])
  assert.equal(commands, [])
})

/** Few enough for the 7 KiB that the kernel keeps before the first event is enabled. */
const LINES = 100

const live = (name: string, act: () => Promise<void>) => {
  const problem = tracingProblem()
  if (problem !== undefined) skip(test, name, problem)
  else
    test(name, () => {
      leaveTracefs()
      return act()
    })
}

live('tracefs is mounted aloud where it is not, and only there', async () => {
  const before = findTracefs()
  const { ctx, said, commands } = body({ environment: { PATH: process.env.PATH } })
  assert.is(await runLoader(ctx, ['true']), 0)
  const mount = before.state === 'unmounted' ? before.mount.join(' ') : undefined
  assert.equal(said, mount === undefined ? [] : [`tracefs is not mounted: ${mount}`])
  assert.is(commands.length, mount === undefined ? 1 : 2)
  assert.is(findTracefs().state, 'mounted')
})

live('the loader’s exit status is the task’s', async () => {
  const { ctx } = body({ environment: { PATH: process.env.PATH } })
  assert.is(await runLoader(ctx, ['sh', '-c', 'exit 3']), 3)
})

live('the loader’s lines and the trace come as one stream, none lost at the end', async () => {
  const { ctx, said } = body({ environment: { PATH: process.env.PATH } })
  writeFileSync(markerFile(), 'from before\n')
  const status = await runLoader(ctx, marking(LINES), { tracePipe: true })
  assert.is(status, 0)
  assert.equal(
    said.filter((line) => line.includes('from before')),
    [],
  )
  assert.is(said.filter((line) => /bpf-tasks test \d/.test(line)).length, LINES)
  assert.is(said.filter((line) => line === 'loader started').length, 1)
})

for (const root of [true, false]) {
  const way = root ? 'as root' : 'through sudo'
  live(`another reader of the trace is named, ${way}`, async () => {
    using sudo = new FakeSudo()
    const { ctx, said } = body({ environment: { PATH: sudo.path } })
    await runLoader(ctx, ['true'])
    const tracefs = findTracefs()
    const pipe = tracefs.state === 'mounted' ? `${tracefs.path}/trace_pipe` : ''
    const other = spawn('sh', ['-c', `exec 3<${pipe} && echo open && read line`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    try {
      await once(other.stdout, 'data')
      said.length = 0
      const failure = await failureOf(runLoader(ctx, ['echo', 'ran'], { tracePipe: true }, root))
      assert.match(failure.block.what, 'being read by another process')
      const facts = new Map(failure.block.facts)
      assert.is(facts.get('trace'), pipe)
      assert.match(facts.get('read by') ?? '', `${other.pid}: sh -c 'exec 3<`)
      assert.match(failure.block.hint ?? '', `sudo kill ${other.pid}`)
      assert.is(said.includes('ran'), false)
    } finally {
      other.stdin.end()
      await once(other, 'close')
    }
  })
}

live('through sudo, the same lines come, and the commands are said', async () => {
  using sudo = new FakeSudo()
  const { ctx, said, commands } = body({ environment: { PATH: sudo.path } })
  assert.is(await runLoader(ctx, marking(LINES), { tracePipe: true }, false), 0)
  assert.is(said.filter((line) => /bpf-tasks test \d/.test(line)).length, LINES)
  assert.is(said.filter((line) => /^sudo .*tracereader\.ts /.test(line)).length, 1)
  assert.is(said.filter((line) => line.startsWith('sudo sh -c')).length, 1)
  assert.is(
    commands.every(([first]) => first === 'sudo'),
    true,
  )
  const leftover = commands[0]?.at(-2) ?? ''
  assert.match(leftover, 'bpf-tasks-')
  assert.is(existsSync(leftover), false)
})

live('a loader that crashed is told from one that was interrupted', async () => {
  const crash = ['sh', '-c', 'kill -SEGV $$']
  const { ctx } = body({ environment: { PATH: process.env.PATH } })
  assert.match(await messageOf(runLoader(ctx, crash)), 'ended by a signal')
  const asked = new AbortController()
  const interrupted = body({
    environment: { PATH: process.env.PATH },
    signal: asked.signal,
    command: () => {
      asked.abort()
      return { status: null }
    },
  })
  assert.is(await runLoader(interrupted.ctx, ['sh']), 130)
})

live('nothing is started any more once the runner is asked to end', async () => {
  const { ctx, commands } = body({ signal: AbortSignal.abort() })
  assert.is(await runLoader(ctx, ['sh'], { tracePipe: true }), 130)
  assert.equal(commands, [])
})

/** Writes marked lines to the trace and ends at once. */
function marking(count: number): string[] {
  const loop = 'while [ $i -lt $1 ]; do echo "bpf-tasks test $i"; i=$((i+1)); done > $2'
  const script = `echo loader started; i=0; ${loop}`
  return ['sh', '-c', script, 'sh', String(count), markerFile()]
}

function markerFile(): string {
  const tracefs = findTracefs()
  return tracefs.state === 'mounted' ? `${tracefs.path}/trace_marker` : '/dev/null'
}

/** Why tests with a trace cannot run here. */
function tracingProblem(): string | undefined {
  return process.getuid?.() === 0 ? tracefsLack() : 'not root'
}

/** A sudo that is none, first in a PATH. */
class FakeSudo {
  readonly #folder = mkdtempSync(join(tmpdir(), 'bpf-tasks-test-'))
  readonly path = `${this.#folder}:${process.env.PATH}`

  constructor() {
    writeFileSync(join(this.#folder, 'sudo'), '#!/bin/sh\nexec "$@"\n')
    chmodSync(join(this.#folder, 'sudo'), 0o755)
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true })
  }
}

async function failureOf(work: Promise<unknown>): Promise<UserError> {
  try {
    await work
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('it did not fail')
}

async function messageOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (error instanceof UserError || error instanceof Error) return error.message
  }
  throw new Error('it did not fail')
}

test.run()
