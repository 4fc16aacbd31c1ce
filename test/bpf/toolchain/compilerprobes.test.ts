// What is read from the words of compilers: architecture, folders of headers, targets, libbpf.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  arch,
  archOf,
  bpfTarget,
  includeFolders,
  listedFolders,
  searchedFolders,
  systemIncludes,
} from '../../../tasks/bpf/toolchain/compilerprobes.ts'
import { cc } from '../../../tasks/bpf/toolchain/programs.ts'
import { type Derived, UserError } from '../../../tasks/engine/index.ts'

test('each machine of uname has the name that the kernel gives its architecture', () => {
  const names: readonly (readonly [machine: string, arch: string])[] = [
    ['x86_64', 'x86'],
    ['i686', 'x86'],
    ['x86', 'x86'],
    ['amd64', 'x86'],
    ['aarch64', 'arm64'],
    ['arm64', 'arm64'],
    ['armv7l', 'arm'],
    ['ppc64le', 'powerpc'],
    ['powerpc64le', 'powerpc'],
    ['mips64el', 'mips'],
    ['riscv64', 'riscv'],
    ['loongarch64', 'loongarch'],
    ['s390x', 's390'],
    ['powerpc', 'powerpc'],
    ['riscv', 'riscv'],
    ['loong64', 'loongarch'],
    ['mipsisa64r6el', 'mips'],
    ['sparc64', 'sparc'],
    ['arc', 'arc'],
  ]
  for (const [machine, arch] of names) assert.is(archOf(machine), arch, machine)
})

test('an unknown machine is refused with the names that are known', () => {
  for (const machine of ['vax', '', 'x86_65', 'my-aarch64']) {
    const error = thrown(() => archOf(machine))
    assert.is(error.block.status, 2)
    assert.match(error.block.what, machine)
    assert.match(error.block.facts?.[0]?.[1] ?? '', /^x86 arm64 arm powerpc .*s390/)
    assert.match(error.block.hint ?? '', 'ARCH=')
  }
})

test('ARCH may be any name of an architecture that libbpf knows, and nothing that only looks like one', () => {
  assert.is(arch.make(['arm64']), 'arm64')
  assert.is(arch.make(['sparc']), 'sparc')
  for (const name of ['x86_64', 'amd64', 'x86']) assert.is(arch.make([name]), 'x86')
  assert.is(arch.make(['ppc64le']), 'powerpc')
  for (const name of ['arm46', 'x86_46', 'arm64 ', 'riscv63']) {
    assert.match(thrown(() => arch.make([name])).block.what, name)
  }
})

test('without ARCH the compiler of user space is asked', () => {
  const asked = arch.make([undefined]) as string | Derived<string>
  if (typeof asked === 'string') throw new Error('nothing was asked')
  assert.is(asked.make([['aarch64-linux-gnu']]), 'arm64')
  assert.is(asked.make([['s390x-redhat-linux']]), 's390')
  const [compiler] = asked.from
  if (compiler?.kind !== 'probe') throw new Error('no probe')
  assert.equal(compiler.read(saying({ stdout: 'x86_64-pc-linux-gnu\n' })), ['x86_64-pc-linux-gnu'])
  thrown(() => compiler.read(saying({ stdout: '\n' })))
})

const VERBOSE = `Debian clang version 14.0.6
Target: x86_64-pc-linux-gnu
 "/usr/lib/llvm-14/bin/clang" -cc1 -triple x86_64-pc-linux-gnu -E -o - -x c -
ignoring nonexistent directory "/include"
#include "..." search starts here:
 /home/a user/quoted
#include <...> search starts here:
 /usr/lib/llvm-14/lib/clang/14.0.6/include
 /usr/include/x86_64-linux-gnu
 /System/Library/Frameworks (framework directory)
 /opt/with space/include
End of search list.
 /not/this
`

test('folders of headers are those between the two lines, in order', () => {
  assert.equal(includeFolders(VERBOSE), [
    '/usr/lib/llvm-14/lib/clang/14.0.6/include',
    '/usr/include/x86_64-linux-gnu',
    '/opt/with space/include',
  ])
  assert.equal(includeFolders('clang: error: no input files'), [])
  assert.equal(includeFolders(''), [])
})

test('a folder without a place of its own counts as first and as last', () => {
  assert.equal(listedFolders(VERBOSE), [
    '/include',
    '/home/a user/quoted',
    '/usr/lib/llvm-14/lib/clang/14.0.6/include',
    '/usr/include/x86_64-linux-gnu',
    '/opt/with space/include',
    '/include',
  ])
  const twice = VERBOSE.replace('nonexistent directory "', 'duplicate directory "/opt/with space')
  assert.is(listedFolders(twice).length, 4, 'one that is listed has its place')
})

test('what has no say in the folders is no part of the question', () => {
  const words = [
    '-I',
    'a',
    ['-DX=1', '-UX', '-Wall', '-O2', '-g3', '-isystem', 'b'],
    '-D',
    'Y',
    '-Wp,-Ic',
  ]
  const { command, environment } = searchedFolders(cc, words, 'c++')
  assert.equal(command[1], ['-I', 'a', ['-isystem', 'b'], '-D', 'Y', '-Wp,-Ic'])
  assert.equal(command.slice(-2), ['c++', '-'])
  assert.ok('CPATH' in environment)
})

test('system folders are searched behind all others', () => {
  assert.equal(systemIncludes.make([['/a', '/b c']]), ['-idirafter', '/a', '-idirafter', '/b c'])
  assert.equal(systemIncludes.make([[]]), [])
})

test('a clang that knows the target bpf adds nothing to the command', () => {
  const targets = '  Registered Targets:\n    bpf    - BPF (host endian)\n    x86    - 32-bit X86\n'
  assert.equal(bpfTarget.read(saying({ stdout: targets })), [])
})

test('a clang that knows only targets with bpf in their names is refused', () => {
  const targets = '  Registered Targets:\n    bpfel  - BPF (little endian)\n    arm    - ARM\n'
  const { block } = thrown(() => bpfTarget.read(saying({ stdout: targets })))
  assert.equal(block.facts, [['it knows', 'bpfel arm']])
  assert.match(block.hint ?? '', /tasks\.ts setup.*CLANG=/)
  thrown(() => bpfTarget.read(saying({ status: 1, stderr: 'unknown option' })))
})

function saying(said: { status?: number; stdout?: string; stderr?: string }) {
  return { status: 0, stdout: '', stderr: '', ...said }
}

function thrown(act: () => unknown): UserError {
  try {
    act()
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('it did not fail')
}

test.run()
