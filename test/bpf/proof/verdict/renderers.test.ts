// Findings as JUnit XML and as Markdown: counts that add up, and text of anybody that cannot break out.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Finding, KernelFindings } from '../../../../tasks/bpf/proof/verdict/findings.ts'
import { countsOf, countsText } from '../../../../tasks/bpf/proof/verdict/findings.ts'
import { junitText } from '../../../../tasks/bpf/proof/verdict/junit.ts'
import { matrixTable, toolRows } from '../../../../tasks/bpf/proof/verdict/matrixtable.ts'
import { summaryText } from '../../../../tasks/bpf/proof/verdict/stepsummary.ts'

const finding = (more: Partial<Finding>): Finding => ({
  ...{ kind: 'verify', tool: 'opens', name: 'on_open', outcome: 'ok', expected: true, ms: 1500 },
  ...more,
})

const figures = { instructions: 4, verified: 99, peakStates: 1, stack: 16 }

const column: KernelFindings = {
  kernel: '6.12.1',
  machine: 'x86_64',
  by: 'here',
  ms: 2000,
  findings: [
    finding({ figures }),
    finding({
      name: 'on_close',
      outcome: 'rejected',
      expected: false,
      why: 'R1 <bad> & "worse" ]]> ````',
      log: ['; *p = 1;', '````', '````', '\u001b[31mred\u0000'],
      at: { file: 'opens.bpf.c', line: 7 },
      hint: 'check the pointer',
    }),
    finding({ name: 'known', outcome: 'rejected', why: 'old' }),
    finding({ name: 'ring', outcome: 'unsupported', why: 'ring buffer (5.8)' }),
    finding({ tool: 'drops', name: 'auto', outcome: 'left out', why: 'autoload' }),
  ],
  maps: [
    { tool: 'opens', name: 'm', memory: 4096 },
    { tool: 'opens', name: 'n', memory: null },
  ],
}

const unreached: KernelFindings = {
  ...{ kernel: '', machine: '', by: 'ssh', host: 'root@web1', ms: 5, findings: [], maps: [] },
  problem: 'root@web1 refuses your key',
}

test('JUnit counts each outcome once, and escapes what XML does not hold', () => {
  const text = junitText([column, unreached])
  assert.match(text, '<testsuites name="bpf-tasks" tests="6" failures="1" errors="1">')
  assert.match(
    text,
    /<testsuite name="6.12.1" hostname="localhost" tests="5" failures="1" errors="0" skipped="2" time="2.000">/,
  )
  assert.match(text, 'classname="verify.opens" name="on_close" file="opens.bpf.c" line="7"')
  assert.match(text, 'message="R1 &lt;bad&gt; &amp; &quot;worse&quot; ]]&gt; ````"')
  assert.match(text, '\uFFFD[31mred\uFFFD')
  assert.match(text, '<skipped message="not supported here: ring buffer (5.8)"/>')
  assert.match(text, '<error message="root@web1 refuses your key">')
  assert.not.match(text, /[\u0000-\u0008\u001b]/)
  const opened = [...text.matchAll(/<(\w+)(?: [^>]*[^/])?>/g)].map(([, name]) => name)
  const closed = [...text.matchAll(/<\/(\w+)>/g)].map(([, name]) => name)
  assert.equal(opened.filter((name) => name !== 'xml').sort(), closed.sort())
})

test('the summary of a step has a row for each tool, and what is wrong below', () => {
  const text = summaryText('verify', [column, unreached])
  assert.match(text, '### ❌ verify')
  assert.match(text, '| tool | 6.12.1 | root@web1 |')
  assert.match(text, '| opens | ❌ 1 OK, 2 rejected, 1 not supported, ≤ 99 insns |  |')
  assert.match(text, '| drops | ➖ 1 left out |  |')
  assert.match(text, 'Linux root@web1: 0 OK, 0 rejected (0.0 s), **root@web1 refuses your key**')
  assert.match(text, '<summary>opens · on\\_close: rejected on 6.12.1</summary>')
  assert.is([...text.matchAll(/^````$/gm)].length, 2, 'the text does not end its fence')
  assert.match(summaryText('verify', [{ ...column, findings: [finding({})] }]), '### ✅ verify')
})

test('the matrix has a row for each program, and a column for each kernel or machine', () => {
  const table = matrixTable([
    column,
    { ...column, by: 'ssh', host: 'web1', findings: [finding({})] },
  ])
  assert.ok(table.type === 'table')
  assert.equal(
    table.columns.map(({ title }) => title),
    ['tool', 'program', '6.12.1', 'web1'],
  )
  assert.is(table.rows.length, 5)
  assert.is(table.rows[0]?.['6.12.1'], 'OK, 99 insns')
  assert.is(table.rows[0]?.['web1'], 'OK')
  assert.is(table.rows[1]?.['web1'], undefined)
})

test('a row for each tool has the most that one of its programs costs, and how they fared', () => {
  assert.equal(toolRows(column), [
    {
      ...{ tool: 'opens', programs: 4, verified: 99, stack: 16, memory: 4096 },
      verdict: 'rejected 1, as expected: rejected 1, not supported here 1, OK 1',
    },
    { tool: 'drops', programs: 1, verified: null, stack: null, memory: null, verdict: 'left out' },
  ])
})

test('a count names what there is', () => {
  const text = countsText(countsOf(column.findings))
  assert.is(text, '1 OK, 2 rejected (1 as expected), 1 not supported here, 1 left out')
  assert.is(countsText(countsOf([finding({})])), '1 OK, 0 rejected')
})

test.run()
