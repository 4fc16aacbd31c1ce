// The rules of a tree: where things come from and go, what is refused when it is declared.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type BpfRules,
  bpfRules,
  feature,
  type TreeOptions,
  treeTasks,
  withFeature,
} from '../../../tasks/bpf/index.ts'
import { type Edge, edge } from '../../../tasks/engine/index.ts'
import { FakeMachine } from '../../support/fakemachine.ts'
import { refusal } from '../../support/refusal.ts'

function foldersIn(words: readonly string[]): string[] {
  return words.filter((_, index) => words[index - 1] === '-I')
}

/** Folders that a BPF compile looks in, and what must be there before it. */
function compile(machine: FakeMachine, options: TreeOptions) {
  const object = bpfRules({ out: 'out', ...options }).object('x.bpf.c')
  return {
    folders: foldersIn(machine.words(object.command)),
    first: machine.paths(object.orderOnly),
  }
}

test('kernel types: dumped, of a file, vendored by architecture, or none', () => {
  const machine = new FakeMachine()
  const dumped = { folders: ['out/vmlinux'], first: ['out/vmlinux/vmlinux.h'] }
  assert.equal(compile(machine, {}), dumped)
  assert.equal(compile(machine, { vmlinux: { btf: 'boot/vmlinux' } }), dumped)
  assert.equal(compile(machine, { vmlinux: 'none' }), { folders: [], first: [] })
  const headers = (arch: string) => [`own/${arch}/vmlinux.h`, `../types/${arch}/vmlinux.h`]
  assert.is(
    refusal(() => compile(machine, { vmlinux: { headers } })).what,
    'there is no vmlinux.h for x86',
  )
  assert.equal(compile(machine, { vmlinux: { headers, otherwise: 'kernel' } }), dumped)
  machine.disk.put('../types/x86/vmlinux.h', '')
  assert.equal(compile(machine, { vmlinux: { headers } }), { folders: ['../types/x86'], first: [] })
  machine.settings['VMLINUX_H'] = 'mine.h'
  assert.equal(compile(machine, { vmlinux: { headers } }), dumped)
})

test('bpftool: installed, or the bootstrap stage of sources that are there', () => {
  const machine = new FakeMachine()
  const program = (options: TreeOptions): string => {
    const bpf = bpfRules({ out: 'out', ...options })
    return machine.words(bpf.skeleton(bpf.object('x.bpf.c')).command)[0] ?? ''
  }
  assert.is(program({}), 'bpftool')
  assert.is(program({ bpftool: { sources: 'bpftool', otherwise: 'installed' } }), 'bpftool')
  const { what, facts } = refusal(() => program({ bpftool: { sources: ['one', 'two/'] } }))
  assert.is(what, 'there are no sources of bpftool')
  assert.equal(facts, [['looked in', 'one\ntwo/']])
  machine.settings['BPFTOOL'] = '/bin/bpftool'
  assert.is(program({ bpftool: { sources: ['one'] } }), 'bpftool')
})

test('libbpf: of the system, installed below a prefix, or sources that must be there', () => {
  const machine = new FakeMachine()
  const sources = { sources: ['libbpf', '../libbpf'] }
  assert.equal(compile(machine, { libbpf: { ...sources, otherwise: 'system' } }).folders, [
    'out/vmlinux',
  ])
  assert.is(
    refusal(() => compile(machine, { libbpf: sources })).what,
    'there are no sources of libbpf',
  )
  machine.settings['LIBBPF'] = 'system'
  assert.equal(compile(machine, { libbpf: sources }).folders, ['out/vmlinux'])
  const other = new FakeMachine()
  other.putLibbpf('third/include', '1.5')
  other.disk.put('third/lib/libbpf.a', '')
  other.disk.put('third/include/bpf/libbpf.h', '')
  assert.equal(compile(other, { libbpf: { prefix: 'third' } }).folders, [
    'third/include',
    'out/vmlinux',
  ])
})

test('options of a tree, a project and a source add up, in this order', () => {
  const machine = new FakeMachine()
  const header = (name: string) => edge({ rule: 'GEN', outputs: [name], command: ['gen'] })
  const bpf = bpfRules({
    out: 'out',
    vmlinux: 'none',
    includes: ['tree'],
    headers: [header('tree.h')],
    bpf: { flags: ['-ftree'], defines: { A: 1, B: 1, C: 1 }, cflags: ['-g', '-O1'] },
    user: { libraries: ['-ltree'] },
  })
  const project = bpf.project('p', {
    includes: ['project'],
    headers: [header('project.h')],
    bpf: { flags: ['-fproject'], defines: { B: 2 } },
    user: { libraries: ['-lproject'] },
  })
  const object = project.object('x.bpf.c', {
    flags: ['-fown'],
    defines: { C: false },
    includes: ['own'],
  })
  const words = machine.words(object.command)
  assert.ok(words.includes('-O1') && !words.includes('-O2') && !words.includes('-Wall'))
  assert.equal(foldersIn(words), ['tree', 'project', 'own'])
  assert.equal(
    words.filter((word) => /^-[fD][a-zA-C]/.test(word)),
    ['-DA=1', '-DB=2', '-ftree', '-fproject', '-fown'],
  )
  assert.equal(machine.paths(object.orderOnly), ['tree.h', 'project.h'])
  const link = machine.words(project.loader('x.c', { libraries: ['-lown'] }).command)
  assert.equal(
    link.filter((word) => /^-l(tree|project|own)$/.test(word)),
    ['-ltree', '-lproject', '-lown'],
  )
  assert.is(project.project('q').object('y.bpf.c').output.path, 'out/p/q/y.bpf.o')
})

test('variants are every combination, each in a folder of its own', () => {
  const machine = new FakeMachine()
  const bpf = bpfRules({ out: 'out', vmlinux: 'none' })
  const all = bpf.variants({
    arch: ['x86', 's390'],
    cpu: ['v2', 'v3'],
    defines: { plain: {}, debug: { DEBUG: true } },
  })
  assert.equal(
    all.map(({ variant }) => variant),
    ['x86', 's390'].flatMap((arch) =>
      ['v2', 'v3'].flatMap((cpu) => ['plain', 'debug'].map((way) => `${arch}-${cpu}-${way}`)),
    ),
  )
  const words = (rules: BpfRules) => machine.words(rules.object('x.bpf.c').command)
  const last = words(all.at(-1) as BpfRules)
  for (const word of ['-D__TARGET_ARCH_s390', '-mbig-endian', '-mcpu=v3', '-DDEBUG']) {
    assert.ok(last.includes(word), word)
  }
  assert.is(last.at(-1), 'out/s390-v3-debug/x.bpf.o')
  assert.not.ok(words(all[0] as BpfRules).some((word) => /big-endian|DEBUG|v3|s390/.test(word)))
  assert.throws(() => bpf.variants({}), /variants vary nothing/)
})

test('types of each architecture for its variant', () => {
  const machine = new FakeMachine()
  for (const arch of ['x86', 'arm64']) machine.disk.put(`types/${arch}/vmlinux.h`, '')
  const bpf = bpfRules({ out: 'out', vmlinux: { headers: (arch) => `types/${arch}/vmlinux.h` } })
  const folders = bpf
    .variants({ arch: ['x86', 'arm64'] })
    .map((rules) => foldersIn(machine.words(rules.object('x.bpf.c').command)))
  assert.equal(folders, [['types/x86'], ['types/arm64']])
})

test('the BTF that objects need, beside the tool and in it', () => {
  const machine = new FakeMachine()
  const bpf = bpfRules({ out: 'out' })
  const btf = bpf.minCoreBtf('btf/5.4.btf', [bpf.object('x.bpf.c')])
  assert.equal(machine.words(btf.command), [
    ...['bpftool', 'gen', 'min_core_btf', 'btf/5.4.btf', 'out/min_core_btf/5.4.btf', 'out/x.bpf.o'],
  ])
  assert.equal(machine.paths(btf.inputs), ['btf/5.4.btf', 'out/x.bpf.o'])
  const object = bpf.embedded(btf, 'min_btf')
  assert.is(object.output.path, 'out/min_btf.o')
  assert.is(machine.paths(object.inputs)[0], 'out/min_core_btf/5.4.btf')
  assert.ok(
    machine.paths(bpf.loader('x.c', { objects: [object] }).inputs).includes('out/min_btf.o'),
  )
})

test('flags that hang on a feature', () => {
  const machine = new FakeMachine()
  const odd = feature('odd', { headers: ['odd.h'], uses: 'odd()', libraries: ['-lodd'] })
  const flags = [withFeature(odd, ['-DHAS_ODD'], ['-DNO_ODD'])]
  assert.equal(machine.words(flags), ['-DHAS_ODD'])
  machine.says['feature odd'] = ['odd.h: No such file']
  assert.equal(machine.words(flags), ['-DNO_ODD'])
})

/** Each is an error of types as well: `check` fails where one is not. */
test('wrong use is one block when it is declared', () => {
  const bpf = bpfRules()
  const object = bpf.object('x.bpf.c')
  const user = bpf.userObject('x.c')
  const wrong: readonly (readonly [what: RegExp, () => unknown])[] = [
    // @ts-expect-error: there is no such option
    [/^bpfRules has no option vmlinus$/, () => bpfRules({ vmlinus: 'none' })],
    // @ts-expect-error: there is no such architecture's name type, but a list is none
    [/^bpfRules: arch is not a known architecture$/, () => bpfRules({ arch: ['x86'] })],
    [/^bpfRules: arch is not a known architecture$/, () => bpfRules({ arch: 'x86_46' })],
    // @ts-expect-error: there is no such instruction set
    [/^object x\.bpf\.c: cpu is not one of v1, v2/, () => bpf.object('x.bpf.c', { cpu: 'v9' })],
    // @ts-expect-error: nor such an end
    [/^bpf: finish is not one of compiled/, () => bpfRules({ bpf: { finish: 'link' } })],
    // @ts-expect-error: flags are a list
    [/^object x\.bpf\.c: flags is not a list$/, () => bpf.object('x.bpf.c', { flags: '-g' })],
    [
      /has a name that is not a macro: A-B$/,
      () => bpf.object('x.bpf.c', { defines: { 'A-B': 1 } }),
    ],
    // @ts-expect-error: a skeleton is made of a BPF object
    [/^the object of a skeleton is not what is needed here$/, () => bpf.skeleton(user)],
    // @ts-expect-error: a path is no handle
    [/^the object of a skeleton is not/, () => bpf.skeleton('x.bpf.o')],
    [
      /^the skeleton of build\/x\.bpf\.o: name is not an id/,
      () => bpf.skeleton(object, { name: 'a-b' }),
    ],
    // @ts-expect-error: a loader embeds skeletons
    [/^a skeleton of x\.c is not/, () => bpf.loader('x.c', { skeletons: [object] })],
    // @ts-expect-error: a loader that has no source of its own compiles nothing
    [/^loader build\/x\.o has no option skeletons$/, () => bpf.loader(user, { skeletons: [] })],
    [/^an object of x\.c is not an object of user/, () => bpf.loader('x.c', { objects: [object] })],
    // @ts-expect-error: what is linked is BPF
    [/^an object of x is not/, () => bpf.linkedObject('x', [user])],
    [
      /^tool x has no option libs$/,
      () => bpf.tools('*.bpf.c', { each: { x: { libs: [] } as object } }),
    ],
    [/^a project has no name$/, () => bpf.project('')],
    [/^the name of an embedded file is not an identifier/, () => bpf.embedded('x', 'a-b')],
  ]
  for (const [what, act] of wrong) {
    const block = refusal(act)
    assert.match(block.what, what)
  }
})

test('a custom rule makes what the rules take', () => {
  const own: Edge<'BPF'> = edge({ rule: 'BPF', outputs: ['out/own.bpf.o'], command: ['mycc'] })
  const bpf = bpfRules({ out: 'out' })
  assert.is(bpf.skeleton(own).output.path, 'out/own.skel.h')
  const archive = edge({ rule: 'CARGO', outputs: ['out/libown.a'], command: ['cargo'] })
  const inputs = new FakeMachine().paths(bpf.loader('x.c', { objects: [archive, 'b.a'] }).inputs)
  assert.equal(inputs.slice(0, 3), ['out/x.o', 'out/libown.a', 'b.a'])
})

test('objects of a glob: each once, in an object that is linked of them', () => {
  const machine = new FakeMachine()
  for (const path of ['a/x.bpf.c', 'a/y.bpf.c', 'b/x.bpf.c']) machine.disk.put(path, '')
  const bpf = bpfRules({ out: 'out' })
  const probe = bpf.linkedObject('probe', [bpf.objects('a/*.bpf.c', { cpu: 'v3' })])
  assert.equal(machine.words(probe.command), [
    ...['bpftool', 'gen', 'object', 'out/probe.bpf.o'],
    ...['out/x.bpf.o', 'out/y.bpf.o'],
  ])
  const [x] = machine.ask(bpf.objects(['a/x.bpf.c'], { cpu: 'v3', finish: 'linked' }))
  assert.is(x?.rule, 'GENOBJ')
  const placed = bpf.objects('*/x.bpf.c', { place: (source) => source.replace('.c', '.o') })
  assert.equal(
    machine.ask(placed).map(({ output }) => output.path),
    ['out/a/x.bpf.o', 'out/b/x.bpf.o'],
  )
  const shared = bpf.userObjects('*/x.bpf.c', { place: (source) => `${source}.o` })
  assert.equal(
    machine.ask(shared).map(({ output }) => output.path),
    ['out/a/x.bpf.c.o', 'out/b/x.bpf.c.o'],
  )
  assert.equal(machine.words(bpf.minCoreBtf('5.4', [bpf.objects('a/*.bpf.c')]).command).slice(-2), [
    ...['out/x.bpf.o', 'out/y.bpf.o'],
  ])
  const none = refusal(() => machine.ask(bpf.objects('c/*.bpf.c')))
  assert.is(none.what, 'no source matches')
  assert.match(none.hint ?? '', 'correct the pattern')
})

test('what the types would refuse is one block where it is declared', () => {
  const bpf = bpfRules({ out: 'out' })
  const object = bpf.object('x.bpf.c')
  const skeleton = bpf.skeleton(object)
  const tools = bpf.tools('*.bpf.c')
  // As those write it who use no types.
  const loose = bpf as unknown as Readonly<Record<string, (...words: unknown[]) => unknown>>
  const call =
    (name: string, ...words: unknown[]) =>
    () =>
      loose[name]?.(...words)
  for (const [act, what, fact] of [
    [call('object'), 'an object is not of a source', 'undefined'],
    [call('object', '*.bpf.c'), 'an object is of one source, and this is a pattern', '*.bpf.c'],
    [
      call('object', 'x.bpf.c', { output: '' }),
      'object x.bpf.c: output is not the path of a file',
      '""',
    ],
    [
      call('object', 'x.bpf.c', { flags: ['-g', undefined] }),
      'object x.bpf.c: flags contains something that is neither a word nor a handle: undefined',
    ],
    [call('objects', ''), 'objects: patterns is empty', '""'],
    [call('objects', '*.bpf.c', { output: 'x' }), 'objects has no option output'],
    [call('userObjects', '*.c', { place: 'x' }), 'userObjects: place is not a function', 'x'],
    [call('userObject', 'src/*.c'), 'a userObject is of one source, and this is a pattern'],
    [call('loader', '*.c'), 'a loader is of one source, and this is a pattern'],
    [
      call('loader', 'x.c', { skeletons: skeleton }),
      'loader x.c: skeletons is not a list',
      '"SKEL out/x.skel.h"',
    ],
    [
      call('loader', object),
      'the object of a loader is not what is needed here',
      'BPF out/x.bpf.o',
    ],
    [call('linkedObject', 'y', []), 'y is linked of no object'],
    [call('linkedObject', 'y', object), 'an object of y: not a list', 'BPF out/x.bpf.o'],
    [
      call('linkedObject', 'y', bpf.objects('*')),
      'an object of y: not a list',
      '"a derived value"',
    ],
    [call('aliases', bpf.loader('x.c'), ['x']), 'x is not another name for out/x'],
    [call('aliases', bpf.loader('x.c'), ['y/z']), 'y/z is not another name for out/x'],
    [call('aliases', bpf.loader('x.c'), 'y'), 'aliases of out/x: names is not a list', 'y'],
    [call('project'), 'a project has no name'],
    [call('variants', { cpu: 'v2' }), 'variants: cpu is not a list', 'v2'],
    [call('variants', { defines: [{ A: 1 }] }), 'variants: defines is not a record'],
    [
      call('variants', { defines: { a: 'A' } }),
      'variant a: defines is not a record such as { DEBUG: true }',
    ],
    [call('tools', ''), 'tools: patterns is empty', '""'],
    [call('tools', '*.bpf.c', { each: ['x'] }), 'tools: each is not a record', '["x"]'],
    [call('tools', '*.bpf.c', { each: { x: undefined } }), 'tool x: options are not a record'],
    [call('tools', '*.bpf.c', { each: { x: { user: ['-lm'] } } }), 'tool x: user is not a record'],
    [
      call('tools', '*.bpf.c', { each: { x: { bpf: { mcpu: 'v3' } } } }),
      'bpf of tool x has no option mcpu',
    ],
    [
      call('tools', '*.bpf.c', { each: { x: { needs: ['libcap'] } } }),
      'tool x: needs contains something that feature() did not make',
    ],
    [
      call('tools', '*.bpf.c', { each: { x: { aliases: [''] } } }),
      'tool x: aliases contains something that is not a name: ""',
    ],
    [call('tools', '*.bpf.c', { name: 'x' }), 'tools: name is not a function', 'x'],
    [call('tools', '*.bpf.c', { objectFile: 'x.o' }), 'tools: objectFile is not a function', 'x.o'],
    [() => feature('f', { header: ['x.h'] } as never), 'feature f has no option header'],
    [() => feature('f', 'x.h' as never), 'feature f: options are not a record', 'x.h'],
    [() => treeTasks(bpf, undefined as never), 'treeTasks is given something else'],
    [() => treeTasks(tools as never, bpf as never), 'treeTasks is given something else'],
    [
      () => treeTasks(bpf, tools, { install: { files: { 'share/x': 'README' } } } as never),
      'files of install: share/x is not a list',
      'README',
    ],
    [
      () => treeTasks(bpf, tools, { install: { files: ['README'] } } as never),
      'install: files is not a record',
    ],
    [
      () => treeTasks(bpf, tools, { test: 'node --test' } as never),
      'treeTasks: test is not a list',
    ],
  ] as readonly (readonly [() => unknown, string, string?])[]) {
    const { what: said, facts = [], hint } = refusal(act)
    assert.is(said, what)
    assert.ok(hint !== undefined, what)
    if (fact !== undefined) assert.ok(facts.flat().includes(fact), `${what}: ${facts}`)
  }
})

test.run()
