// The .pc files behind an answer: what is required, and which of several files is read.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pcFilesOf, pcFolders, requiredBy } from '../../../tasks/bpf/toolchain/pcfiles.ts'
import { pkgConfig } from '../../../tasks/bpf/toolchain/programs.ts'
import { FakeMachine } from '../../support/fakemachine.ts'

test('what a .pc file requires, with versions, variables, privately and over lines', () => {
  const pc = `prefix=/usr
wanted = c >= 1
Name: x
Requires: a >= 1.2, b  \${wanted} # not d
Requires.private: e=3 \\
  f != 2,g
Libs: -lx
`
  assert.equal(requiredBy(pc), ['a', 'b', 'c', 'e', 'f', 'g'])
  assert.equal(requiredBy('Requires: $'.concat('{a}\na=$', '{b}\nb=$', '{a}\n')), [])
  assert.equal(requiredBy(''), [])
})

function files(machine: FakeMachine, ...names: string[]): readonly string[] {
  return machine.ask(pcFilesOf(names, pcFolders(pkgConfig)))
}

test('all that a package requires is read, each once, circles too', () => {
  const machine = new FakeMachine()
  machine.disk.put('/usr/lib/pkgconfig/a.pc', 'Requires: b c\n')
  machine.disk.put('/usr/lib/pkgconfig/b.pc', 'Requires: c\n')
  machine.disk.put('/usr/lib/pkgconfig/c.pc', 'Requires: a missing\n')
  const all = ['a', 'b', 'c'].map((name) => `/usr/lib/pkgconfig/${name}.pc`)
  assert.equal(files(machine, 'a'), all)
  assert.equal(files(machine, 'missing'), [])
})

test('the first folder wins, and an -uninstalled one before all', () => {
  const machine = new FakeMachine()
  machine.disk.put('/usr/lib/pkgconfig/a.pc', '')
  machine.settings['PKG_CONFIG_PATH'] = '/mine:/other'
  assert.equal(files(machine, 'a'), ['/usr/lib/pkgconfig/a.pc'])
  machine.disk.put('/other/a.pc', '')
  assert.equal(files(machine, 'a'), ['/other/a.pc'])
  machine.disk.put('/usr/lib/pkgconfig/a-uninstalled.pc', '')
  assert.equal(files(machine, 'a'), ['/usr/lib/pkgconfig/a-uninstalled.pc'])
  machine.settings['PKG_CONFIG_LIBDIR'] = '/instead'
  assert.equal(files(machine, 'a'), ['/other/a.pc'])
})

test.run()
