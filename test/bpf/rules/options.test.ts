// What a source may be: a path, the edge that makes it, one of its outputs; and what is none.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bpfRules } from '../../../tasks/bpf/index.ts'
import { type Edge, edge } from '../../../tasks/engine/index.ts'
import { FakeMachine } from '../../support/fakemachine.ts'
import { refusal } from '../../support/refusal.ts'

test('a source may be one that an edge makes, wherever a source is taken', () => {
  const machine = new FakeMachine()
  machine.disk.put('a/x.bpf.c', '')
  const made = edge({
    rule: 'GEN',
    outputs: ['gen/table.h', 'gen/table.bpf.c', 'gen/table.c', 'gen/5.4.btf'],
    command: ['gen'],
  })
  const [header, program, user, btf] = made.outputs
  if (!program || !user || !btf) return assert.unreachable()
  const bpf = bpfRules({ out: 'out', vmlinux: { btf } })
  const object = bpf.object(program)
  /** The output of an edge among its inputs, by path, with who makes it. */
  const first = (of: Edge, at = 0) => {
    const file = machine.files(of.inputs)[at]
    return file?.kind === 'output' ? [file.path, file.edge] : file?.path
  }
  assert.equal(first(object), ['gen/table.bpf.c', made])
  assert.is(object.output.path, 'out/table.bpf.o')
  assert.equal(first(bpf.userObject(user)), ['gen/table.c', made])
  assert.is(bpf.loader(user).output.path, 'out/table')
  const objects = machine.ask(bpf.objects(['a/*.bpf.c', program], { cpu: 'v3' }))
  assert.equal(
    objects.map((one) => first(one)),
    ['a/x.bpf.c', ['gen/table.bpf.c', made]],
  )
  assert.equal(
    machine.ask(bpf.userObjects(user)).map((one) => first(one)),
    [['gen/table.c', made]],
  )
  assert.equal(first(bpf.minCoreBtf(btf, [object])), ['gen/5.4.btf', made])
  assert.equal(first(bpf.embedded(btf, 'types')), ['gen/5.4.btf', made])
  const { vmlinux } = bpf
  const dump = machine.files([vmlinux])[0]
  assert.equal(dump?.kind === 'output' ? first(dump.edge) : dump, ['gen/5.4.btf', made])
  assert.is(
    refusal(() => bpf.object(header as typeof program)).what,
    'an object is not of a source',
  )
  assert.match(refusal(() => bpf.objects([header as typeof program])).what, 'neither a pattern nor')
})

test.run()
