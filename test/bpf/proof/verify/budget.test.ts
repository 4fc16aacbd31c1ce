// What is saved of a report, and what counts as having grown.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  budgetOf,
  budgetText,
  changeRow,
  changesSince,
  readBudget,
} from '../../../../tasks/bpf/proof/verify/budget.ts'
import { readReport } from '../../../../tasks/bpf/proof/verify/report.ts'

const budget = (verified: number, memory = 8) => ({
  kernel: '6.1',
  costs: [
    { what: 'a.o x', counts: { verified } },
    { what: 'a.o map m', counts: { memory } },
  ],
})

test('a budget is read as it was written', () => {
  const report = readReport(
    [
      '{"type":"kernel","release":"6.1"}',
      '{"type":"program","object":"a.o","program":"x","section":"s","program_type":"t",' +
        '"instructions":4,"load_us":1,"log":"stack depth 8+16\\nprocessed 9 insns (limit 1) max_states_per_insn 0 total_states 2 peak_states 2 mark_read 0\\n"}',
      '{"type":"map","object":"a.o","map":"m","map_type":"array","max_entries":1,"memory":null}',
    ].join('\n'),
  )
  const made = budgetOf(report)
  assert.equal(made.costs, [
    { what: 'a.o x', counts: { instructions: 4, verified: 9, peakStates: 2, stack: 24 } },
    { what: 'a.o map m', counts: {} },
  ])
  assert.equal(readBudget(budgetText(made)), made)
})

test('what is no budget is not read as one', () => {
  for (const text of ['', 'null', '[]', '{}', '{"costs":1}']) assert.is(readBudget(text), undefined)
})

test('growth beyond what is allowed exceeds, and nothing else does', () => {
  assert.equal(changesSince(budget(100), budget(100), 0), [])
  assert.is(changesSince(budget(100), budget(101), 0)[0]?.exceeds, true)
  assert.is(changesSince(budget(100), budget(105), 5)[0]?.exceeds, false)
  assert.is(changesSince(budget(100), budget(106), 5)[0]?.exceeds, true)
  assert.is(changesSince(budget(100), budget(90), 0)[0]?.exceeds, false)
})

test('what is new or gone is told and does not exceed', () => {
  const changes = changesSince({ ...budget(1), costs: budget(1).costs.slice(1) }, budget(1), 0)
  assert.is(changes.map(changeRow)[0]?.['change'], 'new')
  const gone = changesSince(budget(1), { ...budget(1), costs: [] }, 0)
  assert.equal(
    gone.map((change) => [change.what, changeRow(change)['change'], change.exceeds]),
    [
      ['a.o x', 'gone', false],
      ['a.o map m', 'gone', false],
    ],
  )
})

test.run()
