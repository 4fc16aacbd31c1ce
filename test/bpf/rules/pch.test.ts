// The precompiled header: it is made with the very words of the program, and only where it was asked for.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bpfRules } from '../../../tasks/bpf/index.ts'
import type { Edge } from '../../../tasks/engine/index.ts'
import { FakeMachine } from '../../support/fakemachine.ts'

const bpf = bpfRules({ out: 'out' })

/** The header's edge, where the program has one. */
function headerOf(machine: FakeMachine, object: Edge): Edge | undefined {
  for (const file of machine.files(object.inputs)) {
    if (file.kind === 'output' && file.edge.rule === 'PCH') return file.edge
  }
  return undefined
}

test('nothing but what names the files differs between the two compiles', () => {
  const machine = new FakeMachine()
  machine.settings['EXTRA_CFLAGS'] = '-DMINE -fstrange=1'
  const object = bpf.object('x.bpf.c', { pch: true, flags: ['-include', 'early.h'], cpu: 'v3' })
  const header = headerOf(machine, object)
  assert.ok(header)
  const program = machine.words(object.command)
  const words = machine.words(header.command)
  const shared = program.slice(0, program.indexOf('-include-pch'))
  assert.ok(shared.includes('-mcpu=v3') && shared.includes('-fstrange=1'))
  assert.equal(words.slice(0, shared.length), shared)
  assert.is(program[shared.length + 1], header.output.path)
  assert.is(header.environment['PWD'], '/proc/self/cwd')
})

test('PCH on the command line goes before what the tree asks for, but not before a refusal', () => {
  const machine = new FakeMachine()
  const has = (pch: boolean | undefined) =>
    headerOf(machine, bpf.object('x.bpf.c', pch === undefined ? {} : { pch })) !== undefined
  assert.equal([true, false, undefined].map(has), [true, false, false])
  machine.settings['PCH'] = '1'
  assert.equal([true, false, undefined].map(has), [true, false, true])
  machine.settings['PCH'] = '0'
  assert.equal([true, false, undefined].map(has), [false, false, false])
})

test('one edge for equal words, another one for others', () => {
  const machine = new FakeMachine()
  const of = (name: string, define: string) =>
    headerOf(machine, bpf.object(name, { pch: true, defines: { [define]: true } }))
  assert.is(of('a.bpf.c', 'X'), of('b.bpf.c', 'X'))
  assert.is.not(of('a.bpf.c', 'X')?.output.path, of('a.bpf.c', 'Y')?.output.path)
})

test.run()
