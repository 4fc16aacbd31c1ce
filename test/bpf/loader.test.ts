// C of user space: what is compiled, what is linked, and in which order.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bpfRules } from '../../tasks/bpf/index.ts'
import { ARCHIVE, FakeMachine } from '../support/fakemachine.ts'

const project = bpfRules({ out: 'out' }).project('demo', { includes: ['include'] })

test('an object is compiled by cc, with warnings and a depfile', () => {
  const edge = project.userObject('h/a.c', { includes: ['more'], flags: ['-DFLAG'] })
  const words = new FakeMachine().words(edge.command)
  assert.is(words[0], 'cc')
  assert.ok(words.includes('-Wall') && words.includes('-Wextra') && words.includes('-DFLAG'))
  assert.equal(foldersIn(words), ['include', 'more'])
  const end = ['-MD', '-MF', 'out/demo/a.o.d', '-c', 'h/a.c', '-o', 'out/demo/a.o']
  assert.equal(words.slice(-7), end)
  assert.is(edge.depfile, 'out/demo/a.o.d')
  assert.not.ok(words.includes(ARCHIVE))
})

test('libbpf comes after what needs it, and what it needs comes after it', () => {
  const machine = new FakeMachine()
  machine.settings['EXTRA_LDFLAGS'] = '-Wl,-z,now'
  const edge = project.loader('x.c', { objects: [project.userObject('a.c')] })
  const words = machine.words(edge.command)
  const order = ['x.c', 'out/demo/a.o', ARCHIVE, '-lelf', '-lz', '-Wl,-z,now', '-o', 'out/demo/x']
  assert.equal(words.slice(-order.length), order)
  assert.is(edge.depfile, 'out/demo/x.d')
})

test('objects and libbpf are inputs: another one links again', () => {
  const edge = project.loader('x.c', { objects: [project.userObject('a.c')] })
  const inputs = new FakeMachine().paths(edge.inputs)
  assert.equal(inputs, ['x.c', 'out/demo/a.o', ARCHIVE])
})

test('a skeleton is found by its folder, and must be there first', () => {
  const machine = new FakeMachine()
  const skeleton = project.skeleton(project.object('x.bpf.c'))
  const loader = project.loader('src/x.c', { skeletons: [skeleton] })
  assert.is(loader.output.path, 'out/demo/x')
  assert.equal(foldersIn(machine.words(loader.command)), ['out/demo', 'include'])
  assert.equal(machine.paths(loader.orderOnly), ['out/demo/x.skel.h'])
  assert.not.ok(machine.paths(loader.inputs).includes('out/demo/x.skel.h'))
})

test('objects of a project are beside its programs', () => {
  assert.is(project.userObject('src/helpers/a.c').output.path, 'out/demo/a.o')
})

function foldersIn(words: readonly string[]): string[] {
  return words.filter((_, index) => words[index - 1] === '-I')
}

test.run()
