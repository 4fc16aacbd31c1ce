// A tool by its name, or by another name of its program.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bpfRules } from '../../../tasks/bpf/index.ts'
import { programNamed, programNames, toolNamed } from '../../../tasks/bpf/tree/index.ts'
import { UserError } from '../../../tasks/engine/index.ts'
import { FakeMachine } from '../../support/fakemachine.ts'

const machine = new FakeMachine()
for (const path of ['a.bpf.c', 'a.c', 'only.bpf.c']) machine.disk.put(path, '')
const tools = bpfRules({ out: 'out' }).tools('*.bpf.c', { each: { a: { aliases: ['also'] } } })

function refusal(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof UserError)
      return [error.block.what, ...(error.block.facts ?? []).flat()].join('; ')
    throw error
  }
  return 'accepted'
}

test('programs are those of loaders, by each of their names', () => {
  assert.equal(machine.ask(programNames(tools)), ['a', 'also'])
  const also = machine.ask(programNamed(tools, 'also'))
  assert.equal([also.tool, also.path], ['a', 'out/also'])
  assert.equal(machine.paths(also.targets), ['out/a', 'out/also'])
  assert.is(machine.ask(programNamed(tools, 'a')).path, 'out/a')
})

test('what is no tool, and what has no program, is refused', () => {
  assert.is(machine.ask(toolNamed(tools, 'only')).loader, undefined)
  assert.match(
    refusal(() => machine.ask(toolNamed(tools, 'no'))),
    'there is no tool no',
  )
  assert.match(
    refusal(() => machine.ask(programNamed(tools, 'only'))),
    'it has no loader',
  )
})

test.run()
