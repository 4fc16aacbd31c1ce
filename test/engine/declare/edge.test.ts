// Declarations: frozen, normalised, refused where they make no sense.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { UserError } from '../../../tasks/engine/base/failure.ts'
import { normalPath } from '../../../tasks/engine/base/path.ts'
import {
  cosmetic,
  derive,
  type EdgeSpec,
  edge,
  glob,
  setting,
  source,
  tool,
} from '../../../tasks/engine/declare/index.ts'
import { pool } from '../../../tasks/engine/declare/pool.ts'
import { probe } from '../../../tasks/engine/declare/probe.ts'

function refused(part: string): (error: unknown) => boolean {
  return (error) => {
    const refusal = error instanceof UserError ? error.block : undefined
    return refusal?.what.includes(part) === true && refusal.status === 2
  }
}

test('an edge is known by its first output, and each output knows its edge', () => {
  const made = edge({ rule: 'CC', outputs: ['./b//x.o', 'b/../x.d'], command: ['cc'] })
  assert.equal(
    made.outputs.map(({ path }) => path),
    ['b/x.o', 'x.d'],
  )
  assert.is(made.output, made.outputs[0])
  for (const output of made.outputs) assert.is(output.edge, made)
})

test('what is left out has a value', () => {
  const made = edge({ rule: 'CC', outputs: ['a'], command: ['cc'] })
  const { kind, directory, depfile, stdout, pool: none, fresh, inputs, orderOnly } = made
  assert.equal(
    [kind, directory, depfile, stdout, none, fresh],
    ['edge', '.', undefined, undefined, undefined, false],
  )
  assert.equal([inputs, orderOnly, made.environment], [[], [], {}])
})

test('paths of an edge are normalised', () => {
  const spec = { rule: 'CC', outputs: ['a'], command: ['cc'], captureStdout: true } as const
  const made = edge({ ...spec, directory: './sub//x', depfile: 'a/../b.d' })
  assert.is(made.directory, 'sub/x')
  assert.is(made.depfile, 'b.d')
  assert.is(made.stdout, made.output)
})

test('handles are frozen, and what was handed over can be changed without harm', () => {
  const inputs = ['a']
  const command = ['cc']
  const environment: Record<string, string> = { A: '1' }
  const made = edge({ rule: 'CC', outputs: ['o'], inputs, orderOnly: inputs, command, environment })
  inputs.push('b')
  command.push('-O2')
  environment['B'] = '2'
  assert.equal(made.inputs, ['a'])
  assert.equal(made.orderOnly, ['a'])
  assert.equal(made.command, ['cc'])
  assert.equal(made.environment, { A: '1' })
  const { outputs, output } = made
  const parts = [made, made.inputs, made.orderOnly, made.command, made.environment, outputs, output]
  for (const part of parts) assert.ok(Object.isFrozen(part))
  const version = { args: [], pattern: /x/ }
  const others = [
    source('a'),
    pool('p', 1),
    setting('A', 'a'),
    setting('A', 'a', 'b'),
    probe({ name: 'p', command: [], read: () => [] }),
    glob('*'),
    glob('*').patterns,
    tool({ name: 't', names: [], version, hint: '' }),
    derive([], () => 1),
    cosmetic('x'),
    cosmetic('x').words,
  ]
  for (const part of others) assert.ok(Object.isFrozen(part), JSON.stringify(part))
})

test('one file has one name', () => {
  const names: Record<string, string> = {
    'a/b': 'a/b',
    './a': 'a',
    'a//b': 'a/b',
    'a/./b': 'a/b',
    'a/../b': 'b',
    '../a': '../a',
    '/x/../y': '/y',
    'a b\n': 'a b\n',
    '...': '...',
    '.a': '.a',
  }
  for (const [written, normal] of Object.entries(names)) {
    assert.is(normalPath(written), normal, written)
    assert.is(source(written).path, normal, written)
  }
})

test('a path must be one', () => {
  for (const path of ['', 'a\0b']) {
    assert.throws(() => source(path), refused('a path is empty'))
    assert.throws(() => edge({ rule: 'R', outputs: [path], command: [] }), refused('a path is'))
  }
})

test('an output is a file, named once', () => {
  const make = (...outputs: string[]) => {
    return () => edge({ rule: 'R', outputs: outputs as unknown as [string], command: [] })
  }
  assert.throws(make('a/'), refused('an output is a folder'))
  assert.throws(make('a', './a'), refused('an edge names one output twice'))
  assert.throws(make(), refused('an edge has no output'))
})

for (const path of ['.', '..', 'a/..', '/', '../..']) {
  test(`${path} is no output`, () => {
    const spec: EdgeSpec = { rule: 'R', outputs: [path], command: [] }
    assert.throws(() => edge(spec), refused('an output is a folder'))
  })
}

test('a pool lets at least one run', () => {
  assert.is(pool('p', 3).depth, 3)
  for (const depth of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => pool('p', depth), refused('pool p needs a depth'))
  }
})

test('a setting without a default has none', () => {
  assert.is('default' in setting('A', 'about'), false)
  assert.is(setting('A', 'about', 'x').default, 'x')
  assert.is(setting('A', 'about', '').default, '')
})

test('a derived value is made from the answers, in order', () => {
  const parts = [setting('A', ''), setting('B', '')] as const
  const made = derive(parts, (a, b) => `${a}-${b}`)
  assert.equal(made.from, parts)
  assert.is(made.make(['1', '2']), '1-2')
})

test.run()
