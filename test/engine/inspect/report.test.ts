// Where the axis of the report's timeline is marked.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ticksOf } from '../../../tasks/engine/inspect/report.ts'

test('the axis has two to seven marks at steps of 1, 2 or 5, whatever the build took', () => {
  for (let span = 1; span < 1e8; span = span * 1.3 + 1) {
    const ticks = ticksOf(span)
    assert.ok(ticks.length >= 2 && ticks.length <= 7, `${span} ms: ${ticks}`)
    assert.ok((ticks.at(-1) ?? 0) <= span, `${span} ms: ${ticks}`)
    assert.match(String(Number(ticks[1]?.toPrecision(3))).replace(/e.*|[0.]/g, ''), /^[125]$/)
  }
  assert.equal(ticksOf(18_000), [0, 5_000, 10_000, 15_000])
})

test.run()
