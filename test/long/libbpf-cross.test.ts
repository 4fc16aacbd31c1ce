// CROSS_COMPILE builds for another machine; what runs during the build is built for this one.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { refused } from '../support/buildverdicts.ts'
import { CROSS, skip, testWith } from '../support/needs.ts'
import { kernelSources, run } from '../support/sources.ts'
import { builtTree, FLAGS, FROM_SOURCE, SourceTree, sources } from '../support/sourcetree.ts'

const cross = `CROSS_COMPILE=${CROSS}`

/** The machine that a program, library or object is for, as its ELF header has it. */
function machineOf(tree: SourceTree, path: string): string {
  const header = run(['readelf', '-h', path], tree.root)
  return /Machine: +(.*)/.exec(header)?.[1] ?? ''
}

test('a prefix that no compiler has is one block that says what to do', () => {
  using tree = new SourceTree()
  const asked = tree.run(['build', 'CROSS_COMPILE=pdp11-unknown-'])
  const said = ['cc was not found', 'pdp11-unknown-cc, pdp11-unknown-gcc', 'correct CROSS_COMPILE']
  refused(asked, 1, ...said, 'gcc-aarch64-linux-gnu')
})

if ('reason' in sources) skip(test, 'libbpf for another machine', sources.reason)
else {
  const { folder } = sources
  testWith(test, ['cross'], 'libbpf for another machine, and for this one again', () => {
    const tree = builtTree(folder)
    const settings = [...FROM_SOURCE, cross]
    const library = 'build/libbpf/libbpf.so.1.5.0'
    const here = machineOf(tree, library)
    const { status, stderr } = tree.run(['libbpf', ...settings])
    assert.is(status, 0, stderr)
    assert.is(machineOf(tree, library), 'AArch64')
    const members = run(['readelf', '-h', 'build/libbpf/libbpf.a'], tree.root)
    assert.equal(
      [...new Set(members.match(/Machine: .*/g))],
      ['Machine:                           AArch64'],
    )
    assert.equal(tree.ran(['libbpf', ...settings]), [])
    assert.is(tree.run(['libbpf:install', ...settings, 'DESTDIR=dest', 'PREFIX=/opt']).status, 0)
    assert.ok(tree.exists('dest/opt/lib64/libbpf.a'))
    tree.remove('dest')
    tree.remove('build/installed.json')
    assert.is(tree.run(['libbpf', ...FROM_SOURCE]).status, 0)
    assert.is(machineOf(tree, library), here)
  })

  testWith(test, ['cross', 'clang', 'btf'], 'programs for another machine', () => {
    const tree = builtTree(folder)
    const settings = [...FROM_SOURCE, cross]
    const { status, stderr } = tree.run(['build:trace_execve', ...settings])
    assert.is(status, 0, stderr)
    assert.match(stderr, 'the types are those of this machine’s kernel')
    assert.is(machineOf(tree, 'build/trace_execve/trace_execve'), 'AArch64')
    const object = tree
      .events(['-n', '-B', 'build:trace_execve', ...settings])
      .find((event) => event.type === 'start' && event.rule === 'BPF')
    assert.ok(object?.type === 'start' && object.command.includes('-D__TARGET_ARCH_arm64'))
    assert.equal(tree.ran(['build:trace_execve', ...settings]), [])
    tree.remove('build/trace_execve')
  })
}

const kernel = kernelSources()
if ('reason' in kernel) skip(test, 'bpftool for another machine', kernel.reason)
else
  testWith(test, ['cross', 'clang', 'btf'], 'bpftool: its bootstrap stage runs here', () => {
    using tree = new SourceTree()
    const settings = [`BPFTOOL_TOP=${kernel.folder}`, `CFLAGS=${FLAGS}`, cross]
    const { status, stderr } = tree.run(['bpftool', ...settings])
    assert.is(status, 0, stderr)
    assert.is(machineOf(tree, 'build/bpftool/bpftool'), 'AArch64')
    assert.match(run(['build/bpftool/bootstrap/bpftool', 'version'], tree.root), 'bpftool v')
    assert.equal(tree.ran(['bpftool', ...settings]), [])
    const used = tree.run(['-n', '-v', 'vmlinux', ...settings, 'BPFTOOL=build']).stdout
    assert.match(used, 'build/bpftool/bootstrap/bpftool btf dump')
  })

test.run()
