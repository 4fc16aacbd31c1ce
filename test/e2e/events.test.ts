// --json gives one event a line and nothing else there; --explain gives the reasons in words.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { build, settled } from '../support/buildverdicts.ts'
import { Tree } from '../support/tree.ts'

test('events come in order, each once, and the summary adds up', () => {
  using tree = new Tree()
  tree.tasks(`
    const copy = (name, input, script = 'cp $0 $1; echo made $1') => edge({ rule: 'COPY',
      outputs: ['build/' + name, 'build/' + name + '.2'], inputs: [input],
      command: ['sh', '-c', script + '; cp $0 $1.2', input, 'build/' + name] })
    const a = copy('a', 'x')
    const b = copy('b', a.output)
    const bad = copy('bad', 'x', 'echo no; exit 4')
    const after = copy('after', bad.output)
    const same = copy('same', 'y')
    await main({ build: task('Build', [b, after, same]) })`)
  tree.write('x', 'x')
  tree.write('y', 'y')
  build(tree, ['build/same'])
  const { events, status, stderr } = build(tree, ['build', '-k', '-j1'])
  assert.is(status, 1)
  assert.is(stderr, '')
  const line = events.map((event) =>
    'outputs' in event ? `${event.type} ${event.outputs.join(' ')}` : event.type,
  )
  for (const name of ['a', 'b', 'bad']) {
    const [first, second] = [`build/${name}`, `build/${name}.2`]
    assert.equal(
      line.filter((text) => text.endsWith(` ${first} ${second}`)),
      ['stale', 'start', 'finish'].map((type) => `${type} ${first} ${second}`),
    )
  }
  assert.is(line.length, 2 + 3 * 3)
  assert.ok(line.indexOf('finish build/a build/a.2') < line.indexOf('start build/b build/b.2'))
  assert.equal(events[0], { type: 'plan', edges: 5, stale: 4 })
  const last = events.at(-1)
  assert.is(last?.type === 'summary' && last.ms > 0, true)
  assert.equal(
    { ...last, ms: 0 },
    { type: 'summary', ran: 3, upToDate: 1, failed: 1, skipped: 1, ms: 0 },
  )
  const finished = events.flatMap((event) => (event.type === 'finish' ? [event] : []))
  assert.equal(finished.map(({ status, output, rule }) => [rule, status, output]).sort(), [
    ['COPY', 'failed', 'no\n'],
    ['COPY', 'ok', 'made build/a\n'],
    ['COPY', 'ok', 'made build/b\n'],
  ])
  assert.ok(finished.every(({ ms, command }) => ms > 0 && command[0] === 'sh'))
  settled(tree, ['build/b', 'build/same'])
})

test('only events reach standard output, whatever bodies and their commands write', () => {
  using tree = new Tree()
  tree.tasks(`
    const copy = edge({ rule: 'COPY', outputs: ['build/b'], inputs: ['a'],
      command: ['sh', '-c', 'cp a build/b; echo from the edge'] })
    await main({ talk: task('Talk', [copy], async ({ run, say, $ }) => {
      say('said')
      await run(['echo', 'from run'])
      await run(['echo', 'a line'], { onLine: (line) => say('got ' + line) })
      await $\`echo from zx\`
    }) })`)
  tree.write('a', 'a')
  const { events, stderr, status } = build(tree, ['talk'])
  assert.is(status, 0)
  assert.equal(
    events.map((event) => ('text' in event ? event.text : event.type)),
    ['plan', 'stale', 'start', 'finish', 'summary', 'said', 'got a line'],
  )
  assert.match(stderr, 'from run\n')
  assert.match(stderr, 'from zx\n')
  settled(tree, ['talk'])
})

test('--explain says why, with what was before and is now', () => {
  using tree = new Tree()
  const chain = (more: string): string => `
    const mode = setting('MODE', 'a mode')
    const b = edge({ rule: 'COPY', outputs: ['build/b'], inputs: ['a', ${more}],
      environment: { MODE: mode }, command: ['sh', '-c', 'cat a > build/b'] })
    const c = edge({ rule: 'COPY', outputs: ['build/c'], inputs: [b], depfile: 'build/c.d',
      command: ['sh', '-c', 'cp build/b build/c; echo build/c: h > build/c.d'] })
    await main({ build: task('Build', [c]) }, { settings: [mode] })`
  tree.tasks(chain(''))
  for (const name of ['a', 'h', 'extra']) tree.write(name, name)
  const why = (...args: string[]): string => {
    const { status, stdout, stderr } = tree.run(['build', '--explain', ...args])
    assert.is(status, 0, stderr)
    return stdout
  }
  assert.match(why('-n'), 'stale build/b: never built\n')
  assert.match(why(), 'stale build/c: never built\n')
  tree.write('a', 'longer')
  tree.touch('a', Date.UTC(2040, 0) / 1000)
  const dry = why('-n')
  assert.match(dry, /stale build\/b: a changed: \d{4}-.+ → (2040|2039)-.+, 1 → 6 bytes\n/)
  assert.match(dry, 'stale build/c: build/b is itself stale\n')
  assert.match(why(), 'stale build/c: build/b was rebuilt, and its content changed\n')
  tree.touch('h', 1e9)
  assert.match(why(), /stale build\/c: h changed \(read by the command\): .+ → 2001-09-0/)
  tree.remove('build/b')
  tree.write('build/c', 'by hand')
  const outputs = why()
  assert.match(outputs, 'stale build/b: build/b is missing\n')
  assert.match(outputs, /stale build\/c: build\/c is not as it was left: .+, 6 → 7 bytes/)
  tree.tasks(chain(`'extra'`))
  assert.match(why(), 'stale build/b: extra is a new input\n')
  tree.tasks(chain('').replace('cat a >', 'cat a a >'))
  const two = why('MODE=x')
  assert.match(two, 'stale build/b: extra is no longer an input\n')
  assert.match(two, 'stale build/b: MODE changed: (not set) → x\n')
  assert.match(two, "now without 'cat a > build/b', with 'cat a a > build/b'\n")
  assert.match(why('-B', 'MODE=x'), 'stale build/c: asked for by --force\n')
  assert.not.match(why('MODE=x'), 'stale')
  settled(tree, ['build', 'MODE=x'])
})

test.run()
