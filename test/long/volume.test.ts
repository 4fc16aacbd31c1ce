// Very many failures, very much output, and output that is no text: shown, and nothing lost.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { build, noStack, settled } from '../support/buildverdicts.ts'
import { Tree } from '../support/tree.ts'

test('a thousand edges that fail at once', () => {
  using tree = new Tree()
  tree.tasks(`
    const edges = Array.from({ length: 1000 }, (_, at) => edge({ rule: 'FAIL', inputs: ['a'],
      outputs: ['build/' + at], command: [process.env.GOOD ? 'touch' : 'false', 'build/' + at] }))
    await main({ build: task('Fail', edges) })`)
  tree.write('a', '')
  const failed = build(tree, ['build', '-k', '-j', '200'])
  assert.is(failed.status, 1)
  assert.equal(
    { ...failed.summary, ms: 0 },
    {
      type: 'summary',
      ran: 1000,
      upToDate: 0,
      failed: 1000,
      skipped: 0,
      ms: 0,
    },
  )
  const few = tree.run(['build', '-j', '1'])
  assert.match(few.stdout, '1 ran, 0 up to date, 1 failed, 999 not tried')
  noStack(few)
  const GOOD = '1'
  assert.is(build(tree, ['build', '-j', '200'], { GOOD }).summary?.ran, 1000)
  settled(tree, ['build'], { GOOD })
})

test('50 MB of output from one command are shown whole, after it ended', () => {
  using tree = new Tree()
  const size = 50_000_000
  tree.tasks(`
    const talk = edge({ rule: 'TALK', outputs: ['build/b'], inputs: ['a'], command: ['sh', '-c',
      'head -c ${size} /dev/zero | tr "\\\\0" x; echo end; echo > build/b; ! grep -q bad a'] })
    await main({ build: task('Talk', [talk]) })`)
  tree.write('a', 'bad')
  const bad = tree.run(['build'])
  assert.is(bad.status, 1)
  assert.ok(bad.stderr.includes(`\n${'x'.repeat(1000)}`))
  assert.ok(bad.stderr.includes('xend\n'))
  assert.ok(bad.stderr.length > size)
  tree.write('a', 'good')
  const { status, events } = build(tree)
  assert.is(status, 0)
  const [finish] = events.flatMap((event) => (event.type === 'finish' ? [event] : []))
  assert.is(finish?.output.length, size + 4)
  settled(tree)
})

test('what is no text is shown escaped, and JSON of it is JSON', () => {
  using tree = new Tree()
  const bytes = String.raw`\377\376 \033[2J\033[31mred\033[0m \033]0;title\007 \000 \r\n\302\205 tab\there`
  tree.tasks(`
    const talk = edge({ rule: 'TALK', outputs: ['build/b'], inputs: ['a'], command: ['sh', '-c',
      ${JSON.stringify(`printf '${bytes}'; echo > build/b; ! grep -q bad a`)}] })
    await main({ build: task('Talk', [talk]) })`)
  tree.write('a', 'bad')
  for (const text of ['bad', 'good']) {
    tree.write('a', text)
    const { status, stderr } = tree.run(['build'])
    assert.is(status, text === 'bad' ? 1 : 0)
    assert.match(stderr, String.raw`\x1b[2Jred \x1b]0;title\x07 \x00 `)
    assert.match(stderr, 'tab\there')
    assert.not.match(stderr, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
  }
  const coloured = tree.run(['build', '-B', '--color=always'])
  assert.match(coloured.stderr, '\u001b[31mred\u001b[0m')
  assert.match(coloured.stderr, String.raw`\x1b[2J`)
  const finish = build(tree, ['build', '-B']).events.find(({ type }) => type === 'finish')
  assert.ok(finish?.type === 'finish' && finish.output.includes('\u001b[2J'))
  settled(tree)
})

test.run()
