// The demos are built for another architecture with CROSS_COMPILE, and start there.
import { spawnSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { builtDemos, Demos } from '../support/demos.ts'
import { inPath, skip, testWith } from '../support/needs.ts'

const prefix = 'aarch64-linux-gnu-'
const cross = [`CROSS_COMPILE=${prefix}`]
const loaders = ['helloworld/helloworld', 'trace_execve/trace_execve', 'trace_execve/probe_execve']

const lack = lackOfCross()
const needs = ['clang', 'btf'] as const
const crossTest = (name: string, body: () => void): void =>
  lack === undefined ? testWith(test, needs, name, body) : skip(test, name, lack)

/** Why nothing can be built for arm64 here. */
function lackOfCross(): string | undefined {
  if (!inPath(`${prefix}gcc`)) return `no ${prefix}gcc here`
  const library = spawnSync(`${prefix}gcc`, ['-print-file-name=libbpf.a'], { encoding: 'utf8' })
  return library.stdout.startsWith('/') ? undefined : 'no libbpf for arm64 here'
}

crossTest('every demo is built for arm64, and starts there', () => {
  using tree = new Demos()
  const built = tree.run(['build', ...cross])
  assert.is(built.status, 0, built.stderr)
  assert.match(built.stdout + built.stderr, /note: the types are those of this machine’s kernel/)
  for (const loader of loaders) {
    const path = tree.at(`build/${loader}`)
    const header = spawnSync('readelf', ['-h', path], { encoding: 'utf8' }).stdout
    assert.match(header, /Machine:\s+AArch64/, loader)
    if (!inPath('qemu-aarch64')) continue
    const { status, stdout } = spawnSync('qemu-aarch64', [path, '--help'], { encoding: 'utf8' })
    assert.is(status, 0, loader)
    assert.match(stdout, /^Usage: /, loader)
  }
  assert.match(tree.run(['build', ...cross]).stdout, /nothing to do/)
})

crossTest('programs are compiled for the target’s registers and headers', () => {
  using tree = new Demos()
  const { stdout } = tree.run(['build', '-n', '-v', ...cross])
  const compiles = stdout.split('\n').filter((line) => /-target bpf.*\.bpf\.c/.test(line))
  assert.is(compiles.length, 3)
  for (const line of compiles) {
    assert.match(line, /-D__TARGET_ARCH_arm64/)
    assert.match(line, /-idirafter \/usr\/include\/aarch64-linux-gnu/)
    assert.not.match(line, /x86/)
  }
})

crossTest('another architecture is another command: all is built again, and back', () => {
  using tree = builtDemos()
  const programs = loaders.map((loader) => `build/${loader}`)
  const ran = tree.ran(['build', ...cross])
  for (const path of programs) assert.ok(ran.includes(path), path)
  const back = tree.ran(['build'])
  for (const path of programs) assert.ok(back.includes(path), path)
})

testWith(test, needs, 'a prefix without its tools is told with what was looked for', () => {
  using tree = new Demos()
  const { status, stderr } = tree.run(['build', 'CROSS_COMPILE=z80-none-'])
  assert.is(status, 1)
  assert.match(stderr, /cc was not found/)
  assert.match(stderr, /z80-none-gcc/)
  assert.match(stderr, /correct CROSS_COMPILE/)
})

test.run()
