// x.bpf.c to x.bpf.o and x.skel.h: where they are, what they wait for, and the order of the flags.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bpfRules } from '../../../tasks/bpf/index.ts'

import { bpfTarget } from '../../../tasks/bpf/toolchain/compilerprobes.ts'
import { compilerEnvironment } from '../../../tasks/bpf/toolchain/settings.ts'
import { edge, source } from '../../../tasks/engine/index.ts'
import { CLANG_SYSTEM, FakeMachine } from '../../support/fakemachine.ts'

const bpf = bpfRules({ out: 'out' })

test('clang compiles it for BPF, with a depfile beside the object', () => {
  const object = bpf.object('a/x.bpf.c')
  const machine = new FakeMachine()
  const words = machine.words(object.command)
  assert.is(words[0], 'clang')
  assert.is(words[words.indexOf('-target') + 1], 'bpf')
  assert.ok(words.includes('-D__TARGET_ARCH_x86'))
  assert.ok(object.command.flat().includes(bpfTarget), 'a clang without the target is told early')
  assert.ok(words.includes('-g') && words.includes('-O2'), 'BTF needs -g, the verifier -O2')
  const end = ['-MD', '-MF', 'out/x.bpf.o.d', '-c', 'a/x.bpf.c', '-o', 'out/x.bpf.o']
  assert.equal(words.slice(-7), end)
  assert.is(object.depfile, 'out/x.bpf.o.d')
  assert.equal(machine.paths(object.inputs), ['a/x.bpf.c'])
  assert.equal(object.environment, compilerEnvironment)
})

test('a source whose name begins with a dash is no option', () => {
  const machine = new FakeMachine()
  for (const edge of [bpf.object('-x.bpf.c'), bpf.project('demo').userObject('-x.c')])
    assert.match(machine.words(edge.command).join(' '), / -c \.\/-x\.(bpf\.)?c -o /)
})

test('folders of the project come before those of the system, flags of the user last', () => {
  const machine = new FakeMachine()
  machine.settings['EXTRA_CFLAGS'] = '-DMINE'
  const project = bpf.project('demo', { includes: ['one'] })
  const words = machine.words(
    project.object('x.bpf.c', { includes: ['two'], flags: ['-DFLAG'] }).command,
  )
  const order = ['out/vmlinux', 'one', 'two', CLANG_SYSTEM, '-DFLAG', '-DMINE']
  assert.equal(
    words.filter((word) => order.includes(word)),
    order,
  )
  assert.is(words[words.indexOf(CLANG_SYSTEM) - 1], '-idirafter')
})

test('generated headers must be there first, and are no reason by themselves', () => {
  const machine = new FakeMachine()
  const header = edge({ rule: 'GEN', outputs: ['out/gen.h'], command: ['gen'] })
  const object = bpf.object('x.bpf.c', { headers: [header, source('given.h')] })
  assert.equal(machine.paths(object.orderOnly), ['out/vmlinux/vmlinux.h', 'out/gen.h', 'given.h'])
  assert.equal(machine.paths(object.inputs), ['x.bpf.c'])
})

test('the rules put everything below out, and vmlinux.h before all objects', () => {
  const machine = new FakeMachine()
  const one = bpf.object('src/deep/one.bpf.c')
  assert.is(one.output.path, 'out/one.bpf.o')
  const project = bpf.project('demo', { includes: ['src/include'] })
  const two = project.object('src/two.bpf.c', { includes: ['more'] })
  assert.is(two.output.path, 'out/demo/two.bpf.o')
  for (const object of [one, two]) {
    assert.ok(object.orderOnly.includes(bpf.vmlinux), 'one vmlinux.h for all projects')
    assert.equal(machine.paths(object.orderOnly), ['out/vmlinux/vmlinux.h'])
  }
  const words = machine.words(two.command)
  const folders = words.filter((_, index) => words[index - 1] === '-I')
  assert.equal(folders, ['out/vmlinux', 'src/include', 'more'])
})

test('a skeleton is what bpftool says of the object, and only that', () => {
  const machine = new FakeMachine()
  const project = bpf.project('demo')
  const skeleton = project.skeleton(project.object('x.bpf.c'))
  assert.is(skeleton.output.path, 'out/demo/x.skel.h')
  assert.is(skeleton.stdout, skeleton.output)
  assert.equal(machine.paths(skeleton.inputs), ['out/demo/x.bpf.o'])
  assert.equal(machine.words(skeleton.command), [
    'bpftool',
    ...['gen', 'skeleton', 'out/demo/x.bpf.o'],
  ])
})

test('declaring touches nothing and freezes what it gives', () => {
  const there = bpfRules({ out: '/nope/out' })
  const object = there.object('/nope/x.bpf.c')
  for (const handle of [there, object, object.output, object.command, there.skeleton(object)]) {
    assert.ok(Object.isFrozen(handle))
  }
})

test('a source that an edge makes is named by that edge, and waits for it', () => {
  const machine = new FakeMachine()
  const made = edge({ rule: 'GEN', outputs: ['out/gen.bpf.c'], command: ['gen'] })
  const object = bpf.object(made)
  assert.is(object.output.path, 'out/gen.bpf.o')
  const [source] = machine.files(object.inputs)
  assert.is(source?.kind === 'output' ? source.edge : undefined, made)
  assert.ok(machine.words(object.command).includes('out/gen.bpf.c'))
  const user = bpf.userObject(edge({ rule: 'GEN', outputs: ['out/gen.cc'], command: ['gen'] }))
  assert.equal([user.rule, user.output.path], ['CXX', 'out/gen.o'])
  assert.throws(() => bpf.object(object), /an object is not of a source/)
})

test('the host front end: clang for this machine, then llc for BPF, with the same flags', () => {
  const machine = new FakeMachine()
  const tree = bpfRules({ out: 'out', includes: ['inc'], bpf: { flags: ['-fown'], cpu: 'v3' } })
  const object = tree.object('a/x.bpf.c', { frontEnd: 'host', defines: { A: 1 } })
  assert.is(object.rule, 'BPF')
  assert.equal(machine.words(object.command), [
    ...['llc', '-march=bpf', '-mcpu=v3', '-filetype=obj'],
    ...['-o', 'out/x.bpf.o', 'out/x.bpf.bc'],
  ])
  assert.equal(machine.paths(object.inputs), ['out/x.bpf.bc'])
  const [bitcode] = machine.files(object.inputs)
  if (bitcode?.kind !== 'output') return assert.unreachable()
  const { command, depfile, inputs, orderOnly } = bitcode.edge
  assert.equal(machine.words(command), [
    ...['clang', '-emit-llvm', '-g', '-O2', '-Wall', '-gdwarf-4', '-D__TARGET_ARCH_x86', '-DA=1'],
    ...['-I', 'out/vmlinux', '-I', 'inc', '-fown'],
    ...['-MD', '-MF', 'out/x.bpf.bc.d', '-c', 'a/x.bpf.c', '-o', 'out/x.bpf.bc'],
  ])
  assert.is(depfile, 'out/x.bpf.bc.d')
  assert.equal(machine.paths(inputs), ['a/x.bpf.c'])
  assert.equal(machine.paths(orderOnly), ['out/vmlinux/vmlinux.h'])
})

test('for another machine, clang is told of it, and llc of its byte order', () => {
  const machine = new FakeMachine()
  machine.settings['CROSS_COMPILE'] = 's390x-linux-gnu-'
  machine.disk.put('/bin/s390x-linux-gnu-cc', 'a program')
  machine.says['target of the compiler'] = ['s390x-linux-gnu']
  const object = bpfRules({ out: 'out', vmlinux: 'none' }).object('x.bpf.c', { frontEnd: 'host' })
  assert.is(machine.words(object.command)[1], '-march=bpfeb')
  const [bitcode] = machine.files(object.inputs)
  if (bitcode?.kind !== 'output') return assert.unreachable()
  const words = machine.words(bitcode.edge.command)
  assert.equal(words.slice(1, 3), ['--target=s390x-linux-gnu', '-emit-llvm'])
})

test('an llc that cannot read what clang wrote: name two of one version', () => {
  const { remedy } = bpf.object('x.bpf.c', { frontEnd: 'host' })
  const said = "error: Unknown attribute kind (86) (Producer: 'LLVM19.1.0' Reader: 'LLVM 14.0.6')"
  assert.match(remedy?.(said) ?? '', 'LLC=llc-14')
})

test.run()
