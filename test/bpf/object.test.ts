// x.bpf.c to x.bpf.o and x.skel.h: where they are, what they wait for, and the order of the flags.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compilerEnvironment, extraCflags } from '../../tasks/bpf/compile.ts'
import { bpfRules } from '../../tasks/bpf/index.ts'
import { bpfObject } from '../../tasks/bpf/object.ts'
import { bpfTarget, libbpfArchive, systemIncludes } from '../../tasks/bpf/probe.ts'
import { clang } from '../../tasks/bpf/toolchain.ts'
import { derive } from '../../tasks/engine/index.ts'
import { flattened } from '../support/declared.ts'

/** A libbpf that the compiler finds by itself. */
const libbpf = derive([], () => ({
  includes: [],
  headers: [],
  archive: libbpfArchive,
  archiveFile: derive([libbpfArchive], (paths) => paths),
}))

test('clang compiles it for BPF, with a depfile beside the object', () => {
  const edge = bpfObject('a/x.bpf.c', 'build/x.bpf.o', { libbpf })
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
  const edge = bpfObject('x.bpf.c', 'x.bpf.o', {
    libbpf,
    includes: ['one', 'two'],
    flags: ['-DFLAG'],
  })
  const words = flattened(edge.command)
  const at = (word: unknown) => words.indexOf(word)
  assert.equal(words.slice(at('-I'), at('-I') + 4), ['-I', 'one', '-I', 'two'])
  assert.ok(at('two') < at(systemIncludes))
  assert.ok(at(systemIncludes) < at('-DFLAG'))
  assert.ok(at('-DFLAG') < at(extraCflags))
})

test('declaring touches nothing and freezes what it gives', () => {
  const bpf = bpfRules({ out: '/nope/out' })
  const object = bpf.object('/nope/x.bpf.c')
  for (const handle of [bpf, object, object.output, object.command, bpf.skeleton(object)]) {
    assert.ok(Object.isFrozen(handle))
  }
})

test.run()
