// Single guests of a kernel: one that panics, and one that hangs, each says where within its bound.
import { spawn, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cpio, type Entry } from '../../tasks/bpf/proof/vm/cpio.ts'
import { fetchKernel, type RunCommand } from '../../tasks/bpf/proof/vm/debian.ts'
import { runGuest, type Start } from '../../tasks/bpf/proof/vm/guest.ts'
import { machines } from '../../tasks/bpf/proof/vm/machine.ts'
import { guestLack, guests } from '../support/guests.ts'
import { skip } from '../support/needs.ts'
import { Tree } from '../support/tree.ts'

const tree = new Tree()
test.after(() => tree[Symbol.dispose]())

const run: RunCommand = ([program = '', ...words]) => {
  const options = { encoding: 'utf8', maxBuffer: 1 << 28 } as const
  const { status, stdout, stderr } = spawnSync(program, words, options)
  return { status, stdout, stderr }
}

const start: Start = ([program = '', ...words]) =>
  new Promise((done) => {
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('close', (status) => done({ status, stderr }))
  })

const image = tree.at('vmlinuz')
const why = guestLack() ?? unreachable()

/** Fetches the kernel; why it cannot be had. */
function unreachable(): string | undefined {
  try {
    fetchKernel(run, '6.1', 'amd64', image)
    return undefined
  } catch (error) {
    return String(error)
  }
}

function guestTest(name: string, act: () => Promise<void>): void {
  if (why === undefined) test(name, act)
  else skip(test, name, `vm: ${why}`)
}

/** Boots it with a script that is its only program. */
async function boot(script: string, seconds: number) {
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => fs.existsSync(path)) ?? ''
  const init = `#!/bin/busybox sh\n/bin/busybox mount -t proc proc /proc\n${script}\n`
  const entries: Entry[] = [
    ...['bin', 'dev', 'proc'].map((path): Entry => ({ kind: 'folder', path })),
    { kind: 'device', path: 'dev/console', major: 5, minor: 1 },
    { kind: 'file', path: 'bin/busybox', bytes: fs.readFileSync(busybox) },
    { kind: 'file', path: 'init', bytes: Buffer.from(init) },
  ]
  tree.write('initramfs', cpio(entries))
  const machine = machines.get('x86')
  assert.ok(machine)
  const given = { machine, image, initramfs: tree.at('initramfs'), hidesBtf: false }
  const where = { folder: tree.at('guest'), seconds, accelerator: 'tcg' } as const
  return await runGuest(start, { ...given, ...where }, 'jobs')
}

guestTest('the kernel is as the archive signed it', async () => {
  const origin = JSON.parse(tree.read('vmlinuz.origin.json')) as Record<string, string>
  assert.match(origin['package'] ?? '', /^linux-image-6\.1\..*-cloud-amd64$/)
  assert.match(origin['sha256'] ?? '', /^[0-9a-f]{64}$/)
  assert.equal(
    fs.readdirSync(tree.root).filter((name) => name.startsWith('.fetching')),
    [],
  )
})

guestTest('a panic says where it was, with the last lines of the console', async () => {
  const guest = await boot("echo 'bpf-tasks: hello 0'\necho c > /proc/sysrq-trigger", 60)
  assert.is(guest.problem?.what, 'panicked in ‘hello 0’: sysrq triggered crash')
  assert.match(guest.problem?.console[0] ?? '', /Kernel panic/)
  assert.ok(guest.ms < 60_000)
})

guestTest('a hang is ended in time, and says where it was', async () => {
  // It may not even have come to its script by then: the machine may be slow.
  const guest = await boot("echo 'bpf-tasks: hello 0'\nwhile :; do :; done", 12)
  assert.match(guest.problem?.what ?? '', /^did not end within 12 s( in ‘hello 0’)?$/)
  assert.ok(guest.ms < 20_000)
  assert.equal(guests(tree.root), [])
})

test.run()
