// What is saved of findings, by kernel, tool and program, and what counts as having grown.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { KernelFindings } from '../../../../tasks/bpf/proof/verdict/index.ts'
import {
  budgetOf,
  budgetText,
  changeRow,
  changesSince,
  nearestBudget,
  readBudgets,
  withBudget,
} from '../../../../tasks/bpf/proof/verify/budget.ts'

const budget = (verified: number, memory = 8, tool = 'a') => ({
  kernel: '6.1',
  machine: 'x86_64',
  costs: [
    { tool, program: 'x', counts: { verified } },
    { tool, map: 'm', counts: { memory } },
  ],
})

const column: KernelFindings = {
  kernel: '6.1.0-49-cloud-amd64',
  machine: 'x86_64',
  by: 'here',
  ms: 1,
  findings: [
    {
      ...{ kind: 'verify', tool: 'a', name: 'x', outcome: 'ok', expected: true, ms: 1 },
      at: { file: 'a.bpf.c', line: 12 },
      figures: { instructions: 4, verified: 9, peakStates: null, stack: 24 },
    },
    { kind: 'verify', tool: 'a', name: 'y', outcome: 'unsupported', expected: true, ms: 1 },
  ],
  maps: [{ tool: 'a', name: 'm', memory: null }],
}

test('a budget names kernels by version, and costs by tool, program and map; it is read as it was written', () => {
  const made = budgetOf(column)
  assert.equal(made, {
    kernel: '6.1',
    machine: 'x86_64',
    costs: [
      { tool: 'a', program: 'x', counts: { instructions: 4, verified: 9, stack: 24 } },
      { tool: 'a', map: 'm', counts: {} },
    ],
  })
  const all = [made, { ...budget(7), machine: 'aarch64' }]
  assert.equal(readBudgets(budgetText(all)), all)
})

test('what is not a budget is not read as one', () => {
  for (const text of ['', 'null', '[]', '{}', '{"costs":[]}', '{"budgets":1}'])
    assert.is(readBudgets(text), undefined)
})

test('saving renews one kernel and the tools that were verified, and keeps all else', () => {
  const other = { ...budget(5), kernel: '5.10' }
  const both = { ...budget(1), costs: [...budget(1).costs, ...budget(2, 8, 'b').costs] }
  const [first, second] = withBudget([other, both], budget(3))
  assert.equal(first, other)
  assert.equal(second?.costs, [...budget(2, 8, 'b').costs, ...budget(3).costs])
  assert.equal(withBudget([other], budget(3)), [other, budget(3)])
})

test('figures of the same kernel are compared with, else those of the same architecture', () => {
  const [old, arm] = [
    { ...budget(1), kernel: '5.10' },
    { ...budget(2), machine: 'aarch64' },
  ]
  assert.is(nearestBudget([arm, old], budget(9)), old)
  assert.is(nearestBudget([old, budget(3)], budget(9))?.costs[0]?.counts.verified, 3)
  assert.is(nearestBudget([arm], budget(9)), arm)
})

test('growth beyond what is allowed exceeds, and nothing else does', () => {
  assert.equal(changesSince(budget(100), budget(100), 0), [])
  assert.is(changesSince(budget(100), budget(101), 0)[0]?.exceeds, true)
  assert.is(changesSince(budget(100), budget(105), 5)[0]?.exceeds, false)
  assert.is(changesSince(budget(100), budget(106), 5)[0]?.exceeds, true)
  assert.is(changesSince(budget(100), budget(90), 0)[0]?.exceeds, false)
})

test('what grew is shown at the line where its program begins', () => {
  const [change] = changesSince(budget(1), budget(2), 0, column)
  assert.equal(change?.at, { file: 'a.bpf.c', line: 12 })
})

test('what is new or gone is said and does not exceed; of tools that were not verified nothing is', () => {
  const changes = changesSince({ ...budget(1), costs: budget(1).costs.slice(1) }, budget(1), 0)
  assert.is(changes.map(changeRow)[0]?.['change'], 'new')
  const less = { ...budget(1), costs: budget(1).costs.slice(1) }
  const gone = changesSince(budget(1), less, 0)
  assert.equal(
    gone.map((change) => [change.tool, change.what, changeRow(change)['change'], change.exceeds]),
    [['a', 'x', 'gone', false]],
  )
  assert.equal(changesSince(budget(1, 8, 'b'), { ...budget(1), costs: [] }, 0), [])
})

test.run()
