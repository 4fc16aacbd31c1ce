// vmlinux.h is dumped from BTF, or is a copy of the header that the user names.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { vmlinuxHeader } from '../../../tasks/bpf/rules/vmlinux.ts'
import { bpftool } from '../../../tasks/bpf/toolchain/programs.ts'
import { UserError } from '../../../tasks/engine/index.ts'
import { FakeMachine } from '../../support/fakemachine.ts'

const installed = { program: bpftool, file: [], skeletons: [] }

test('it is made from the BTF that is set, which is an input', () => {
  const edge = vmlinuxHeader('out/vmlinux', installed).make([undefined, '/boot/vmlinux', undefined])
  assert.is(edge.output.path, 'out/vmlinux/vmlinux.h')
  assert.is(edge.stdout, edge.output)
  const [btf] = edge.inputs
  assert.ok(typeof btf === 'object' && 'path' in btf && btf.path === '/boot/vmlinux')
  const [program, ...words] = edge.command
  assert.is(program, bpftool)
  assert.equal(words, ['btf', 'dump', 'file', '/boot/vmlinux', 'format', 'c'])
})

test('VMLINUX_H comes first, is an input, and needs no bpftool', () => {
  const edge = vmlinuxHeader('out', installed).make([
    'my headers/v.h',
    '/sys/kernel/btf/vmlinux',
    undefined,
  ])
  assert.is(edge.output.path, 'out/vmlinux.h')
  assert.equal(edge.inputs, ['my headers/v.h'])
  assert.equal(edge.command, ['cp', 'my headers/v.h', 'out/vmlinux.h'])
})

test('in a cross build the types of the kernel that runs are doubted, and no others', () => {
  const machine = new FakeMachine()
  const note = (settings: Readonly<Record<string, string>>) => {
    for (const name of ['CROSS_COMPILE', 'VMLINUX_BTF']) delete machine.settings[name]
    Object.assign(machine.settings, settings)
    return machine.ask(vmlinuxHeader('out', installed)).note
  }
  const CROSS_COMPILE = 'mips64-linux-gnu-'
  machine.disk.put(`/bin/${CROSS_COMPILE}gcc`, 'a program')
  assert.is(note({}), undefined)
  machine.says['target of the compiler'] = ['mips64-linux-gnu']
  assert.match(String(note({ CROSS_COMPILE })), 'VMLINUX_BTF=')
  assert.is(note({ CROSS_COMPILE, VMLINUX_BTF: '/boot/vmlinux' }), undefined)
})

test('the settings are asked in the order in which they are used', () => {
  const names = vmlinuxHeader('out', installed).from.map((asked) =>
    'name' in asked ? asked.name : '',
  )
  assert.equal(names.slice(0, 2), ['VMLINUX_H', 'VMLINUX_BTF'])
})

test('for another architecture the registers that are read there are added, aloud', () => {
  const edge = vmlinuxHeader('out', installed).make([undefined, '/sys/kernel/btf/vmlinux', 'arm64'])
  assert.is(edge.output.path, 'out/vmlinux.h')
  const [dump, registers] = edge.inputs
  assert.ok(typeof dump === 'object' && 'kind' in dump && dump.kind === 'edge')
  assert.match(dump.output.path, /^out\/\w+\/vmlinux\.h$/)
  assert.match(String(registers), /user_pt_regs\.h$/)
  assert.match(String(edge.note), /VMLINUX_H/)
})

test('nothing to make it from is refused', () => {
  assert.throws(
    () => vmlinuxHeader('out', installed).make([undefined, undefined, undefined]),
    (error: unknown) => error instanceof UserError && /VMLINUX_BTF/.test(error.message),
  )
})

test.run()
