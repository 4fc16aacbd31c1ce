// Archives, shared libraries and plug-ins: names, links, what programs need to find them, what is refused.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bpfRules } from '../../../tasks/bpf/index.ts'
import { derive, type Edge, edge } from '../../../tasks/engine/index.ts'
import { FakeMachine } from '../../support/fakemachine.ts'
import { refusal } from '../../support/refusal.ts'

const bpf = bpfRules({ out: 'out', programs: '.', user: { libraries: ['-ltree'] } })
const object = (name: string) => bpf.userObject(`${name}.c`, { flags: ['-fPIC'] })

/** The file, then the links to it, by their paths and commands. */
function names(machine: FakeMachine, library: Edge): string[] {
  const [input] = library.inputs
  if (library.rule !== 'LN') return [library.output.path]
  const text = `${library.output.path} → ${machine.words(library.command)[2]}`
  return [...names(machine, input as Edge), text]
}

const soname = (machine: FakeMachine, library: Edge): string | undefined => {
  if (library.rule === 'LN') return soname(machine, library.inputs[0] as Edge)
  return machine.words(library.command).find((word) => word.startsWith('-Wl,-soname,'))
}

test('an archive is made anew of its objects, without times', () => {
  const machine = new FakeMachine()
  const archive = bpf.archive('common', [object('a'), derive([], () => [object('b')]), 'c.o'])
  assert.is(archive.output.path, 'out/libcommon.a')
  assert.ok(archive.fresh)
  const words = ['ar', 'rcsD', 'out/libcommon.a', 'out/a.o', 'out/b.o', 'c.o']
  assert.equal(machine.words(archive.command), words)
  assert.equal(machine.paths(archive.inputs), ['out/a.o', 'out/b.o', 'c.o'])
  assert.is(bpf.archive('x', [], { output: 'lib/x.a' }).output.path, 'out/lib/x.a')
  const loader = bpf.loader('x.c', { objects: [archive] })
  assert.ok(machine.paths(loader.inputs).includes('out/libcommon.a'))
})

test('a shared library has the names that its version and soname say', () => {
  const machine = new FakeMachine()
  const made = (options = {}) => {
    const library = bpf.sharedLibrary('x', [object('a')], options)
    return [soname(machine, library), ...names(machine, library)]
  }
  assert.equal(made(), ['-Wl,-soname,libx.so', 'out/libx.so'])
  assert.equal(made({ soname: 'libx.so.3' }), [
    ...['-Wl,-soname,libx.so.3', 'out/libx.so.3'],
    'out/libx.so → libx.so.3',
  ])
  assert.equal(made({ version: '1.2.0' }), [
    ...['-Wl,-soname,libx.so.1', 'out/libx.so.1.2.0'],
    ...['out/libx.so.1 → libx.so.1.2.0', 'out/libx.so → libx.so.1'],
  ])
  assert.equal(made({ version: '2.1', soname: 'libx.so.2.1', output: 'lib/libx.so' }), [
    ...['-Wl,-soname,libx.so.2.1', 'out/lib/libx.so.2.1'],
    'out/lib/libx.so → libx.so.2.1',
  ])
})

test('its link reads what others read, and its version script, which may be made', () => {
  const machine = new FakeMachine()
  const map = edge({ rule: 'GEN', outputs: ['out/x.map'], command: ['gen'] })
  machine.says['the linker writes a dependency file'] = ['-Wl,--dependency-file=']
  machine.settings['LDFLAGS'] = '-Wl,-z,now'
  for (const versionScript of ['x.map', map]) {
    const library = bpf.sharedLibrary('x', [object('a')], { versionScript, libraries: ['-lm'] })
    const path = typeof versionScript === 'string' ? versionScript : 'out/x.map'
    assert.equal(machine.paths(library.inputs), ['out/a.o', path])
    const words = machine.words(library.command)
    assert.ok(words.includes(`-Wl,--version-script=${path}`))
    const order = ['-Wl,-z,now', '-shared', 'out/a.o', '-ltree', '-lm', '-o'].map((word) =>
      words.indexOf(word),
    )
    assert.equal(
      order,
      [...order].sort((a, b) => a - b),
    )
    assert.ok(!order.includes(-1), words.join(' '))
    assert.is(library.depfile, 'out/libx.so.d')
    assert.ok(words.includes('-Wl,--dependency-file=out/libx.so.d'))
  }
})

test('a program finds its libraries from where it is, and the linker those that they need', () => {
  const machine = new FakeMachine()
  const base = bpf.sharedLibrary('base', [object('a')], { output: 'base/libbase.so' })
  const top = bpf.sharedLibrary('top', [object('b'), base], { version: '1.0' })
  const found = (edge: Edge) =>
    machine.words(edge.command).filter((word) => word.startsWith('-Wl,-rpath'))
  assert.equal(found(top.inputs[0] as Edge), [])
  assert.equal(found(bpf.loader('x.c', { objects: [top], output: 'bin/x' })), [
    ...['-Wl,-rpath,$ORIGIN/../out', '-Wl,-rpath-link,out', '-Wl,-rpath-link,out/base'],
  ])
  assert.equal(found(bpf.loader('y.c', { objects: [base] }))[0], '-Wl,-rpath,$ORIGIN/out/base')
  const plugin = bpf.plugin('p', [object('p'), top])
  assert.equal(found(plugin)[0], '-Wl,-rpath,$ORIGIN')
  assert.equal(found(bpf.plugin('q', [top], { output: 'p/q.so' }))[0], '-Wl,-rpath,$ORIGIN/..')
  assert.equal(found(bpf.loader('z.c', { objects: [bpf.archive('c', [object('c')])] })), [])
})

test('a plug-in has no name but its path, and is linked into nothing', () => {
  const machine = new FakeMachine()
  const plugin = bpf.plugin('net', [object('net')], { output: 'plugins/net.so' })
  assert.is(plugin.output.path, 'out/plugins/net.so')
  assert.not.match(machine.words(plugin.command).join(' '), 'soname')
  assert.is(
    refusal(() => bpf.loader('x.c', { objects: [plugin] })).what,
    'an object of x.c is not an object of user space',
  )
})

test('what has C++ in it, in an archive too, is linked as C++', () => {
  const machine = new FakeMachine()
  const first = ({ command }: Edge) => machine.words(command)[0]
  const plus = bpf.archive('plus', [bpf.archive('inner', [bpf.userObject('a.cc')])])
  assert.is(first(bpf.loader('x.c', { objects: [plus] })), 'c++')
  assert.is(first(bpf.sharedLibrary('s', [plus])), 'c++')
  assert.is(first(bpf.plugin('p', [object('a')])), 'cc')
  // Which sources match a pattern is known later.
  machine.settings['CXXFLAGS'] = '-DPLUS'
  machine.disk.put('lib/b.c', '')
  const matched = bpf.userObjects('lib/*')
  for (const objects of [[matched], [bpf.archive('m', [matched])]]) {
    assert.is(first(bpf.loader('x.c', { objects })), 'cc')
    machine.disk.put('lib/c.cpp', '')
    const loader = bpf.loader('x.c', { objects })
    assert.is(first(loader), 'c++')
    assert.ok(machine.words(loader.command).includes('-DPLUS'))
    machine.disk.files.delete('lib/c.cpp')
  }
})

test('wrong names, objects and options are refused', () => {
  const a = object('a')
  const bpfObject = bpf.object('x.bpf.c')
  for (const [act, what] of [
    [() => bpf.archive('lib/x', [a]), 'an archive has no name'],
    [() => bpf.archive('x', [bpfObject]), 'an object of x is not an object of user space'],
    [() => bpf.archive('x', a as never), 'archive x: objects is not a list'],
    [() => bpf.sharedLibrary('', [a]), 'a shared library has no name'],
    [
      () => bpf.sharedLibrary('x', [a], { sonam: 'x' } as never),
      'sharedLibrary x has no option sonam',
    ],
    [
      () => bpf.sharedLibrary('x', [a], { soname: 'lib/libx.so' }),
      'sharedLibrary x: soname is not a name without a folder',
    ],
    [
      () => bpf.sharedLibrary('x', [a], { version: 'v1' }),
      'sharedLibrary x: version is not a version such as 1.2.0',
    ],
    [() => bpf.plugin('x', [a], { soname: 'x' } as never), 'plugin x has no option soname'],
  ] as const) {
    assert.is(refusal(act).what, what)
  }
})

test('a statically linked program takes archives, and refuses a shared library where it is declared', () => {
  const library = bpf.sharedLibrary('x', [object('a')], { version: '1.0' })
  const { what, facts } = refusal(() => bpf.loader('x.c', { objects: [library], static: true }))
  assert.is(what, 'loader x.c is linked statically, and a shared library cannot be')
  assert.equal(facts, [['library', 'out/libx.so']])
  const loader = bpf.loader('x.c', { objects: [library] })
  assert.throws(() => bpf.staticTwin(loader), 'is linked statically')
  bpf.loader('x.c', { objects: [bpf.archive('a', [object('a')])], static: true })
})

test('one output of an edge that makes several can be linked', () => {
  const machine = new FakeMachine()
  const made = edge({ rule: 'CARGO', outputs: ['t/x.h', 't/libx.a'], command: ['cargo'] })
  const [, archive] = made.outputs
  if (archive === undefined) return assert.unreachable()
  const loader = bpf.loader('x.c', { objects: [archive] })
  const file = machine.files(loader.inputs).find(({ path }) => path === 't/libx.a')
  assert.is(file?.kind === 'output' ? file.edge : undefined, made)
  assert.ok(machine.words(loader.command).includes('t/libx.a'))
})

test('a link that lacks -fPIC says how to mend it', () => {
  const remedy = (bpf.sharedLibrary('x', [object('a')]) as Edge).remedy
  const said =
    'relocation R_X86_64_32 can not be used when making a shared object; recompile with -fPIC'
  assert.match(remedy?.(said) ?? '', "flags: ['-fPIC']")
  assert.match(remedy?.(`/usr/lib/libbpf.a(libbpf.o): ${said}`) ?? '', '-lbpf')
  assert.is(remedy?.('undefined reference'), undefined)
})

test.run()
