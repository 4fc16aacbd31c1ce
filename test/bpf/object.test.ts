// x.bpf.c to x.bpf.o and x.skel.h: where they are, what they wait for, and the order of the flags.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compilerEnvironment, extraCflags } from '../../tasks/bpf/compile.ts'
import { bpfRules } from '../../tasks/bpf/index.ts'
import { bpfObject } from '../../tasks/bpf/object.ts'
import { bpfTarget, systemIncludes } from '../../tasks/bpf/probe.ts'
import { bpftool, clang } from '../../tasks/bpf/toolchain.ts'
import { source } from '../../tasks/engine/index.ts'
import { flattened } from '../support/declared.ts'

test('clang compiles it for BPF, with a depfile beside the object', () => {
  const edge = bpfObject('a/x.bpf.c', 'build/x.bpf.o')
  const words = flattened(edge.command)
  assert.is(words[0], clang)
  assert.is(words[words.indexOf('-target') + 1], 'bpf')
  assert.ok(words.includes(bpfTarget), 'a clang without the target is told early')
  assert.ok(words.includes('-g') && words.includes('-O2'), 'BTF needs -g, the verifier -O2')
  assert.equal(words.slice(-7), [
    ...['-MD', '-MF', 'build/x.bpf.o.d', '-c', 'a/x.bpf.c', '-o'],
    'build/x.bpf.o',
  ])
  assert.is(edge.depfile, 'build/x.bpf.o.d')
  assert.equal(edge.inputs, ['a/x.bpf.c'])
  assert.equal(edge.environment, compilerEnvironment)
})

test('folders of the project come before those of the system, flags of the user last', () => {
  const edge = bpfObject('x.bpf.c', 'x.bpf.o', { includes: ['one', 'two'], flags: ['-DFLAG'] })
  const words = flattened(edge.command)
  const at = (word: unknown) => words.indexOf(word)
  assert.equal(words.slice(at('-I'), at('-I') + 4), ['-I', 'one', '-I', 'two'])
  assert.ok(at('two') < at(systemIncludes))
  assert.ok(at(systemIncludes) < at('-DFLAG'))
  assert.ok(at('-DFLAG') < at(extraCflags))
})

test('generated headers must be there first, and are no reason by themselves', () => {
  const header = source('gen.h')
  const edge = bpfObject('x.bpf.c', 'x.bpf.o', { headers: [header] })
  assert.equal(edge.orderOnly, [header])
  assert.not.ok(edge.inputs.includes(header))
})

test('the rules put everything below out, and vmlinux.h before all objects', () => {
  const bpf = bpfRules({ out: 'out' })
  const one = bpf.object('src/deep/one.bpf.c')
  assert.is(one.output.path, 'out/one.bpf.o')
  assert.ok(one.orderOnly.includes(bpf.vmlinux))
  const project = bpf.project('demo', { includes: ['src/include'] })
  const two = project.object('src/two.bpf.c', { includes: ['more'] })
  assert.is(two.output.path, 'out/demo/two.bpf.o')
  assert.ok(two.orderOnly.includes(bpf.vmlinux), 'one vmlinux.h for all projects')
  const words = flattened(two.command)
  const folders = words.filter((_, index) => words[index - 1] === '-I')
  assert.equal(folders, ['out/vmlinux', 'src/include', 'more'])
})

test('a skeleton is what bpftool says of the object, and only that', () => {
  const project = bpfRules({ out: 'out' }).project('demo')
  const object = project.object('x.bpf.c')
  const skeleton = project.skeleton(object)
  assert.is(skeleton.output.path, 'out/demo/x.skel.h')
  assert.is(skeleton.stdout, skeleton.output)
  assert.equal(skeleton.inputs, [object])
  const words = flattened(skeleton.command)
  assert.is(words[0], bpftool)
  assert.ok(words.includes(object))
})

test('declaring touches nothing and freezes what it gives', () => {
  const bpf = bpfRules({ out: '/nope/out' })
  const object = bpf.object('/nope/x.bpf.c')
  for (const handle of [bpf, object, object.output, object.command, bpf.skeleton(object)]) {
    assert.ok(Object.isFrozen(handle))
  }
})

test.run()
