// What memory is left, by files of the kernel that the test makes up, and what follows for -j.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { edge } from '../../../tasks/engine/declare/edge.ts'
import { pool } from '../../../tasks/engine/declare/pool.ts'
import { MemoryBound, openLimits } from '../../../tasks/engine/run/limits.ts'
import { freeMemory, jobsFor } from '../../../tasks/engine/run/memory.ts'
import { FakeWork } from '../../support/heldwork.ts'

const MIB = 1 << 20
const GIB = 1 << 30

/** A machine by its files; a number in `meminfo` is what is available, in MiB. */
function machine(available: number | undefined, files: Readonly<Record<string, string>> = {}) {
  return (path: string): string | undefined => {
    if (path !== '/proc/meminfo') return files[path]
    if (available === undefined) return undefined
    return `MemTotal:       99999999 kB\nMemAvailable:   ${available * 1024} kB\nBuffers: 1 kB\n`
  }
}

test('the machine’s own figure, where nothing else bounds', () => {
  assert.is(freeMemory(machine(3000)), 3000 * MIB)
  assert.is(freeMemory(machine(undefined)), undefined)
  assert.is(freeMemory(machine(3000, { '/proc/self/cgroup': '0::/\n' })), 3000 * MIB)
})

test('of a pool whose commands need much, as many run at once as there is memory for', () => {
  const depth = (available: number | undefined, of = 8): number => {
    const notes: string[] = []
    const limits = openLimits({
      ...{ asked: 9, processors: 2, makeFlags: undefined, readText: machine(available) },
      foreign: { environment: {}, isLive: false },
      note: (text) => notes.push(text),
    })
    for (const bound of limits.bounds) bound.close()
    return limits.depthOf(pool('guests', of, { mebibytes: 768 }))
  }
  assert.is(depth(3000), 3)
  assert.is(depth(100), 1)
  assert.is(depth(64_000), 8)
  assert.is(depth(64_000, 2), 2)
  assert.is(depth(undefined), 8)
})

test('a control group bounds, and so does one above it; caches can be dropped', () => {
  const own = { '/proc/self/cgroup': '0::/ci/job\n' }
  const job = {
    '/sys/fs/cgroup/ci/job/memory.max': `${2 * GIB}\n`,
    '/sys/fs/cgroup/ci/job/memory.current': `${GIB}\n`,
    '/sys/fs/cgroup/ci/job/memory.stat': `anon 1\ninactive_file ${MIB}\nactive_file 7\n`,
  }
  assert.is(freeMemory(machine(9000, { ...own, ...job })), GIB + MIB)
  const above = {
    '/sys/fs/cgroup/ci/memory.max': `${3 * GIB}\n`,
    '/sys/fs/cgroup/ci/memory.current': `${3 * GIB - 5 * MIB}\n`,
  }
  assert.is(freeMemory(machine(9000, { ...own, ...job, ...above })), 5 * MIB)
  const unbounded = { ...job, '/sys/fs/cgroup/ci/job/memory.max': 'max\n' }
  assert.is(freeMemory(machine(9000, { ...own, ...unbounded })), 9000 * MIB)
  const over = { ...job, '/sys/fs/cgroup/ci/job/memory.current': `${3 * GIB}\n` }
  assert.is(freeMemory(machine(9000, { ...own, ...over })), 0)
})

test('the first version of control groups says the same in other files', () => {
  const files = {
    '/proc/self/cgroup': '9:cpu,cpuacct:/x\n5:memory:/box\n',
    '/sys/fs/cgroup/memory/box/memory.limit_in_bytes': `${GIB}\n`,
    '/sys/fs/cgroup/memory/box/memory.usage_in_bytes': `${GIB / 2}\n`,
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    '/sys/fs/cgroup/memory/memory.usage_in_bytes': '1\n',
  }
  assert.is(freeMemory(machine(9000, files)), GIB / 2)
})

test('-j is lowered to what there is memory for, never below one, and it is said', () => {
  assert.is(jobsFor(8, undefined), 8)
  assert.is(jobsFor(8, 64 * GIB), 8)
  assert.is(jobsFor(8, 0), 1)
  const told: string[] = []
  const limits = (asked: number | undefined, free: number) =>
    openLimits({
      asked,
      processors: 16,
      makeFlags: undefined,
      foreign: { environment: {}, isLive: false },
      readText: machine(free),
      note: (text) => told.push(text),
    }).jobs
  assert.is(limits(undefined, 100_000), 16)
  assert.equal(told, [])
  assert.is(limits(undefined, 1024), 4)
  assert.is(limits(12, 100), 1)
  assert.equal(told, [
    'at most 4 at once instead of 16: only 1024 MiB of memory are free',
    'at most 1 at once instead of 12: only 100 MiB of memory are free',
  ])
})

test('memory that runs short while commands run holds back the next, but never all', async () => {
  let available = 4000
  let now = 0
  const bounds = [
    new MemoryBound(
      (path) => machine(available)(path),
      () => (now += 1000),
    ),
  ]
  const targets = ['a', 'b', 'c', 'd'].map((path) =>
    edge({ rule: 'MAKE', outputs: [path], command: [] }),
  )
  const work = new FakeWork(targets, { jobs: 2, bounds })
  assert.equal(work.running, ['a', 'b'])
  available = 10
  await work.end('a')
  assert.equal(work.running, ['b'])
  await work.end('b')
  assert.equal(work.running, ['c'])
  available = 4000
  await work.end('c')
  assert.equal(work.running, ['d'])
  await work.end('d')
  assert.is(work.totals?.ran, 4)
})

test.run()
