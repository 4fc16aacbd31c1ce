// Values that are read from files, and edges that decide what the graph is.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Tree } from '../support/tree.ts'

const IMPORT = `import { derive, edge, main, optional, task, text, tool } from `

/** tasks.ts with the parts of the engine that this file is about. */
function tree(body: string): Tree {
  const made = new Tree()
  made.tasks('')
  const from = /from ('\S+engine\/index\.ts')/.exec(made.read('tasks.ts'))?.[1]
  made.write('tasks.ts', `${IMPORT}${from}\nvoid [derive, edge, optional, text, tool]\n${body}`)
  return made
}

test('an output is named by what a file says, and a change of that makes another', () => {
  using made = tree(`
    const named = derive([text('name')], (name = 'nothing') =>
      edge({ rule: 'COPY', outputs: ['build/' + name.trim()], inputs: ['a'], command: ['cp', 'a', 'build/' + name.trim()] }))
    await main({ build: task('Build', [named]) })
  `)
  made.write('a', 'a')
  assert.equal(made.ran(['build']), ['build/nothing'])
  made.write('name', 'one\n')
  assert.equal(made.ran(['build']), ['build/one'])
  made.write('name', 'two\n')
  assert.equal(made.ran(['build']), ['build/two'])
  assert.equal(made.ran(['build']), [])
})

test('a derived value that gives another one is that one', () => {
  using made = tree(`
    const deep = derive([], () => derive([text('a')], (a) => derive([], () => [a + '!'])))
    const outer = derive([deep], (words) => words.join(' '))
    await main({ build: task('Build', [], async ({ ask, say }) => say(await ask(outer))) })
  `)
  made.write('a', 'deep')
  assert.is(made.run(['build']).stdout, 'deep!\n')
})

test('a tool that may be missing is undefined where it is', () => {
  using made = tree(`
    const version = { args: ['--version'], pattern: /(\\d+)/ }
    const there = optional(tool({ name: 'cp', names: ['cp'], version, hint: '' }))
    const gone = optional(tool({ name: 'gone', names: ['no-such-tool'], version, hint: '' }))
    await main({ build: task('Build', [], async ({ ask, say }) => {
      say(((await ask(there)) !== undefined) + ' ' + (await ask(gone)))
    }) })
  `)
  assert.is(made.run(['build']).stdout, 'true undefined\n')
})

test('a generator runs first, and what it made is built in the same run', () => {
  using made = tree(`
    const list = edge({ rule: 'LIST', outputs: ['build/list'], inputs: ['names'], command: ['cp', 'names', 'build/list'], generator: true })
    const copies = derive([text('build/list')], (names) => [
      list,
      ...(names ?? '').split('\\n').filter(Boolean).map((name) =>
        edge({ rule: 'COPY', outputs: ['build/' + name], inputs: ['names'], command: ['cp', 'names', 'build/' + name] })),
    ])
    await main({ build: task('Build', [copies]) })
  `)
  made.write('names', 'x\ny\n')
  const dry = made.run(['-n', 'build'])
  assert.match(dry.stdout, '1 would run')
  assert.not(made.exists('build'))
  assert.equal(made.ran(['build', '--trace', 'trace.json']), ['build/list', 'build/x', 'build/y'])
  assert.equal(made.ran(['build']), [])
  const { traceEvents } = JSON.parse(made.read('trace.json'))
  const spans: {
    ph: string
    name: string
    ts: number
    dur: number
    args: { critical: boolean }
  }[] = traceEvents.filter(({ ph }: { ph: string }) => ph === 'X')
  assert.equal(spans.map(({ name }) => name).sort(), [
    'COPY build/x',
    'COPY build/y',
    'LIST build/list',
  ])
  const [generator, ...copies] = spans
  assert.ok(generator?.name === 'LIST build/list' && generator.args.critical)
  assert.ok(copies.every(({ ts }) => ts >= generator.ts + generator.dur))
  assert.is(copies.filter(({ args }) => args.critical).length, 1)
  made.run(['report'])
  assert.match(made.read('build/report.html'), /title="LIST build\/list: .*on the critical path"/)
  made.write('names', 'x\ny\nz\n')
  const events = made.events(['build'])
  const summary = events.at(-1)
  assert.is(summary?.type === 'summary' && summary.ran, 4)
  assert.ok(made.exists('build/z'))
  assert.equal(made.ran(['build']), [])
})

test('when a generator fails, nothing else is tried', () => {
  using made = tree(`
    const list = edge({ rule: 'LIST', outputs: ['build/list'], command: ['false'], generator: true })
    const other = edge({ rule: 'COPY', outputs: ['build/b'], inputs: ['a'], command: ['cp', 'a', 'build/b'] })
    await main({ build: task('Build', [list, other]) })
  `)
  made.write('a', 'a')
  assert.is(made.run(['build']).status, 1)
  assert.not(made.exists('build/b'))
})

test('an edge that has something to say says it when it runs', () => {
  using made = tree(`
    const copy = edge({ rule: 'COPY', outputs: ['build/b'], inputs: ['a'], command: ['cp', 'a', 'build/b'], note: 'mind the gap' })
    await main({ build: task('Build', [copy]) })
  `)
  made.write('a', 'a')
  assert.match(made.run(['build']).stderr, 'note: mind the gap')
  assert.is(made.run(['build']).stderr, '')
})

test('a link is made again in the build that makes its target again', () => {
  using made = tree(`
    const target = edge({ rule: 'COPY', outputs: ['build/t.1'], inputs: ['a'], command: ['cp', 'a', 'build/t.1'] })
    const link = edge({ rule: 'LN', outputs: ['build/t'], inputs: [target], command: ['ln', '-sf', 't.1', 'build/t'] })
    await main({ build: task('Build', [link]) })
  `)
  made.write('a', 'a')
  made.ran(['build'])
  made.touch('a', 1)
  assert.equal(made.ran(['build']), ['build/t', 'build/t.1'])
  assert.equal(made.ran(['build']), [])
})

test.run()
