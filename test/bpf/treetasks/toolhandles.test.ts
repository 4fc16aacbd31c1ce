// Loaders and objects as the tools of a tree: what belongs together, what is refused.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type BpfRules, bpfRules, type ToolHandle, treeTasks } from '../../../tasks/bpf/index.ts'
import { toolsOf } from '../../../tasks/bpf/treetasks/toolhandles.ts'
import { UserError } from '../../../tasks/engine/index.ts'
import { FakeMachine } from '../../support/fakemachine.ts'

function toolsIn(declare: (bpf: BpfRules) => readonly ToolHandle[], ...files: string[]): string[] {
  const machine = new FakeMachine()
  for (const path of files) machine.disk.put(path, '')
  const bpf = bpfRules({ out: 'out' })
  const tools = toolsOf(bpf, declare(bpf))
  assert.equal(
    machine.ask(tools.known).map(({ name }) => name),
    machine.ask(tools.list).map(({ name }) => name),
  )
  return machine
    .ask(tools.list)
    .map(({ name, object, loader }) =>
      [name, object?.output.path ?? '-', loader?.output.path ?? '-'].join(' '),
    )
}

test('a loader and the object of its name are one tool, and an object alone is one too', () => {
  const found = toolsIn((bpf) => [bpf.object('x.bpf.c'), bpf.loader('x.c'), bpf.object('y.bpf.c')])
  assert.equal(found, ['x out/x.bpf.o out/x', 'y out/y.bpf.o -'])
})

test('the objects that a loader embeds need not be named', () => {
  const found = toolsIn((bpf) => {
    const [own, other] = [bpf.object('x.bpf.c'), bpf.object('other.bpf.c')]
    return [bpf.loader('x.c', { skeletons: [bpf.skeleton(own), bpf.skeleton(other)] })]
  })
  assert.equal(found, ['x out/x.bpf.o out/x', 'other out/other.bpf.o -'])
})

test('all objects of a glob are tools', () => {
  const found = toolsIn((bpf) => [bpf.objects('*.bpf.c'), bpf.loader('b.c')], 'a.bpf.c', 'b.bpf.c')
  assert.equal(found, ['a out/a.bpf.o -', 'b out/b.bpf.o out/b'])
})

test('two loaders of one name, and what is neither loader nor object, are refused', () => {
  assert.throws(
    () => toolsIn((bpf) => [bpf.loader('x.c'), bpf.project('other').loader('x.c')]),
    (error: unknown) => error instanceof UserError && error.block.what === 'two tools are called x',
  )
  assert.throws(
    () => toolsIn((bpf) => [bpf.userObject('x.c') as never]),
    (error: unknown) =>
      error instanceof UserError && error.block.facts?.flat().includes('CC out/x.o') === true,
  )
})

test('handles have all the tasks of tools but new, which writes what nothing would find', () => {
  const bpf = bpfRules({ out: 'out' })
  const tasks = treeTasks(bpf, [bpf.loader('x.c')])
  for (const name of ['build', 'run:NAME', 'install', 'uninstall', 'verify', 'setup'])
    assert.ok(name in tasks, name)
  assert.not.ok('new' in tasks)
})

test.run()
