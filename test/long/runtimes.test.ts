// tasks.ts runs alike on every runtime, and what one built is up to date for the others.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../tasks/engine/index.ts'
import { builtDemos, Demos } from '../support/demos.ts'
import { skip, testWith } from '../support/needs.ts'
import { deno, nodeAlone, nodeWithTsx, type Runtime } from '../support/runtimes.ts'
import { eventsOf, type Ran } from '../support/tree.ts'
import { Running } from '../support/watchedprocess.ts'

const here = ['clang', 'btf'] as const

const sought = { tsx: nodeWithTsx(), node: nodeAlone(), deno: deno() }
const runtimes = Object.entries(sought).flatMap(([name, found]) => {
  if ('runtime' in found) return [found.runtime]
  skip(test, `${name} runs tasks.ts`, found.lacks)
  return []
})

for (const builder of runtimes) {
  testWith(test, here, `${builder.name} builds the demos, and all others agree`, () => {
    using tree = new Demos()
    const sources = tree.files()
    const first = run(tree, builder, ['build', '--json'])
    assert.is(first.status, 0, first.stderr)
    assert.is(first.stderr, '')
    const made = outputsOf(first)
    assert.ok(made.includes('build/trace_execve/trace_execve'))
    assert.equal(
      tree.files().filter((path) => !path.startsWith('build/')),
      sources,
    )
    for (const other of runtimes) {
      const again = run(tree, other, ['build', '--json'])
      assert.is(again.status, 0, again.stderr)
      assert.equal(outputsOf(again), [], `${other.name} after ${builder.name}`)
    }
    for (const other of runtimes) {
      const source = 'projects/helloworld/helloworld.bpf.c'
      tree.write(source, tree.read(source).replace('World!', 'World!!'))
      const ran = outputsOf(run(tree, other, ['build', '--json']))
      assert.is(ran[0], 'build/helloworld/helloworld', other.name)
      assert.equal(
        ran.filter((path) => path.includes('trace_execve')),
        [],
        other.name,
      )
    }
    assert.is(run(tree, builder, ['clean']).status, 0)
    assert.equal(tree.files(), sources)
  })
}

for (const runtime of runtimes) {
  testWith(test, here, `${runtime.name} tells an edit before a build from one during it`, () => {
    using tree = builtDemos()
    const source = 'projects/helloworld/helloworld.bpf.c'
    run(tree, runtime, ['build', '-q'])
    for (let times = 0; times < 2; times++) {
      // Written the very moment before, as by an editor that then starts the build.
      tree.write(source, tree.read(source))
      assert.equal(outputsOf(run(tree, runtime, ['build', '--json'])), [
        'build/helloworld/helloworld.bpf.o',
      ])
      assert.equal(outputsOf(run(tree, runtime, ['build', '--json'])), [])
    }
  })
}

testWith(
  test,
  here,
  'a failure reads the same on every runtime, but for how that is called',
  () => {
    using tree = new Demos()
    tree.append('projects/helloworld/helloworld.bpf.c', 'oops\n')
    const [expected, ...others] = runtimes.map((runtime) => {
      const syntax = run(tree, runtime, ['build:helloworld', '-q'])
      const usage = run(tree, runtime, ['buidl'])
      const setting = run(tree, runtime, ['build', 'CLANG=/nope'])
      const start = { deno: 'deno run -A', node: 'node' }[runtime.name] ?? 'npx tsx'
      assert.match(usage.stderr, `? ${start} tasks.ts --list`, runtime.name)
      return [syntax, usage, setting].map(({ status, stderr }) => ({
        status,
        stderr: stderr.replace(`${start} tasks.ts`, 'tasks.ts'),
      }))
    })
    assert.equal(
      expected?.map(({ status }) => status),
      [1, 2, 1],
    )
    assert.match(expected?.[0]?.stderr ?? '', /helloworld\.bpf\.c:\d+:\d+: error: /)
    for (const found of others) assert.equal(found, expected)
  },
)

for (const runtime of runtimes) {
  test(`${runtime.name} ends what it started, and removes what is half made, on a signal`, async () => {
    using tree = new Demos()
    const script = 'echo half > build/half; echo $$; exec sleep 1000 # until it is ended'
    tree.tasks(`
const half = edge({ rule: 'HALF', outputs: ['build/half'], command: ['sh', '-c', 'echo $$ > pid; ${script}'] })
await main({ build: task('Half', [half]) })
`)
    spawnSync('mkfifo', [tree.at('pid')])
    for (const [signal, status] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      await using running = start(tree, runtime, ['build'])
      // Reading the fifo waits until the command writes its number into it.
      const pid = Number(await fs.promises.readFile(tree.at('pid'), 'utf8'))
      assert.ok(fs.existsSync(`/proc/${pid}`))
      running.kill(signal)
      assert.is(await running.end(), status)
      assert.not.ok(isRunning(pid), `${pid} goes on`)
      assert.not.ok(tree.exists('build/half'))
    }
  })
}

function run(tree: Demos, runtime: Runtime, args: readonly string[]): Ran {
  const [program = '', ...words] = runtime.command
  const { status, stdout, stderr } = spawnSync(program, [...words, ...args], {
    cwd: tree.root,
    encoding: 'utf8',
    env: environmentOf(runtime),
  })
  return { status, stdout, stderr }
}

function start(tree: Demos, runtime: Runtime, args: readonly string[]): Running {
  return new Running([...runtime.command, ...args], {
    cwd: tree.root,
    env: environmentOf(runtime),
  })
}

function environmentOf(runtime: Runtime): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env
  return { PATH, HOME, ACTION_CACHE_DIR: 'off', ...runtime.environment }
}

function outputsOf({ stdout }: Ran): string[] {
  const isStart = (event: Event) => (event.type === 'start' ? [event.outputs[0] ?? ''] : [])
  return eventsOf(stdout).flatMap(isStart).sort()
}

/** False as well for one that ended and that its parent has not asked about yet: proc(5). */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s*Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

test.run()
