// Made-up facts about a machine, and the line that doctor makes of each.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type DoctorLine,
  headerLines,
  linesOf,
  parallelLine,
  verdict,
  wordSizeLine,
} from '../../../tasks/bpf/machine/doctor.ts'
import {
  capabilitiesOf,
  libbpfOfBpftool,
  type MachineFacts,
} from '../../../tasks/bpf/machine/machinefacts.ts'
import { versionOfHeader } from '../../../tasks/bpf/sources/libbpfversion.ts'
import { needs } from '../../../tasks/bpf/toolchain/packages.ts'

const files = needs
  .filter(({ sign }) => sign.kind !== 'tool')
  .map(({ name }) => [name, `/usr/there/${name}`] as const)

const good: MachineFacts = {
  clang: { path: '/usr/bin/clang', version: '14.0.6' },
  clangRefusesBpf: undefined,
  bpftool: { path: '/usr/sbin/bpftool', version: '7.1.0' },
  skeletons: true,
  bpftoolLibbpf: '1.1',
  cc: { path: '/usr/bin/cc', version: 'cc (Debian 12.2.0-14) 12.2.0' },
  llvmStrip: { path: '/usr/bin/llvm-strip', version: '14.0.6' },
  files: new Map(files),
  libbpf: { path: '/usr/lib/libbpf.a', version: '1.1' },
  btf: { path: '/sys/kernel/btf/vmlinux', state: 'readable', header: undefined },
  kprobes: true,
  tracefs: { state: 'mounted', path: '/sys/kernel/tracing' },
  rights: { root: true, capabilities: 1n << 21n, unprivilegedDisabled: '2', sudo: false },
}

test('on a machine that has all, every line is OK', () => {
  const checks = linesOf(good)
  assert.equal(
    checks.filter(({ status }) => status !== 'ok'),
    [],
  )
  assert.is(line(good, 'clang').detail, '/usr/bin/clang 14.0.6')
  assert.is(line(good, 'libbpf').detail, '/usr/lib/libbpf.a 1.1')
})

test('every line that is not OK has something that mends it', () => {
  for (const check of linesOf(bare)) assert.is(check.hint === undefined, check.status === 'ok')
})

test('memory that bounds how much runs at once is a warning', () => {
  assert.is(parallelLine(8, 8, '9000 MiB').status, 'ok')
  const short = parallelLine(8, 3, '800 MiB')
  assert.is(short.status, 'warning')
  assert.is(short.detail, '3 of 8 commands: 800 MiB of memory free')
})

test('names fit the column of the table, and none comes twice', () => {
  const names = linesOf(good).map(({ name }) => name)
  assert.equal(
    names.filter((name) => name.length > 16),
    [],
  )
  assert.is(new Set(names).size, names.length)
})

const nothing = { problem: 'was not found', hint: 'npx tsx tasks.ts setup' }

const bare: MachineFacts = {
  ...good,
  clang: nothing,
  bpftool: nothing,
  skeletons: undefined,
  bpftoolLibbpf: undefined,
  cc: nothing,
  llvmStrip: nothing,
  files: new Map(),
  libbpf: nothing,
  btf: { path: '/sys/kernel/btf/vmlinux', state: 'missing', header: undefined },
  kprobes: false,
  tracefs: { state: 'absent' },
  rights: { root: false, capabilities: 0n, unprivilegedDisabled: undefined, sudo: false },
}

test('a machine without anything misses all that the build needs, and warns of the rest', () => {
  const warnings = ['llvm-strip', 'kprobes', 'tracefs', 'rights']
  for (const { name, status } of linesOf(bare)) {
    assert.is(status, warnings.includes(name) ? 'warning' : 'missing', name)
  }
  assert.is(line(bare, 'libbpf').hint, 'npx tsx tasks.ts setup')
})

test('a clang without the target bpf, or a bpftool without skeletons, cannot build', () => {
  const refusal = "error: unable to create target: 'No available targets'"
  const facts = { ...good, clangRefusesBpf: refusal, skeletons: false }
  assert.is(line(facts, 'clang bpf target').status, 'missing')
  assert.is(line(facts, 'clang bpf target').detail, refusal)
  assert.is(line(facts, 'bpftool skeleton').status, 'missing')
})

test('a bpftool with a newer libbpf than the linked one is only a warning', () => {
  const name = "bpftool's libbpf"
  assert.is(line({ ...good, bpftoolLibbpf: '1.10' }, name).status, 'warning')
  assert.is(line({ ...good, bpftoolLibbpf: '2.0' }, name).status, 'warning')
  assert.is(line({ ...good, bpftoolLibbpf: '1.0' }, name).status, 'ok')
  assert.is(line({ ...good, bpftoolLibbpf: '0.9' }, name).status, 'ok')
  assert.is(line({ ...good, bpftoolLibbpf: undefined }, name).status, 'ok')
  assert.is(line({ ...good, bpftoolLibbpf: '1.5', libbpf: nothing }, name).status, 'ok')
})

test('a given vmlinux.h makes BTF needless', () => {
  const btf = { path: '/none', state: 'missing', header: 'vmlinux.h' } as const
  assert.is(line({ ...good, btf }, 'kernel BTF').status, 'ok')
  const denied = { path: '/closed', state: 'denied', header: undefined } as const
  assert.is(line({ ...good, btf: denied }, 'kernel BTF').hint, 'sudo chmod a+r /closed')
})

test('tracefs that is not mounted comes with the command that mounts it', () => {
  const mount = ['mount', '-t', 'tracefs', 'tracefs', '/sys/kernel/tracing']
  const tracefs = { state: 'unmounted', path: '/sys/kernel/tracing', mount } as const
  assert.is(line({ ...good, tracefs }, 'tracefs').hint, mount.join(' '))
  const rights = { ...good.rights, root: false }
  assert.is(line({ ...good, tracefs, rights }, 'tracefs').hint, `sudo ${mount.join(' ')}`)
})

test('CAP_BPF takes CAP_PERFMON with it, or CAP_SYS_ADMIN for both', () => {
  const status = (capabilities: bigint) =>
    line({ ...good, rights: { ...good.rights, capabilities } }, 'rights').status
  const [sysAdmin, perfmon, bpf] = [1n << 21n, 1n << 38n, 1n << 39n]
  assert.is(status(sysAdmin), 'ok')
  assert.is(status(bpf | perfmon), 'ok')
  assert.is(status(bpf), 'warning')
  assert.is(status(perfmon), 'warning')
  assert.is(status(0n), 'warning')
})

test('who is not root learns the setting of the kernel and the way in', () => {
  const rights = { root: false, capabilities: 0n, unprivilegedDisabled: '2', sudo: true }
  const check = line({ ...good, rights }, 'rights')
  assert.match(check.detail, 'kernel.unprivileged_bpf_disabled=2')
  assert.match(check.hint ?? '', 'sudo -v')
})

test('the forms of bpftool -V', () => {
  const now = 'bpftool v7.5.0\nusing libbpf v1.5\nfeatures: llvm, skeletons\n'
  assert.is(libbpfOfBpftool(now), '1.5')
  assert.is(libbpfOfBpftool('bpftool v4.18.0-348.el8.x86_64\n'), undefined)
  assert.is(libbpfOfBpftool(''), undefined)
})

test('the header of libbpf tells its version', () => {
  const text = '#define LIBBPF_MAJOR_VERSION 1\n#define LIBBPF_MINOR_VERSION 12\n'
  assert.is(versionOfHeader(text), '1.12')
  assert.is(versionOfHeader('/* nothing */'), undefined)
})

test('capabilities are read from the status of a process', () => {
  const status = 'CapPrm:\t0000000000000000\nCapEff:\t000001fffeffffff\nCapBnd:\t0\n'
  assert.is(capabilitiesOf(status), 0x000001fffeffffffn)
  assert.is(capabilitiesOf(''), 0n)
})

test('the last line tells whether the build can work', () => {
  assert.is(verdict(3, 1), 'the build cannot work here: 3 missing')
  assert.is(verdict(0, 1), 'the build can work here, with 1 warning')
  assert.is(verdict(0, 2), 'the build can work here, with 2 warnings')
  assert.is(verdict(0, 0), 'all is well')
})

test('a header that tools of the tree include is a warning where it is missing', () => {
  const lines = headerLines(['sys/sdt.h', 'stdio.h', 'x.skel.h'], () => undefined)
  assert.equal(
    lines.map(({ name, status }) => [name, status]),
    [['sys/sdt.h', 'warning']],
  )
  assert.is(headerLines(['sys/sdt.h'], () => '/usr/include/sys/sdt.h')[0]?.status, 'ok')
})

test('the part of the C library for 32 bits: named where a BPF program may miss it, and never wrong', () => {
  const has = (...names: string[]) =>
    wordSizeLine((name) => (names.includes(name) ? `/i/${name}` : undefined))
  assert.equal(has(), [])
  assert.match(has('gnu/stubs-64.h')[0]?.detail ?? '', 'defines: { __x86_64__: true }')
  assert.is(has('gnu/stubs-64.h')[0]?.status, 'ok')
  assert.is(has('gnu/stubs-64.h', 'gnu/stubs-32.h')[0]?.detail, '/i/gnu/stubs-32.h')
})

function line(facts: MachineFacts, name: string): DoctorLine {
  const found = linesOf(facts).find((check) => check.name === name)
  if (found === undefined) throw new Error(`no line ${name}`)
  return found
}

test.run()
