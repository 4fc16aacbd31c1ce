// Which slot each command ran in, told from the events of a build.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Laps } from '../../../tasks/engine/inspect/timings.ts'

const of = (output: string) => ({ rule: 'CC', outputs: [output], command: ['cc', output] })

test('a command that started while the last one of its slot was recorded is in that slot', () => {
  const laps = new Laps()
  laps.onEvent({ type: 'start', ...of('a') })
  const began = laps.now()
  while (laps.now() < began + 2);
  // It took a moment, was over when b began, and is told as finished after that.
  laps.onEvent({ type: 'start', ...of('b') })
  laps.onEvent({ type: 'finish', ...of('a'), status: 'ok', ms: 0.5, output: '' })
  laps.onEvent({ type: 'finish', ...of('b'), status: 'ok', ms: 0.5, output: '' })
  assert.equal(
    laps.all.map(({ outputs, lane }) => [...outputs, lane]),
    [
      ['a', 0],
      ['b', 0],
    ],
  )
})

test('commands at the same time are in slots of their own, the lowest that is free', () => {
  const laps = new Laps()
  const began = laps.now()
  for (const name of ['a', 'b']) laps.onEvent({ type: 'start', ...of(name) })
  // Until b had begun, and no longer than until now.
  const ms = laps.now() - began
  laps.onEvent({ type: 'finish', ...of('a'), status: 'ok', ms, output: '' })
  laps.onEvent({ type: 'start', ...of('c') })
  for (const name of ['c', 'b'])
    laps.onEvent({ type: 'finish', ...of(name), status: 'ok', ms: 1000, output: '' })
  assert.equal(
    laps.all.map(({ outputs, lane }) => [...outputs, lane]),
    [
      ['a', 0],
      ['c', 0],
      ['b', 1],
    ],
  )
})

test.run()
