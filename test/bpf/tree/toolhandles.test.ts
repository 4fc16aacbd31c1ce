// Edges of a tree's own get the programs, flags and libbpf that settings choose, as the rules do.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bpfRules } from '../../../tasks/bpf/index.ts'
import { ARCHIVE, FakeMachine } from '../../support/fakemachine.ts'

const bpf = bpfRules({ out: 'out' })

test('each program is the one that its setting names', () => {
  const machine = new FakeMachine()
  const programs = [bpf.cc, bpf.cxx, bpf.ar, bpf.clang, bpf.llc, bpf.llvmStrip, bpf.bpftool]
  const plain = ['cc', 'c++', 'ar', 'clang', 'llc', 'llvm-strip', 'bpftool']
  assert.equal(machine.words(programs), plain)
  for (const name of ['CC', 'CXX', 'AR', 'CLANG', 'LLC', 'LLVM_STRIP', 'BPFTOOL']) {
    machine.disk.put(`/mine/${name}`, 'a program')
    machine.settings[name] = `/mine/${name}`
  }
  const set = ['CC', 'CXX', 'AR', 'CLANG', 'LLC', 'LLVM_STRIP', 'BPFTOOL']
  assert.equal(machine.words(programs), set)
})

test('CROSS_COMPILE stands before the names of cc, c++ and ar', () => {
  const machine = new FakeMachine()
  machine.settings['CROSS_COMPILE'] = 'arm-'
  for (const name of ['cc', 'c++', 'ar']) machine.disk.put(`/bin/arm-${name}`, 'a program')
  assert.equal(machine.words([bpf.cc, bpf.cxx, bpf.ar, bpf.clang]), [
    ...['arm-cc', 'arm-c++', 'arm-ar'],
    'clang',
  ])
})

test('flags of the user are those of the setting, before those of EXTRA_', () => {
  const machine = new FakeMachine()
  const { cflags, cxxflags, ldflags } = bpf
  assert.equal(machine.words([cflags, cxxflags, ldflags]), [])
  Object.assign(machine.settings, {
    CFLAGS: '-O3',
    CXXFLAGS: '-O1',
    LDFLAGS: '-Wl,-z,now',
    EXTRA_CFLAGS: '-DX',
    EXTRA_LDFLAGS: '-s',
  })
  assert.equal(machine.words(cflags), ['-O3', '-DX'])
  assert.equal(machine.words(cxxflags), ['-O1', '-DX'])
  assert.equal(machine.words(ldflags), ['-Wl,-z,now', '-s'])
})

test('CFLAGS and LDFLAGS reach user space, in front of what is linked, and no BPF program', () => {
  const machine = new FakeMachine()
  Object.assign(machine.settings, { CFLAGS: '-DUSER', CXXFLAGS: '-DPLUS', LDFLAGS: '-Wl,-O1' })
  const loader = bpf.loader('x.c')
  const linked = machine.words(loader.command)
  assert.ok(linked.indexOf('-Wl,-O1') < linked.indexOf('out/x.o'), linked.join(' '))
  assert.ok(linked.includes('-DUSER'))
  assert.ok(machine.words(bpf.userObject('x.c').command).includes('-DUSER'))
  const plus = machine.words(bpf.userObject('x.cc').command)
  assert.ok(plus.includes('-DPLUS') && !plus.includes('-DUSER'))
  assert.not.match(machine.words(bpf.object('x.bpf.c').command).join(' '), /-DUSER|-DPLUS|-Wl/)
})

test('libbpf is the chosen one: its flags, its archive as a word and as an input', () => {
  const machine = new FakeMachine()
  const { flags, archive, libraries, headers } = bpf.libbpf
  assert.equal(machine.words([flags, archive, libraries]), [ARCHIVE, '-lelf', '-lz'])
  assert.equal(machine.paths([archive]), [ARCHIVE])
  assert.equal(machine.paths([headers]), [])
  machine.putLibbpf('third/include', '1.5')
  machine.disk.put('third/lib/libbpf.a', '')
  machine.settings['LIBBPF'] = './third'
  assert.equal(machine.words([flags, archive]), ['-I', 'third/include', 'third/lib/libbpf.a'])
  assert.equal(machine.paths([archive]), ['third/lib/libbpf.a'])
})

test('a project has them too', () => {
  const project = bpf.project('p')
  assert.is(project.cc, bpf.cc)
  assert.is(project.libbpf, bpf.libbpf)
})

test.run()
