// Rules with a root of their own declare what rules of the whole tree do with every path written from its root.
import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type BpfRules, bpfRules, type TreeOptions } from '../../../tasks/bpf/index.ts'
import {
  type Derived,
  derive,
  type Edge,
  edge,
  type Input,
  pathsFrom,
} from '../../../tasks/engine/index.ts'
import { FakeMachine } from '../../support/fakemachine.ts'
import { refusal } from '../../support/refusal.ts'

type Handle = Edge | Derived<readonly Edge[]>
/** Writes a path from the root of the build. */
type At = (path: string) => string

/** The folder of the script that runs: this file, or what runs all tests. */
const entry = dirname(realpathSync(process.argv[1] ?? ''))
const root = join(entry, 'net')
const tree = (at: At): TreeOptions => ({
  vmlinux: { headers: (arch) => [at(`vmlinux/${arch}.h`), at('vmlinux.h')] },
  libbpf: { prefix: at('prefix') },
  includes: [at('include'), derive([], () => 'worked/out'), '/usr/include/net'],
  headers: [at('config.h'), [at('more.h')]],
  bpf: { includes: [at('bpf')], cpu: 'v3' },
  user: { includes: [at('user')], headers: [at('user.h')], libraries: ['-lm'] },
  programs: at('programs'),
})

/** Everything that takes a path, with its paths written by `at`; `own` says what functions are given. */
function handles(bpf: BpfRules, at: At, own: At): readonly Handle[] {
  const made = edge({ rule: 'GEN', outputs: ['build/made.bpf.c'], command: ['generate'] })
  const map = edge({ rule: 'GEN', outputs: ['build/x.map'], command: ['generate'] })
  const object = bpf.object(at('x.bpf.c'), { includes: [at('here')], headers: [at('x.h')] })
  const place = (source: string) => `at/${own(source).replaceAll('/', '_')}.o`
  const user = bpf.userObject(at('u.c'), { includes: [at('here')] })
  const library = bpf.sharedLibrary('s', [user, at('pre.a')], { versionScript: at('s.map') })
  const project = bpf.project('part', {
    includes: [at('part')],
    bpf: { headers: [at('part.h')] },
    programs: at('bin'),
  })
  const [variant] = bpf.variants({
    named: { big: { includes: [at('big')], bpf: { includes: [at('bigger')] } } },
  })
  const tools = bpf.tools([at('kern/*.bpf.c'), made], {
    name: (source) => own(source).replace(/^kern\/|^user\/|^build\/|(\.bpf)?\.c$/g, ''),
    loaders: at('user/*.c'),
    objects: [at('all.a')],
    user: { includes: [at('ofall')] },
    each: { a: { sources: [at('more.c')], bpf: { includes: [at('ofa')] }, objects: [at('a.a')] } },
  })
  return [
    ...[object, bpf.object(made), bpf.objects([at('o/*.c'), `!${at('o/not.c')}`], { place })],
    ...[user, bpf.userObjects(at('u/*.c'), { place, headers: [at('u.h')] })],
    ...[bpf.archive('a', [user, at('pre.o')]), library],
    bpf.plugin('p', [user, at('pre.o')], { versionScript: map }),
    bpf.loader(at('l.c'), { objects: [at('l.a'), library], skeletons: [bpf.skeleton(object)] }),
    bpf.loader(user, { objects: [at('l.a')], output: 'other' }),
    project.object(at('x.bpf.c')),
    project.loader(at('p.c')),
    ...(variant === undefined ? [] : [variant.object(at('x.bpf.c'))]),
    derive([tools.list], (list) => list.flatMap(({ object, loader }) => [object, loader].flat())),
    bpf.minCoreBtf(at('5.4.btf'), [object]),
    ...bpf.goBindings(object, { package: 'p', folder: at('cmd') }),
    ...bpf.goBindings(object, { package: 'p', name: 'q' }),
    bpf.embedded(at('blob'), 'blob'),
  ] as readonly Handle[]
}

function edgesOf(machine: FakeMachine, inputs: Input): Edge[] {
  return machine.files(inputs).flatMap((file) => (file.kind === 'output' ? [file.edge] : []))
}

/** All that edges say, and the edges that they need. */
function told(machine: FakeMachine, all: readonly Handle[]): string[] {
  const seen = new Map<string, string>()
  const look = (one: Edge): void => {
    if (seen.has(one.output.path)) return
    const { rule, outputs, inputs, orderOnly, command, depfile } = one
    const files = [inputs, orderOnly].map((list) => machine.paths(list))
    const words = machine.words(command)
    seen.set(
      one.output.path,
      JSON.stringify([rule, outputs.map(({ path }) => path), ...files, words, depfile]),
    )
    edgesOf(machine, [inputs, orderOnly]).forEach(look)
  }
  edgesOf(machine, all).forEach(look)
  return [...seen.values()]
}

function machine(folder: string): FakeMachine {
  const made = new FakeMachine()
  for (const path of [
    ...['vmlinux.h', 'kern/a.bpf.c', 'kern/b.bpf.c', 'user/a.c', 'o/one.c', 'o/not.c', 'u/one.c'],
    ...['prefix/lib64/libbpf.a'],
  ])
    made.disk.put(`${folder}${path}`, '#include "a.skel.h"\n')
  made.putLibbpf(`${folder}prefix/include`, '1.5')
  return made
}

test('every path is of the folder, and what is made has a folder of its own', () => {
  const same: At = (path) => path
  const at: At = (path) => `net/${path}`
  const rooted = handles(bpfRules({ root, ...tree(same) }), same, same)
  const plain = handles(bpfRules({ out: 'build/net', ...tree(at) }), at, (path) =>
    path.replace(/^net\//, ''),
  )
  const expected = told(machine('net/'), plain)
  assert.ok(expected.length >= 30, `${expected.length}`)
  assert.equal(told(machine('net/'), rooted), expected)
})

test('in its own build, the rules are as without a root', () => {
  const options = tree((path) => path)
  const rules = bpfRules({ root: entry, ...options })
  assert.is(rules.out, 'build')
  assert.equal(
    told(machine(''), [rules.object('x.bpf.c', { finish: 'linked' })]),
    told(machine(''), [bpfRules(options).object('x.bpf.c', { finish: 'linked' })]),
  )
  assert.is(rules.mainOptions.root, entry)
})

test('sources of libbpf and bpftool, and types, are looked for in the folder', () => {
  const { vmlinux } = bpfRules({ root, vmlinux: { btf: 'types.btf' } })
  const [dump] = edgesOf(
    machine('net/'),
    derive([vmlinux], (file): Input => file ?? []),
  )
  assert.equal(machine('net/').paths(dump?.inputs ?? []), ['net/types.btf'])
  const bpf = bpfRules({
    root,
    libbpf: { sources: ['one', '../two'] },
    bpftool: { sources: 'tool' },
  })
  for (const [ask, folders] of [
    [bpf.fromSource.libbpf, 'net/one\ntwo'],
    [bpf.fromSource.bpftool, 'net/tool'],
  ] as const)
    assert.equal(refusal(() => machine('net/').ask(ask)).facts, [['looked in', folders]])
})

test('paths are named from the root of the build, below it and beside it', () => {
  const net = pathsFrom(root)
  assert.equal(['a.c', './b/../a.c', '!x/*.c', '/usr/x', '.'].map(net), [
    'net/a.c',
    'net/a.c',
    '!net/x/*.c',
    '/usr/x',
    'net',
  ])
  const beside = join(entry, '../lib')
  assert.is(pathsFrom(beside)('a.c'), '../lib/a.c')
  assert.is(bpfRules({ root: beside, out: 'out' }).out, 'out/up/lib')
  assert.is(pathsFrom(entry)('a.c'), 'a.c')
})

test('a root that is not a folder by its whole path is refused', () => {
  for (const act of [() => bpfRules({ root: 'net' }), () => pathsFrom(undefined as never)])
    assert.is(refusal(act).what, 'the root of a tasks.ts is import.meta.dirname')
})

test.run()
