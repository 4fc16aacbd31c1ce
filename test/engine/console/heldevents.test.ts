// While a command has the terminal nothing else is shown; then all of it, in order.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../../tasks/engine/base/events.ts'
import { makeConsole, PLAIN } from '../../../tasks/engine/console/console.ts'
import { HeldEvents } from '../../../tasks/engine/console/heldevents.ts'

const note = (text: string): Event => ({ type: 'note', text })
const edgeOf = (output: string, takes: boolean) => ({
  rule: 'MAKE',
  outputs: [output],
  command: ['make', output],
  ...(takes ? { takesTerminal: true as const } : {}),
})
const start = (output: string, takes = true): Event => ({ type: 'start', ...edgeOf(output, takes) })
const finish = (output: string, takes = true): Event => ({
  ...{ type: 'finish', status: 'ok', ms: 1, output: '' },
  ...edgeOf(output, takes),
})
const summary: Event = { type: 'summary', ran: 1, upToDate: 0, failed: 0, skipped: 0, ms: 1 }

function shown(...events: readonly Event[]): string[] {
  const texts: string[] = []
  const held = new HeldEvents((event) => {
    texts.push(
      event.type === 'note'
        ? event.text
        : event.type + ('outputs' in event ? event.outputs[0] : ''),
    )
  })
  for (const event of events) held.emit(event)
  return texts
}

test('what happens meanwhile is shown behind its end, in order', () => {
  const all = [
    note('1'),
    start('a'),
    note('2'),
    start('b', false),
    finish('b', false),
    finish('a'),
    note('3'),
  ]
  assert.equal(shown(...all), ['1', 'starta', 'finisha', '2', 'startb', 'finishb', '3'])
})

test('one after the other, and a start that was held back has the terminal in turn', () => {
  const all = [start('a'), start('b'), note('1'), finish('a'), note('2'), finish('b')]
  assert.equal(shown(...all), ['starta', 'finisha', 'startb', 'finishb', '1', '2'])
})

test('the end of a run is shown although an edge never ended', () => {
  assert.equal(shown(start('a'), note('1'), summary), ['starta', '1', 'summary'])
  const failure: Event = { type: 'failure', what: 'a bug' }
  assert.equal(shown(start('a'), note('1'), failure), ['starta', '1', 'failure'])
})

test('its line comes before what it writes, and once', () => {
  const written: string[] = []
  const stream = { write: (text: string) => written.push(text) }
  const { emit } = makeConsole(PLAIN, stream, stream)
  emit(start('a'))
  assert.equal(written, ['MAKE  a\n'])
  emit(finish('a'))
  emit(start('b', false))
  emit(finish('b', false))
  assert.equal(written, ['MAKE  a\n', 'MAKE  b\n'])
})

test('on a terminal the status line makes room', () => {
  const written: string[] = []
  const stream = { isTTY: true, columns: 80, write: (text: string) => written.push(text) }
  const { emit } = makeConsole(PLAIN, stream, stream)
  emit({ type: 'plan', edges: 2, stale: 2 })
  emit(start('b', false))
  assert.match(written.join(''), 'MAKE b')
  written.length = 0
  emit(start('a'))
  assert.equal(written, ['\r\u001b[2K', 'MAKE  a\n'])
  written.length = 0
  emit(finish('b', false))
  assert.equal(written, [])
  emit(finish('a'))
  assert.match(written.join(''), '[2/2]')
  emit(summary)
})

test.run()
