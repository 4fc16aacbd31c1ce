// Tables: one width a column, numbers to the right, nothing that breaks a line.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { tableLines } from '../../../tasks/engine/base/table.ts'

const columns = [
  { key: 'name', title: 'name' },
  { key: 'count', title: 'n' },
  { key: 'memory', title: 'memory', unit: 'bytes' },
  { key: 'verdict', title: 'verdict', tones: { OK: 'good', not: 'doubtful' } },
] as const

function lines(...rows: Record<string, unknown>[]): string[] {
  return tableLines(columns, rows).map((cells) => cells.map(({ text }) => text).join('|'))
}

test('columns are as wide as their widest value', () => {
  assert.equal(
    lines(
      { name: 'a', count: 5, memory: 9999, verdict: 'OK' },
      { name: 'longer', count: 123, memory: 1 << 20, verdict: 'not here' },
    ),
    [
      'name  |  n|  memory|verdict ',
      'a     |  5|  9999 B|OK      ',
      'longer|123|1024 KiB|not here',
    ],
  )
})

test('what is missing is a dash, and a control character breaks no line', () => {
  assert.equal(
    lines({ name: 'a\nb\u001b[31m', count: null, verdict: 'OK' })[1],
    'a?b?[31m|-|-     |OK     ',
  )
})

test('tones go by the first word', () => {
  const toneOf = (verdict: unknown) => tableLines(columns, [{ verdict }])[1]?.at(-1)?.tone
  assert.is(toneOf('OK, 5 insns'), 'good')
  assert.is(toneOf('not supported here'), 'doubtful')
  assert.is(toneOf('other'), undefined)
  assert.is(toneOf(undefined), 'faint')
})

test.run()
