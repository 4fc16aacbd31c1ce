// How programs, libraries and plug-ins are linked with libbpf: its archive, its shared library, or without it.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bpfRules, type LibbpfLink } from '../../../tasks/bpf/index.ts'
import type { Edge } from '../../../tasks/engine/index.ts'
import { ARCHIVE, FakeMachine } from '../../support/fakemachine.ts'
import { refusal } from '../../support/refusal.ts'

/** Words of a link that are of libbpf or what it needs. */
function libbpfIn(machine: FakeMachine, { command }: Edge): string[] {
  const words = machine.words(command)
  return words.filter((word, at) => /bpf|elf|^-lz$|^-L$/.test(word) || words[at - 1] === '-L')
}

/** A machine whose static libelf needs nothing more. */
function machineOf(): FakeMachine {
  const machine = new FakeMachine()
  machine.says['libzstd for a static libelf'] = []
  return machine
}

test('the default is the archive of the system, the others are asked for', () => {
  const machine = machineOf()
  const bpf = bpfRules({ out: 'out', vmlinux: 'none' })
  const linked = (libbpf: LibbpfLink, isStatic = false) =>
    libbpfIn(machine, bpf.loader('x.c', { libbpf, static: isStatic }))
  assert.equal(libbpfIn(machine, bpf.loader('x.c')), [ARCHIVE, '-lelf', '-lz'])
  assert.equal(linked('static'), [ARCHIVE, '-lelf', '-lz'])
  assert.equal(linked('shared'), ['-lbpf'])
  assert.equal(linked('none'), [])
  assert.ok(linked('shared', true).includes(ARCHIVE), 'static all the same')
  assert.not.ok(machine.paths(bpf.loader('x.c', { libbpf: 'none' }).inputs).includes(ARCHIVE))
})

test('what a tree says is of its programs; libraries and plug-ins say it themselves', () => {
  const machine = machineOf()
  const bpf = bpfRules({ out: 'out', vmlinux: 'none', user: { libbpf: 'shared' } })
  const object = bpf.userObject('x.c')
  assert.equal(libbpfIn(machine, bpf.loader(object)), ['-lbpf'])
  assert.equal(libbpfIn(machine, bpf.loader(object, { libbpf: 'none' })), [])
  assert.equal(libbpfIn(machine, bpf.plugin('p', [object])), [])
  assert.equal(libbpfIn(machine, bpf.plugin('p', [object], { libbpf: 'shared' })), ['-lbpf'])
  const library = bpf.sharedLibrary('s', [object], { libbpf: 'shared' })
  assert.equal(libbpfIn(machine, library), ['-lbpf'])
  const twin = bpf.staticTwin(bpf.loader('x.c', { libbpf: 'shared' }))
  assert.ok(libbpfIn(machine, twin).includes(ARCHIVE))
  const none = bpf.staticTwin(bpf.loader('x.c', { libbpf: 'none' }))
  assert.equal(libbpfIn(machine, none), [])
})

test('one that is installed below a prefix is found there, when it is linked and when it runs', () => {
  const machine = new FakeMachine()
  machine.disk.put('/opt/bpf/lib64/libbpf.a', '')
  machine.putLibbpf('/opt/bpf/include', '1.5')
  const bpf = bpfRules({ out: 'out', vmlinux: 'none', libbpf: { prefix: '/opt/bpf' } })
  const shared = ['-L', '/opt/bpf/lib64', '-lbpf', '-Wl,-rpath,/opt/bpf/lib64']
  assert.equal(libbpfIn(machine, bpf.loader('x.c', { libbpf: 'shared' })), shared)
  assert.equal(machine.words(bpf.libbpf.shared), shared.slice(0, 3))
})

test('another word is refused', () => {
  const bpf = bpfRules()
  for (const [act, what] of [
    [() => bpf.loader('x.c', { libbpf: 'dynamic' as never }), 'loader x.c: libbpf is not one of'],
    [() => bpf.plugin('p', [], { libbpf: 'static' as never }), 'plugin p: libbpf is not one of'],
    [() => bpfRules({ user: { libbpf: true as never } }), 'user: libbpf is not one of'],
  ] as const)
    assert.ok(refusal(act).what.startsWith(what), refusal(act).what)
})

test.run()
