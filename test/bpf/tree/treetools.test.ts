// Sources that match become tools: which files belong together, what each is told, what is refused.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type BpfRules,
  bpfRules,
  fileFeature,
  type Sources,
  type Tools,
  type ToolsOptions,
} from '../../../tasks/bpf/index.ts'
import { type Edge, edge, UserError } from '../../../tasks/engine/index.ts'
import { FakeMachine } from '../../support/fakemachine.ts'

/** A tree of files, and what its tools are made of. */
class Folder extends FakeMachine {
  readonly bpf: BpfRules = bpfRules({ out: 'out' })

  constructor(files: Readonly<Record<string, string>>) {
    super()
    for (const [path, text] of Object.entries(files)) this.disk.put(path, text)
  }

  tools(options: ToolsOptions = {}, patterns: Sources = '*.bpf.c'): Tools {
    return this.bpf.tools(patterns, options)
  }

  /** Paths of what is built for each tool: object, program, aliases. */
  built(tools: Tools): Record<string, string[]> {
    const path = (edge: Edge | undefined) => (edge === undefined ? [] : [edge.output.path])
    return Object.fromEntries(
      this.ask(tools.list).map(({ name, object, loader, aliases }) => [
        name,
        [...path(object), ...path(loader), ...aliases.flatMap(path)],
      ]),
    )
  }

  /** The edge of an output, somewhere below the tools. */
  edge(tools: Tools, path: string): Edge {
    const seen = new Set<Edge>()
    const look = (inputs: Edge['inputs']): void => {
      for (const file of this.files(inputs)) {
        if (file.kind !== 'output' || seen.has(file.edge)) continue
        seen.add(file.edge)
        look([...file.edge.inputs, ...file.edge.orderOnly])
      }
    }
    look([tools.all])
    const found = [...seen].find(({ output }) => output.path === path)
    if (found === undefined) {
      throw new Error(`no ${path} in ${[...seen].map(({ output }) => output.path).join(' ')}`)
    }
    return found
  }

  refusal(tools: Tools): UserError['block'] {
    try {
      this.ask(tools.list)
    } catch (error) {
      if (error instanceof UserError) return error.block
      throw error
    }
    throw new Error('it was taken')
  }
}

const SKELETON = (name: string, ending = 'skel.h') =>
  `#include <stdio.h>\n#include "${name}.${ending}"\n`

test('a BPF source, its loader, and a helper that is no tool', () => {
  const folder = new Folder({
    'x.bpf.c': '',
    'x.c': SKELETON('x'),
    'y.bpf.c': '',
    'helper.c': '#include "helper.h"\n',
    'x.h': '',
  })
  const tools = folder.tools()
  assert.equal(folder.built(tools), { x: ['out/x.bpf.o', 'out/x'], y: ['out/y.bpf.o'] })
  const main = folder.edge(tools, 'out/x.o')
  assert.equal(folder.paths(main.orderOnly), ['out/x.skel.h'])
  assert.equal(folder.paths(folder.edge(tools, 'out/x').inputs)[0], 'out/x.o')
})

test('a loader without a skeleton opens the object at run time, which is built', () => {
  const folder = new Folder({ 'x.bpf.c': '', 'x.c': 'int main(void) { return 0; }\n' })
  const tools = folder.tools()
  assert.equal(folder.built(tools), { x: ['out/x.bpf.o', 'out/x'] })
  assert.equal(folder.paths(folder.edge(tools, 'out/x.o').orderOnly), [])
})

test('a loader may embed several skeletons, of any kind, and need no BPF source of its name', () => {
  const folder = new Folder({
    'a.bpf.c': '',
    'b.bpf.c': '',
    'c.bpf.c': '',
    'all.cpp': `${SKELETON('a')}${SKELETON('b', 'lskel.h')}  #  include <gen/c.subskel.h>\n`,
    'a.c': SKELETON('a'),
  })
  const tools = folder.tools()
  assert.equal(folder.built(tools)['all'], ['out/all'])
  const main = folder.edge(tools, 'out/all.o')
  assert.is(main.rule, 'CXX')
  assert.equal(folder.paths(main.orderOnly), ['out/a.skel.h', 'out/b.lskel.h', 'out/c.subskel.h'])
  const words = (path: string) => folder.words(folder.edge(tools, path).command)
  assert.equal(words('out/a.skel.h'), ['bpftool', 'gen', 'skeleton', 'out/a.bpf.o'])
  assert.equal(words('out/b.lskel.h'), ['bpftool', 'gen', 'skeleton', '-L', 'out/b.bpf.o'])
  assert.equal(words('out/c.subskel.h'), ['bpftool', 'gen', 'subskeleton', 'out/c.bpf.o'])
})

test('what one is told adds to what all are told', () => {
  const folder = new Folder({
    'x.bpf.c': '',
    'x.c': SKELETON('x'),
    'y.bpf.c': '',
    'y.c': '',
    'u.c': '',
  })
  const tools = folder.tools({
    bpf: { defines: { ALL: true, SIZE: 1 }, flags: ['-fall'], cpu: 'v2' },
    user: { flags: ['-pthread'] },
    libraries: ['-lall'],
    except: [],
    each: {
      x: {
        bpf: { defines: { SIZE: 2, OFF: false }, flags: ['-fown'], cpu: 'v3' },
        user: { includes: ['own'], defines: { MINE: '"text"' } },
        libraries: ['-lown'],
        sources: ['u.c'],
        skeletonName: 'mine',
        aliases: ['z'],
      },
    },
  })
  const words = (path: string) => folder.words(folder.edge(tools, path).command)
  const bpf = words('out/x.bpf.o')
  for (const word of ['-DALL', '-DSIZE=2', '-fall', '-fown', '-mcpu=v3']) {
    assert.ok(bpf.includes(word), word)
  }
  assert.not.ok(bpf.some((word) => /OFF|SIZE=1|v2/.test(word)))
  assert.ok(words('out/y.bpf.o').includes('-mcpu=v2'))
  assert.ok(words('out/x.o').includes('-DMINE="text"') && words('out/x.o').includes('-pthread'))
  assert.not.ok(words('out/y.o').includes('-DMINE="text"'))
  assert.equal(words('out/x.skel.h').slice(-2), ['name', 'mine'])
  const link = words('out/x')
  assert.ok(link.indexOf('-lall') < link.indexOf('-lown') && link.includes('-pthread'))
  assert.ok(link.includes('out/x.parts/u.o'))
  assert.not.ok(words('out/y').includes('out/x.parts/u.o'))
  assert.equal(words('out/z'), ['ln', '-sf', 'x', 'out/z'])
})

test('objects are shared, and compiled once', () => {
  const folder = new Folder({
    'x.bpf.c': '',
    'x.c': '',
    'y.bpf.c': '',
    'y.c': '',
    'h_1.c': '',
    'h_2.c': '',
  })
  const shared = folder.bpf.userObjects('h_*.c')
  const tools = folder.tools({ objects: [shared] })
  for (const name of ['x', 'y']) {
    const inputs = folder.paths(folder.edge(tools, `out/${name}`).inputs)
    assert.equal(inputs.slice(0, 3), [`out/${name}.o`, 'out/h_1.o', 'out/h_2.o'])
  }
})

test('several sources are linked to one object, each compiled once', () => {
  const folder = new Folder({
    'x.bpf.c': '',
    'x.c': SKELETON('x'),
    'y.bpf.c': '',
    'y.c': '',
    'part.bpf.c': '',
  })
  const tools = folder.tools({ each: { x: { link: ['part', 'y'] } } })
  assert.equal(Object.keys(folder.built(tools)), ['x', 'y'])
  assert.equal(folder.words(folder.edge(tools, 'out/x.bpf.o').command), [
    ...['bpftool', 'gen', 'object', 'out/x.bpf.o'],
    ...['out/x.tmp.bpf.o', 'out/part.bpf.o', 'out/y.bpf.o'],
  ])
})

test('how an object is finished', () => {
  const folder = new Folder({ 'x.bpf.c': '', 'y.bpf.c': '', 'z.bpf.c': '' })
  const tools = folder.tools({
    bpf: { finish: 'linked' },
    each: { y: { bpf: { finish: 'stripped' } }, z: { bpf: { finish: 'compiled' } } },
  })
  const words = (path: string) => folder.words(folder.edge(tools, path).command)
  assert.equal(words('out/x.bpf.o').slice(1), ['gen', 'object', 'out/x.bpf.o', 'out/x.tmp.bpf.o'])
  assert.equal(words('out/y.bpf.o'), ['llvm-strip', '-g', 'out/y.tmp.bpf.o', '-o', 'out/y.bpf.o'])
  assert.is(words('out/z.bpf.o')[0], 'clang')
})

test('names, objects and skeletons may be called as a tree calls them', () => {
  const folder = new Folder({ 'kern/pass_kern.c': '', 'user/pass_user.c': SKELETON('pass_kern') })
  const tools = folder.tools(
    {
      loaders: 'user/*_user.c',
      name: (path) => path.replace(/^.*\/|_(kern|user)\.c$/g, ''),
      objectFile: (name) => `obj/${name}_kern.o`,
      skeletonFile: (name) => `gen/${name}_kern.skel.h`,
    },
    'kern/*_kern.c',
  )
  assert.equal(folder.built(tools), { pass: ['out/obj/pass_kern.o', 'out/pass'] })
  const main = folder.edge(tools, 'out/pass.o')
  assert.equal(folder.paths(main.orderOnly), ['out/gen/pass_kern.skel.h'])
  assert.ok(folder.words(main.command).includes('out/gen'))
})

test('a tool is left out where something that it needs is missing, and it is known why', () => {
  const folder = new Folder({ 'x.bpf.c': '', 'x.c': '#include <sys/odd.h>\n', 'y.bpf.c': '' })
  const odd = fileFeature('third/odd.h')
  const needing = folder.tools({
    needs: ({ headers }) => (headers.includes('sys/odd.h') ? [odd] : []),
  })
  assert.equal(Object.keys(folder.built(needing)), ['y'])
  assert.equal(folder.ask(needing.leftOut), [
    { name: 'x', lack: 'third/odd.h: there is no third/odd.h' },
  ])
  folder.disk.put('third/odd.h', '')
  assert.equal(Object.keys(folder.built(needing)), ['x', 'y'])
  assert.equal(folder.ask(folder.tools({ each: { y: { needs: [odd] } } }).leftOut), [])
})

test('what is told of a loader is refused where there is none', () => {
  const folder = new Folder({ 'x.bpf.c': '', 'y.bpf.c': '', 'y.c': '' })
  for (const own of [{ aliases: ['z'] }, { libraries: ['-lm'] }, { sources: ['more.c'] }]) {
    const { what } = folder.refusal(folder.tools({ each: { x: own } }))
    assert.is(what, `the tool x has no loader, and is given its ${Object.keys(own)}`)
    folder.built(folder.tools({ each: { y: own } }))
  }
})

test('what no source has the name of is told with the nearest', () => {
  const folder = new Folder({ 'execs.bpf.c': '', 'opens.bpf.c': '' })
  const each = folder.refusal(folder.tools({ each: { exec: {} } }))
  assert.is(each.what, 'there is no tool exec')
  assert.match(each.hint ?? '', /did you mean execs\?/)
  assert.is(folder.refusal(folder.tools({ except: ['x'] })).what, 'there is no tool x')
  const linked = folder.refusal(folder.tools({ each: { execs: { link: ['open'] } } }))
  assert.is(linked.what, 'there is no BPF source of the name open')
  assert.match(linked.hint ?? '', /did you mean opens\?/)
})

test('nothing that matches, and two sources of one name, are refused', () => {
  const folder = new Folder({ 'a/x.bpf.c': '', 'b/x.bpf.c': '' })
  assert.is(folder.refusal(folder.tools()).what, 'no source matches')
  const twice = folder.refusal(folder.tools({}, '*/*.bpf.c'))
  assert.is(twice.what, 'two sources are of one tool, x')
  assert.equal(twice.facts, [
    ['one', 'a/x.bpf.c'],
    ['the other', 'b/x.bpf.c'],
  ])
})

test('a pattern of loaders is there to match, and a name to be one', () => {
  const folder = new Folder({ 'x.bpf.c': '', 'x.c': '' })
  const { what, facts } = folder.refusal(folder.tools({ loaders: 'user/*.c' }))
  assert.is(what, 'no source matches')
  assert.equal(facts, [['patterns', 'user/*.c']])
  for (const [name, given] of [
    ['', '""'],
    [undefined, 'undefined'],
  ] as const) {
    const refused = folder.refusal(folder.tools({ name: () => name as string }))
    assert.is(refused.what, 'name of tools gives no name')
    assert.equal(refused.facts, [
      ['source', 'x.bpf.c'],
      ['given', given],
    ])
  }
})

test('a source that an edge makes is a tool as well, and its loader may be made too', () => {
  const folder = new Folder({ 'x.bpf.c': '', 'x.c': '#include "x.skel.h"' })
  const made = edge({ rule: 'GEN', outputs: ['gen/y.bpf.c', 'gen/y.c'], command: ['gen'] })
  const [program, loader] = made.outputs
  if (!program || !loader) return assert.unreachable()
  const tools = folder.tools({ loaders: ['*.c', loader], each: { y: { sources: [loader] } } }, [
    '*.bpf.c',
    program,
  ])
  assert.equal(folder.built(tools), {
    x: ['out/x.bpf.o', 'out/x'],
    y: ['out/y.bpf.o', 'out/y'],
  })
  const y = folder.ask(tools.list).find(({ name }) => name === 'y')
  const [source] = folder.files(y?.object?.inputs ?? [])
  assert.is(source?.kind === 'output' ? source.edge : undefined, made)
})

test('names of skeletons, of all tools or of one; and trees without loaders', () => {
  const folder = new Folder({
    'x.bpf.c': '',
    'x.c': '#include "x.skel.h"',
    'y.bpf.c': '',
    'y.c': '',
  })
  const nameOf = (tools: Tools, name: string): string | undefined => {
    const tool = folder.ask(tools.list).find((one) => one.name === name)
    const loader = tool?.loader?.inputs
      .flat()
      .find((one) => typeof one === 'object' && 'rule' in one)
    const [skeleton] = folder.files((loader as Edge | undefined)?.orderOnly ?? [])
    if (skeleton?.kind !== 'output') return undefined
    return folder.words(skeleton.edge.command).at(-1)
  }
  const plain = (name: string) => name
  assert.is(nameOf(folder.tools(), 'x'), 'out/x.bpf.o')
  assert.is(nameOf(folder.tools({ skeletonName: plain }), 'x'), 'x')
  const own = folder.tools({ skeletonName: plain, each: { x: { skeletonName: 'mine' } } })
  assert.is(nameOf(own, 'x'), 'mine')
  assert.throws(() => folder.ask(folder.tools({ skeletonName: () => 'a-b' }).list), 'a-b')
  assert.equal(folder.built(folder.tools({ loaders: false })), {
    x: ['out/x.bpf.o'],
    y: ['out/y.bpf.o'],
  })
})

test.run()
