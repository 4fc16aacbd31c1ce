// Handles to a graph: producers, order, duplicates, cycles, names that were nearly right.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type FailureBlock, UserError } from '../../../tasks/engine/base/failure.ts'
import { Graph, type Node } from '../../../tasks/engine/decide/graph.ts'
import {
  derive,
  type Edge,
  edge,
  glob,
  type Input,
  source,
} from '../../../tasks/engine/declare/edge.ts'
import { fakeAnswers, randomNumbers } from '../../support/fakeworld.ts'
import { refusal } from '../../support/refusal.ts'

function make(output: string, inputs: readonly Input[] = [], orderOnly: readonly Input[] = []) {
  return edge({ rule: 'MAKE', outputs: [output], inputs, orderOnly, command: ['x'] })
}

function graph(): Graph {
  return new Graph(fakeAnswers({ glob: () => ['g1', 'g2'] }))
}

function names(nodes: readonly Node[]): string[] {
  return nodes.map((node) => node.edge.output.path)
}

test('a node comes after those that it needs, and knows its inputs and their producers', () => {
  const a = make('a', ['a.c'])
  const b = make('b', [a, 'b.c'])
  const c = make('c', [glob('*')], [b, a])
  const made = graph()
  const wanted = made.add([c])
  assert.equal(names(made.nodes), ['a', 'b', 'c'])
  assert.equal(names(wanted.nodes), ['c'])
  assert.equal(wanted.sources, [])
  const node = made.producer('c')
  if (node === undefined) return assert.unreachable()
  assert.equal(
    node.inputs.map(({ path }) => path),
    ['g1', 'g2'],
  )
  assert.equal(
    node.orderOnly.map(({ path, producer }) => [path, producer?.edge]),
    [
      ['b', b],
      ['a', a],
    ],
  )
  assert.equal(names(node.needs).sort(), ['a', 'b'])
  assert.is(made.producer('a.c'), undefined)
})

test('each edge is one node, and each need is there once', () => {
  const a = edge({ rule: 'R', outputs: ['a1', 'a2'], command: [] })
  const b = make('b', [a, 'a1', source('a2')], [a])
  const made = graph()
  made.add([b, a, [b, [a]]])
  made.add([b])
  assert.equal(names(made.nodes), ['a1', 'b'])
  assert.equal(names(made.producer('b')?.needs ?? []), ['a1'])
  assert.is(made.producer('a2'), made.producer('a1'))
})

test('what is asked for and no edge makes is a source', () => {
  const a = make('a')
  const wanted = graph().add(['x', a, source('./y'), derive([], () => 'z')])
  assert.equal(wanted.sources, ['x', 'y', 'z'])
  assert.equal(names(wanted.nodes), ['a'])
})

/** A graph in which `user` reads `made` by its path, and `maker` makes that. */
const byPath: Readonly<Record<string, (user: Edge, maker: Edge) => Input[][]>> = {
  'before it': (user, maker) => [[maker, user]],
  'after it': (user, maker) => [[user, maker]],
  'in a list': (user, maker) => [[user, [[maker]]]],
  'as an input of another target': (user, maker) => [[user, make('other', [maker])]],
  'deep below another target': (user, maker) => [
    [user, make('other', [make('middle', [], [maker])])],
  ],
  'by another task, before': (user, maker) => [[maker], [user]],
  'by another task, after': (user, maker) => [[user], [maker]],
}
for (const [where, targets] of Object.entries(byPath)) {
  test(`a path written as a string finds the edge that makes it, declared ${where}`, () => {
    const maker = make('made', ['m.c'])
    const user = make('user', ['./made'])
    const made = graph()
    const [wanted = [], known = []] = targets(user, maker)
    made.add(wanted, known)
    assert.is(made.producer('user')?.inputs[0]?.producer?.edge, maker)
    assert.equal(names(made.producer('user')?.needs ?? []), ['made'])
  })
}

test('a path beside its producer in one list of inputs finds it', () => {
  const maker = make('made')
  const made = graph()
  made.add([make('user', ['made', make('beside', [maker])])])
  assert.is(made.producer('user')?.inputs[0]?.producer?.edge, maker)
})

test('what cannot be answered stops those that need it, not those that do not', () => {
  const fail = derive([], (): string => {
    throw new UserError({ what: 'no answer' })
  })
  const stuck = make('stuck', [fail, 'x'])
  const made = graph()
  assert.equal(names(made.add([make('a')], [fail, make('b', [stuck])]).nodes), ['a'])
  assert.is(made.producer('stuck')?.edge, stuck)
  assert.is(refusal(() => graph().add([make('user', ['stuck'])], [stuck])).what, 'no answer')
  assert.is(refusal(() => graph().add([fail])).what, 'no answer')
})

/** Two edges with one output, by where they meet. */
const meetings: Readonly<Record<string, (one: Edge, other: Edge) => Input[][]>> = {
  'in one list of targets': (one, other) => [[one, other]],
  'in two lists of targets': (one, other) => [[one], [other]],
  'in one list of inputs': (one, other) => [[make('x', [one, other])]],
  'in inputs and order-only inputs': (one, other) => [[make('x', [one], [other])]],
  'in two edges': (one, other) => [[make('x', [one]), make('y', [other])]],
}
for (const [where, targets] of Object.entries(meetings)) {
  test(`two edges with one output that meet ${where} are named, both`, () => {
    const one = edge({ rule: 'ONE', outputs: ['a/./same'], command: ['1'] })
    const other = edge({ rule: 'OTHER', outputs: ['a/same'], command: ['2'] })
    const made = graph()
    const [wanted = [], known = []] = targets(one, other)
    const block = refusal(() => made.add(wanted, known))
    assert.is(block.status, 2)
    assert.is(block.what, 'two edges make one file')
    const [path, ...sides] = block.facts ?? []
    assert.equal(path, ['output', 'a/same'])
    assert.equal(sides.map(([, side]) => side).sort(), ['ONE a/same', 'OTHER a/same'])
  })
}

test('two edges that share only their second output are named, both', () => {
  const one = edge({ rule: 'ONE', outputs: ['a', 'same'], command: [] })
  const other = edge({ rule: 'OTHER', outputs: ['b', 'same'], command: [] })
  const block = refusal(() => graph().add([one, other]))
  const sides = block.facts?.slice(1).map(([, side]) => side)
  assert.equal(sides?.sort(), ['ONE a same', 'OTHER b same'])
})

function path(block: FailureBlock): string | undefined {
  assert.is(block.what, 'edges need each other in a circle')
  return block.facts?.find(([label]) => label === 'path')?.[1]
}

test('a circle is shown whole, and without the way that led to it', () => {
  const [a, b, c] = [make('a', ['b']), make('b', [], ['c']), make('c', ['a'])]
  assert.is(path(refusal(() => graph().add([a, b, c]))), 'a → b → c → a')
  assert.is(
    path(refusal(() => graph().add([make('top', [make('up', [b])]), a, c]))),
    'b → c → a → b',
  )
  assert.is(path(refusal(() => graph().add([make('self', ['./self'])]))), 'self → self')
})

test('a diamond is no circle', () => {
  const a = make('a')
  const made = graph()
  made.add([make('d', [make('b', [a]), make('c', [a])])])
  assert.equal(names(made.nodes), ['a', 'b', 'c', 'd'])
})

test('a chain of thousands of edges is followed', () => {
  let last = make('0')
  for (let at = 1; at < 5000; at++) last = make(`${at}`, [last])
  const made = graph()
  made.add([last])
  assert.is(made.nodes.length, 5000)
  assert.is(made.nodes[4999]?.edge, last)
})

test('a target by its path, or what was probably meant', () => {
  const made = graph()
  const a = make('build/hello')
  made.add([a])
  assert.is(made.target('./build//hello', []).edge, a)
  const block = refusal(() => made.target('build/helo', ['build']))
  assert.is(block.status, 2)
  assert.is(block.what, 'there is no task and no output named build/helo')
  assert.match(block.hint ?? '', /did you mean build\/hello\?/)
  assert.match(refusal(() => made.target('biuld', ['build'])).hint ?? '', /did you mean build\?/)
  assert.not.match(refusal(() => made.target('zzzzzzz', ['build'])).hint ?? '', /did you mean/)
})

/** Random edges, each of which needs some that were declared before it; and who needs whom. */
function randomGraph(seed: number): { made: Graph; edges: Edge[]; needs: Map<Edge, Edge[]> } {
  const random = randomNumbers(seed)
  const edges: Edge[] = []
  const needs = new Map<Edge, Edge[]>()
  const size = 2 + random(9)
  for (let at = 0; at < size; at++) {
    const picked = edges.filter(() => random(3) === 0)
    const split = random(picked.length + 1)
    const made = make(`${at}`, picked.slice(0, split), picked.slice(split))
    edges.push(made)
    needs.set(made, picked)
  }
  const made = graph()
  made.add(edges.toSorted(() => random(3) - 1))
  return { made, edges, needs }
}

function reaches(needs: Map<Edge, Edge[]>, from: Edge, to: Edge): boolean {
  return from === to || (needs.get(from) ?? []).some((need) => reaches(needs, need, to))
}

test('on random graphs: the order holds, and who reaches whom is what it is', () => {
  for (let seed = 0; seed < 300; seed++) {
    const { made, edges, needs } = randomGraph(seed)
    assert.is(made.nodes.length, edges.length)
    for (const [id, node] of made.nodes.entries()) {
      assert.is(node.id, id)
      assert.equal(new Set(node.needs.map((need) => need.edge)), new Set(needs.get(node.edge)))
      for (const need of node.needs) assert.ok(need.id < node.id)
      for (const other of made.nodes) {
        const expected = reaches(needs, node.edge, other.edge)
        assert.is(made.reaches(node, other), expected, `seed ${seed}`)
      }
    }
  }
})

test('on random graphs: the path to a node is a shortest chain of needs', () => {
  for (let seed = 300; seed < 500; seed++) {
    const { made, needs } = randomGraph(seed)
    for (const start of made.nodes) {
      for (const node of made.nodes) {
        const chain = made.pathTo([start], node)
        if (!reaches(needs, start.edge, node.edge)) {
          assert.equal(chain, [node.edge.output.path])
          continue
        }
        assert.is(chain[0], start.edge.output.path)
        assert.is(chain.at(-1), node.edge.output.path)
        for (const [at, name] of chain.slice(1).entries()) {
          const above = made.producer(chain[at] ?? '')
          assert.ok(above?.needs.some((need) => need.edge.output.path === name))
        }
        assert.is(chain.length, distance(start, node))
      }
    }
  }
})

function distance(from: Node, to: Node): number {
  if (from === to) return 1
  return 1 + Math.min(...from.needs.map((need) => distance(need, to)))
}

test('a program that a value names is an input where it is made, and none where it is found by name', () => {
  const compiler = make('bin/compiler')
  const made = graph()
  const program = derive([], () => compiler)
  const user = (output: string, first: Edge['command'][number]) =>
    edge({ rule: 'USE', outputs: [output], command: [first, output] })
  made.add([
    user('a', program),
    user('b', program),
    user(
      'c',
      derive([], () => 'compiler'),
    ),
  ])
  const inputs = (path: string) => made.producer(path)?.inputs.map((input) => input.path)
  assert.equal(inputs('a'), ['bin/compiler'])
  assert.equal(inputs('b'), ['bin/compiler'])
  assert.equal(inputs('c'), [])
})

test.run()
