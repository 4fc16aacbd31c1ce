// The matrix: all demos on Debian's kernels in guests, booted where something changed and not otherwise.
import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { KernelFindings } from '../../tasks/bpf/proof/verdict/index.ts'
import type { Event } from '../../tasks/engine/index.ts'
import { Demos } from '../support/demos.ts'
import { guestLack, guests } from '../support/guests.ts'
import { CROSS, inPath, skip } from '../support/needs.ts'
import { eventsOf, Tree } from '../support/tree.ts'

const X86 = ['5.10-x86', '6.1-x86', '6.12-x86', '7.2-x86']
const armLack = [`${CROSS}gcc`, 'qemu-system-aarch64'].find((program) => !inPath(program))
const KERNELS = armLack === undefined ? ['6.1-arm64', ...X86] : X86
const DEMOS = ['helloworld', 'trace_execve', 'probe_execve']

/** Results of commands, shared by the clones of this file and by nobody else. */
const shared = new Tree()
const cached = { ACTION_CACHE_DIR: shared.at('cache') }
const tree = new Demos()

interface Ran {
  readonly status: number | null
  readonly events: readonly Event[]
  readonly seconds: number
  readonly said: string
}

function run(where: Tree, ...args: string[]): Ran {
  const started = performance.now()
  const { status, stdout, stderr } = where.run([...args, '--json'], cached)
  const seconds = (performance.now() - started) / 1000
  return { status, events: eventsOf(stdout), seconds, said: stdout + stderr }
}

/** Kernels that guests were booted with; those whose evidence was kept are left out. */
function booted({ events }: Ran): string[] {
  return events
    .flatMap((event) => {
      if (event.type !== 'finish' || event.rule !== 'VM' || event.from !== undefined) return []
      return /proof\/([^/]+)\//.exec(event.outputs[0] ?? '')?.[1] ?? []
    })
    .sort()
}

function verdictOf(where: Tree, kernel: string): KernelFindings {
  return JSON.parse(where.read(`build/proof/${kernel}/verdict.json`)) as KernelFindings
}

const why = guestLack()
const cold = why === undefined ? run(tree, 'vm') : undefined
/** A machine that cannot reach the archive cannot get kernels. */
const unreachable = /deb\.debian\.org reachable|keys of Debian's archive are not here/.exec(
  cold?.said ?? '',
)?.[0]

test.after(() => {
  for (const one of [tree, shared]) one[Symbol.dispose]()
})

function guestTest(name: string, act: () => Promise<void> | void): void {
  const reason = why ?? unreachable
  if (reason === undefined) test(name, act)
  else skip(test, name, `vm: ${reason}`)
}

guestTest('all demos pass on every kernel, probe_execve by its kprobe too', () => {
  assert.is(cold?.status, 0, cold?.said)
  assert.equal(booted(cold as Ran), [...KERNELS].sort())
  for (const kernel of KERNELS) {
    const { findings, problem, ms } = verdictOf(tree, kernel)
    assert.is(problem, undefined)
    assert.ok(ms > 0)
    for (const { tool, name, outcome } of findings)
      assert.is(outcome, 'ok', `${tool} ${name} on ${kernel}`)
    assert.equal([...new Set(findings.map(({ tool }) => tool))].sort(), [...DEMOS].sort())
    for (const demo of DEMOS.slice(1)) {
      const own = findings.filter(({ tool }) => tool === demo)
      assert.is(own.filter(({ kind }) => kind === 'check').length, 4)
      assert.is(own.filter(({ kind }) => kind === 'verify').length, 1)
    }
  }
  process.stdout.write(`cold: ${KERNELS.length} kernels in ${cold?.seconds.toFixed(1)} s\n`)
})

if (armLack !== undefined) skip(test, 'probe_execve fires on arm64', `no ${armLack} here`)

guestTest('a second run boots nothing', () => {
  const again = run(tree, 'vm')
  assert.is(again.status, 0, again.said)
  assert.equal(booted(again), [])
  process.stdout.write(`null: ${KERNELS.length} kernels in ${again.seconds.toFixed(1)} s\n`)
})

guestTest('a comment boots nothing', () => {
  tree.append('projects/helloworld/helloworld.bpf.c', '/* a comment */\n')
  const ran = run(tree, 'vm')
  assert.is(ran.status, 0, ran.said)
  assert.equal(booted(ran), [])
})

guestTest('one changed instruction boots each kernel once', () => {
  const path = 'projects/helloworld/helloworld.bpf.c'
  tree.write(path, tree.read(path).replace('return 0;', 'bpf_get_smp_processor_id();\n\treturn 0;'))
  const ran = run(tree, 'vm')
  assert.is(ran.status, 0, ran.said)
  assert.equal(booted(ran), [...KERNELS].sort())
})

guestTest('a second clone with the cache boots nothing, and has every verdict', () => {
  using clone = new Demos()
  const ran = run(clone, 'vm')
  assert.is(ran.status, 0, ran.said)
  assert.equal(booted(ran), [])
  const fetched = ran.events.flatMap((event) =>
    event.type === 'finish' && event.rule === 'KERNEL' ? [event.from] : [],
  )
  assert.ok(fetched.length >= X86.length && fetched.every((from) => from === 'folder'))
  for (const kernel of KERNELS) assert.equal(verdictOf(clone, kernel).problem, undefined)
})

guestTest('a broken demo fails on its kernel, and is booted again', () => {
  const path = 'projects/helloworld/helloworld.bpf.c'
  const right = tree.read(path)
  tree.write(path, right.replace('Hello, World!', 'Hello, Moon!'))
  for (const _ of [1, 2]) {
    const ran = run(tree, 'vm:6.12-x86')
    assert.is(ran.status, 1)
    assert.equal(booted(ran), ['6.12-x86'])
    assert.match(ran.said, 'helloworld: a greeting for each process')
    const found = verdictOf(tree, '6.12-x86').findings.filter(({ expected }) => !expected)
    assert.equal(
      found.map(({ tool, outcome }) => [tool, outcome]),
      [['helloworld', 'failed']],
    )
  }
  tree.write(path, right)
  const mended = run(tree, 'vm:6.12-x86')
  assert.is(mended.status, 0, mended.said)
  assert.equal(booted(mended), [])
})

guestTest('no guest is left behind', () => {
  assert.equal(guests(tree.root), [])
})

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  guestTest(`a guest ends when the runner is ended by ${signal}`, async () => {
    // Another bound is another guest.
    const child = tree.start(['vm', '--', '--kernel', '6.1', '--seconds', '99'], cached)
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    await until(() => guests(tree.root).length === 1 || child.exitCode !== null)
    assert.is(child.exitCode, null, 'it ended before its guest ran')
    child.kill(signal)
    const status = await ended
    await until(() => guests(tree.root).length === 0)
    assert.is(status, signal === 'SIGINT' ? 130 : null)
  })
}

/** Asks again and again, until it is so; fails after half a minute. */
async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 30_000
  while (!isSo()) {
    assert.ok(performance.now() < end, 'waited too long')
    await pause(20)
  }
}

test.run()
