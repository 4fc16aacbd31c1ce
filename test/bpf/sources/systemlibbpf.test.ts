// The libbpf of the machine is used only where it is there, new enough, and one.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { OLDEST, systemArchive, systemHeaders } from '../../../tasks/bpf/sources/systemlibbpf.ts'
import { type FailureBlock, UserError } from '../../../tasks/engine/base/failure.ts'
import type { Askable } from '../../../tasks/engine/index.ts'
import { ARCHIVE, FakeMachine, SYSTEM } from '../../support/fakemachine.ts'

function refusal(machine: FakeMachine, what: Askable): FailureBlock {
  try {
    machine.ask(what)
  } catch (error) {
    if (error instanceof UserError) return error.block
    throw error
  }
  throw new Error('it was not refused')
}

/** Every way out is named: the package, a release, sources. */
function waysOut({ facts = [], hint = '' }: FailureBlock): void {
  assert.match(facts.find(([label]) => label === 'packages')?.[1] ?? '', 'apt: libbpf-dev')
  assert.match(hint, 'LIBBPF=git:v')
  assert.match(hint, 'LIBBPF=source LIBBPF_TOP=DIR')
}

test('it is what the compiler finds', () => {
  const machine = new FakeMachine()
  assert.equal(machine.ask(systemHeaders), { path: `${SYSTEM}/bpf/libbpf.h`, version: '1.5' })
  assert.is(machine.ask(systemArchive), ARCHIVE)
})

test('headers that are found first count, whatever lies behind them', () => {
  const machine = new FakeMachine()
  machine.says['header folders of cc'] = ['/empty', '/mine', SYSTEM]
  machine.putLibbpf('/mine', '0.8')
  assert.is(refusal(machine, systemHeaders).facts?.[0]?.[1], '/mine/bpf/libbpf.h')
  machine.putLibbpf('/mine', '1.10')
  assert.is(machine.ask(systemHeaders).version, '1.10')
})

test('one without headers is refused', () => {
  const machine = new FakeMachine()
  machine.disk.files.delete(`${SYSTEM}/bpf/libbpf.h`)
  const block = refusal(machine, systemArchive)
  assert.match(block.what, 'headers were not found')
  assert.match(block.hint ?? '', 'tasks.ts setup')
  waysOut(block)
})

test('the oldest that serves is 1.0, and an older one is refused by its version', () => {
  const machine = new FakeMachine()
  machine.disk.put('/usr/lib/pkgconfig/libbpf.pc', 'Version: 1.0.1\n')
  machine.putLibbpf(SYSTEM, OLDEST)
  assert.is(machine.ask(systemArchive), ARCHIVE)
  machine.putLibbpf(SYSTEM, '0.8')
  const block = refusal(machine, systemArchive)
  assert.match(block.what, 'too old: 0.8')
  assert.not.match(block.hint ?? '', 'tasks.ts setup')
  waysOut(block)
  machine.disk.files.delete(`${SYSTEM}/bpf/libbpf_version.h`)
  assert.match(refusal(machine, systemArchive).what, 'before 0.7')
})

test('headers without an archive, or with that of another version, are refused', () => {
  const machine = new FakeMachine()
  machine.says['libbpf to link with'] = []
  const missing = refusal(machine, systemArchive)
  assert.match(missing.what, 'libbpf.a was not found')
  waysOut(missing)
  delete machine.says['libbpf to link with']
  machine.disk.put('/usr/lib/pkgconfig/libbpf.pc', 'Version: 1.1.2\n')
  const mixed = refusal(machine, systemArchive)
  assert.match(mixed.what, 'headers of one libbpf and the archive of another')
  assert.equal(mixed.facts?.slice(0, 2), [
    [`${SYSTEM}/bpf/libbpf.h`, '1.5'],
    [ARCHIVE, '1.1.2'],
  ])
  machine.disk.files.delete('/usr/lib/pkgconfig/libbpf.pc')
  assert.is(machine.ask(systemArchive), ARCHIVE, 'an archive may tell no version')
})

test.run()
