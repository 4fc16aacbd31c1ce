// The kernel matrix: all demos on two Debian kernels in guests, which end when they should.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cpio, type Entry } from '../../tasks/bpf/proof/vm/cpio.ts'
import { type Boot, runGuest } from '../../tasks/bpf/proof/vm/guest.ts'
import { body } from '../support/faketaskcontext.ts'
import { inPath, skip } from '../support/needs.ts'
import { eventsOf, repository } from '../support/tree.ts'

const ARGV = ['--import', `file://${repository}/node_modules/tsx/dist/loader.mjs`, 'tasks.ts']

/** Runs in this repository itself: what it built and the kernels that it fetched are kept. */
function run(...args: string[]) {
  return spawnSync(process.execPath, [...ARGV, ...args], {
    cwd: repository,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
}

/** Why guests cannot be had here; undefined where they can. */
function obstacle(): string | undefined {
  if (process.arch !== 'x64') return 'guests are for x86_64'
  for (const program of ['qemu-system-x86_64', 'busybox', 'apt-get', 'clang']) {
    if (!inPath(program)) return `no ${program} here`
  }
  return undefined
}

const why = obstacle()
const started = performance.now()
const proof = why === undefined ? run('vm', '--json') : undefined
const seconds = Math.round((performance.now() - started) / 1000)
/** A machine without the archive of packages cannot get kernels. */
const unreachable = /could not be fetched|no package has a kernel/.exec(proof?.stdout ?? '')?.[0]

function guestTest(name: string, act: () => Promise<void> | void): void {
  const reason = why ?? unreachable
  if (reason === undefined) test(name, act)
  else skip(test, name, `vm: ${reason}`)
}

guestTest('all demos pass on both Debian kernels, probe_execve by its kprobe too', () => {
  const events = eventsOf(proof?.stdout ?? '')
  const [table] = events.flatMap((event) =>
    event.type === 'table' && event.name === 'matrix' ? [event] : [],
  )
  assert.is(proof?.status, 0, (proof?.stdout ?? '') + (proof?.stderr ?? ''))
  const kernels = (table?.columns ?? []).map(({ key }) => key).filter((key) => /cloud/.test(key))
  assert.match(kernels.join(), /^6\.1\..*,6\.12\./)
  const rows = (table?.rows ?? []).filter(({ what }) => what !== 'how it ran')
  const names = rows.map(({ what }) => String(what))
  for (const demo of ['trace_execve', 'probe_execve']) {
    assert.is(names.filter((name) => name.startsWith(`check ${demo}`)).length, 4)
    assert.ok(names.includes(`verify ${demo}`))
  }
  assert.ok(names.some((name) => name.startsWith('check helloworld')))
  for (const kernel of kernels) {
    for (const row of rows) assert.match(String(row[kernel]), /^OK/, `${row['what']} on ${kernel}`)
  }
  assert.ok(seconds < 180, `it took ${seconds} s`)
  process.stdout.write(`vm took ${seconds} s\n`)
})

guestTest('no guest is left behind', () => {
  assert.equal(guests(), [])
})

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  guestTest(`guests end when the runner is ended by ${signal}`, async () => {
    const child = spawn(process.execPath, [...ARGV, 'vm', '--', '--accel', 'tcg'], {
      cwd: repository,
      stdio: 'ignore',
    })
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    await until(() => guests().length === 2 || child.exitCode !== null)
    assert.is(child.exitCode, null, 'it ended before its guests ran')
    child.kill(signal)
    const status = await ended
    await until(() => guests().length === 0)
    assert.is(status, signal === 'SIGINT' ? 130 : null)
  })
}

guestTest('a panic is told with the last lines of the console', async () => {
  const guest = await boot('echo c > /proc/sysrq-trigger', 60)
  assert.match(guest.problem?.what ?? '', 'panicked: sysrq triggered crash')
  assert.match(guest.problem?.console ?? '', /Kernel panic/)
})

guestTest('a hang is ended in time', async () => {
  const guest = await boot('while :; do :; done', 3)
  assert.is(guest.problem?.what, 'did not end within 3 s')
  assert.equal(guests(), [])
})

/** Boots the oldest kernel that was fetched, with a script that is its only program. */
async function boot(script: string, limit: number) {
  const kernels = `${repository}/build/kernels`
  const [name = ''] = readdirSync(kernels).sort()
  const folder = `${repository}/build/vm/test`
  const busybox = readFileSync(
    ['/bin/busybox', '/usr/bin/busybox'].find((path) => spawnSync(path).status === 0) ?? '',
  )
  const init = `#!/bin/busybox sh\n/bin/busybox mount -t proc proc /proc\n${script}\n`
  const entries: Entry[] = [
    { kind: 'folder', path: 'bin' },
    { kind: 'folder', path: 'dev' },
    { kind: 'folder', path: 'proc' },
    { kind: 'device', path: 'dev/console', major: 5, minor: 1 },
    { kind: 'file', path: 'bin/busybox', bytes: busybox },
    { kind: 'file', path: 'init', bytes: Buffer.from(init) },
  ]
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}.initramfs`, cpio(entries))
  const { ctx } = body({ environment: { PATH: process.env['PATH'] } })
  const boot: Boot = {
    kernel: { name, image: `${kernels}/${name}/vmlinuz` },
    accelerator: 'tcg',
    initramfs: `${folder}.initramfs`,
    folder,
    seconds: limit,
  }
  return await runGuest(ctx, boot, 'jobs')
}

/** Process ids of qemu with this repository's files. */
function guests(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return words[0] === 'qemu-system-x86_64' && words.join(' ').includes(`${repository}/build/vm`)
    } catch {
      return false
    }
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
