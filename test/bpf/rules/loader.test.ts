// C of user space: what is compiled, what is linked, and in which order.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bpfRules } from '../../../tasks/bpf/index.ts'
import { ARCHIVE, FakeMachine } from '../../support/fakemachine.ts'

const project = bpfRules({ out: 'out' }).project('demo', { includes: ['include'] })

test('an object is compiled by cc, with warnings and a depfile', () => {
  const edge = project.userObject('h/a.c', { includes: ['more'], flags: ['-DFLAG'] })
  const words = new FakeMachine().words(edge.command)
  assert.equal(words.slice(0, 4), ['cc', '-g', '-O2', '-Wall'])
  assert.ok(words.includes('-DFLAG'))
  assert.equal(foldersIn(words), ['include', 'more'])
  const end = ['-MD', '-MF', 'out/demo/a.o.d', '-c', 'h/a.c', '-o', 'out/demo/a.o']
  assert.equal(words.slice(-7), end)
  assert.is(edge.depfile, 'out/demo/a.o.d')
  assert.not.ok(words.includes(ARCHIVE))
})

test('C++ is compiled, and linked, by the compiler for it', () => {
  const machine = new FakeMachine()
  const first = (edge: { command: Parameters<FakeMachine['words']>[0] }) =>
    machine.words(edge.command)[0]
  const object = project.userObject('a.cpp')
  assert.is(object.rule, 'CXX')
  assert.is(object.output.path, 'out/demo/a.o')
  assert.is(first(object), 'c++')
  assert.is(first(project.loader(object)), 'c++')
  assert.is(first(project.loader('x.c', { objects: [object] })), 'c++')
  assert.is(first(project.loader('x.c')), 'cc')
})

test('libbpf comes after what needs it, and what it needs comes after it', () => {
  const machine = new FakeMachine()
  machine.settings['EXTRA_LDFLAGS'] = '-Wl,-z,now'
  const edge = project.loader('x.c', { objects: [project.userObject('a.c')], libraries: ['-lm'] })
  const words = machine.words(edge.command)
  const order = ['out/demo/x.o', 'out/demo/a.o', ARCHIVE, '-lelf', '-lz', '-lm', '-Wl,-z,now']
  assert.equal(words.slice(-order.length - 2), [...order, '-o', 'out/demo/x'])
})

test('objects and libbpf are inputs: another one links again', () => {
  const edge = project.loader('x.c', { objects: [project.userObject('a.c')] })
  const inputs = new FakeMachine().paths(edge.inputs)
  assert.equal(inputs, ['out/demo/x.o', 'out/demo/a.o', ARCHIVE])
})

test('flags that matter to a link get there, and others do not', () => {
  const machine = new FakeMachine()
  const bpf = bpfRules({ out: 'out', user: { flags: ['-flto'], defines: { A: 1 } } })
  const words = machine.words(bpf.loader('x.c', { flags: ['-pthread'] }).command)
  assert.ok(words.includes('-flto') && words.includes('-pthread'))
  assert.not.ok(words.includes('-DA=1'))
})

test('a skeleton is found by its folder, and must be there first', () => {
  const machine = new FakeMachine()
  const skeleton = project.skeleton(project.object('x.bpf.c'))
  const main = project.userObject('src/x.c', { skeletons: [skeleton] })
  assert.is(project.loader(main).output.path, 'out/demo/x')
  assert.equal(foldersIn(machine.words(main.command)), ['out/demo', 'include'])
  assert.equal(machine.paths(main.orderOnly), ['out/demo/x.skel.h'])
  assert.not.ok(machine.paths(main.inputs).includes('out/demo/x.skel.h'))
})

test('objects of a project are beside its programs, and a static one is linked of the same', () => {
  const machine = new FakeMachine()
  assert.is(project.userObject('src/helpers/a.c').output.path, 'out/demo/a.o')
  const main = project.userObject('src/x.c')
  const [here, inGuest] = [project.loader(main), project.loader(main, { static: true })]
  assert.is(here.output.path, 'out/demo/x')
  assert.is(inGuest.output.path, 'out/demo/static/x')
  for (const edge of [here, inGuest]) assert.is(machine.paths(edge.inputs)[0], 'out/demo/x.o')
  machine.says['libzstd'] = []
  assert.ok(machine.words(inGuest.command).includes('-static'))
})

function foldersIn(words: readonly string[]): string[] {
  return words.filter((_, index) => words[index - 1] === '-I')
}

test.run()
