// Where the object and the Go file go, for one byte order or both, and what is refused.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bpfRules } from '../../../tasks/bpf/index.ts'
import { FakeMachine } from '../../support/fakemachine.ts'
import { refusal } from '../../support/refusal.ts'

/** What is wrong, in a line. */
const refusedWhat = (act: () => unknown): string => refusal(act).what

const bpf = bpfRules({ out: 'out', vmlinux: 'none' })
const object = bpf.object('src/drop.bpf.c')

test('one object is for all machines, in the folder of its package', () => {
  const machine = new FakeMachine()
  const [copy, file, ...more] = bpf.goBindings(object, {
    package: 'main',
    folder: 'cmd/drop',
    types: ['event'],
  })
  assert.is(more.length, 0)
  assert.is(copy?.output.path, 'cmd/drop/drop_bpf.o')
  assert.is(file?.output.path, 'cmd/drop/drop_bpf.go')
  assert.equal(machine.words(copy?.command ?? []), ['cp', 'out/drop.bpf.o', 'cmd/drop/drop_bpf.o'])
  const words = machine.words(file?.command ?? [])
  assert.is(words.at(-2), 'cmd/drop/drop_bpf.o')
  assert.equal(JSON.parse(words.at(-1) ?? ''), {
    ...{ name: 'drop', package: 'main', types: ['event'], embeds: 'drop_bpf.o', constraint: '' },
  })
  // Here are no sources: the package has the program in one file.
  assert.is(words[0], 'node')
  assert.match(words.at(-3) ?? '', /dist\/gowriter\.js$/)
  assert.match(machine.paths(file?.inputs ?? []).join(' '), /drop_bpf\.o \S*dist\/gowriter\.js$/)
})

test('where the sources are, they write the file, and are inputs', () => {
  const machine = new FakeMachine()
  const [, file] = bpf.goBindings(object, { package: 'main' })
  const bundled = machine.paths(file?.inputs ?? []).at(-1) ?? ''
  const source = bundled.replace('dist/gowriter.js', 'tasks/bpf/bindings/gowriter.ts')
  machine.disk.put(source, '')
  const inputs = machine.paths(file?.inputs ?? [])
  assert.ok(inputs.includes(source))
  assert.ok(inputs.includes(source.replace('gowriter', 'gotypes')))
  const words = machine.words(file?.command ?? [])
  assert.is(words[0], 'node')
  assert.match(words[1] ?? '', /node_modules\/tsx\/dist\/cli\.mjs$/)
  assert.is(words[2], source)
  machine.disk.files.delete('/bin/node')
  machine.disk.put('/bin/deno', 'a program')
  assert.equal(machine.words(file?.command ?? []).slice(0, 4), ['deno', 'run', '-A', source])
})

test('two objects are for the machines of each byte order, by one name', () => {
  const machine = new FakeMachine()
  const little = bpf.object('drop.bpf.c', { endian: 'little' })
  const big = bpf.object('drop.bpf.c', { endian: 'big', output: 'big/other.bpf.o' })
  assert.ok(machine.words(little.command).includes('-mlittle-endian'))
  assert.ok(machine.words(big.command).includes('-mbig-endian'))
  const host = bpf.object('x.bpf.c', { endian: 'big', frontEnd: 'host' })
  assert.is(machine.words(host.command)[1], '-march=bpfeb')
  const paths = bpf
    .goBindings({ little, big }, { package: 'main' })
    .map(({ output }) => output.path)
  assert.equal(paths, [
    ...['out/drop_bpfel.o', 'out/drop_bpfel.go'],
    ...['out/drop_bpfeb.o', 'out/drop_bpfeb.go'],
  ])
})

test('objects are for the machines of each GOARCH, as bpf2go names their files', () => {
  const machine = new FakeMachine()
  const of = (arch: string) => bpf.object('drop.bpf.c', { output: `${arch}/drop.bpf.o` })
  const edges = bpf.goBindings(
    { arm64: of('arm64'), amd64: of('x86'), s390x: of('s390') },
    { package: 'main', folder: 'cmd' },
  )
  const written = edges
    .filter(({ rule }) => rule === 'GO')
    .map(({ output, command }) => {
      const words = machine.words(command)
      const { constraint, embeds } = JSON.parse(words.at(-1) ?? '')
      return [output.path, words.at(-2), embeds, constraint]
    })
  const file = (stem: string, constraint: string) => [
    ...[`cmd/drop_${stem}.go`, `cmd/drop_${stem}.o`, `drop_${stem}.o`, constraint],
  ]
  assert.equal(written, [
    file('x86_bpfel', '386 || amd64'),
    file('arm64_bpfel', 'arm64'),
    file('s390_bpfeb', 's390x'),
  ])
})

test('wrong objects and options are refused', () => {
  const user = bpf.userObject('x.c')
  for (const [act, what] of [
    [
      () => bpf.goBindings({ x86: object } as never, { package: 'x' }),
      'the objects of goBindings has no option x86',
    ],
    [() => bpf.goBindings({}, { package: 'x' }), 'goBindings has no object'],
    [
      () => bpf.goBindings({ '386': object, amd64: object }, { package: 'x' }),
      'goBindings: 386 and amd64 build one file',
    ],
    [
      () => bpf.goBindings(user as never, { package: 'x' }),
      'an object of goBindings is not what is needed here',
    ],
    [
      () => bpf.goBindings(undefined as never, { package: 'x' }),
      'an object of goBindings is not what is needed here',
    ],
    [() => bpf.goBindings(object, {} as never), 'goBindings: package is missing'],
    [() => bpf.goBindings(object, { package: 'a-b' }), 'goBindings: package is not a name of Go'],
    [
      () => bpf.goBindings(object, { package: 'a', type: [] } as never),
      'goBindings has no option type',
    ],
    [
      () => bpf.object('x.bpf.c', { endian: 'middle' as never }),
      'object x.bpf.c: endian is not one of little, big',
    ],
  ] as const) {
    assert.is(refusedWhat(act), what)
  }
})

test.run()
