// What a guest showed becomes findings, and a failure of its edge where something is not as expected.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Check, VerifyOptions } from '../../../../tasks/bpf/index.ts'
import type { GuestEvidence } from '../../../../tasks/bpf/proof/vm/evidence.ts'
import { failureOf, verdictOf } from '../../../../tasks/bpf/proof/vm/verdict.ts'

const OBJECT = 'build/drop.bpf.o'
const tool = { name: 'drop', cases: ['drops'] }
const objects = [{ tool: 'drop', path: OBJECT }]

const lines = (...said: readonly object[]): string =>
  said.map((one) => JSON.stringify(one)).join('\n')

const program = { type: 'program', object: OBJECT, program: 'drop', section: 'xdp', log: '' }
const common = { program_type: 'xdp', instructions: 5, load_us: 10 }
const rejected = {
  ...{ ...program, ...common, errno: 13, error: 'Permission denied', type_known: 1 },
  libbpf: '',
  log: '0: R1=ctx()\n; return *bad; @ drop.bpf.c:9\nR1 invalid mem access\nprocessed 2 insns',
  ...{ lines: [], missing_maps: [] },
}
const lacking = { ...rejected, log: '', missing_maps: [{ map: 'events', map_type: 'ringbuf' }] }
const end = { type: 'end', failed: 0 }
const kernel = { type: 'kernel', release: '5.10.0', machine: 'x86_64' }

const ended = (who: string, status: number) => ({
  type: 'ended',
  ...{ who, status, signal: null, in_time: 1 },
})
const attached = lines(
  { type: 'held', kind: 'prog', id: 1 },
  { type: 'line', stream: 'stdout', text: 'dropped 1' },
  ended('trigger', 0),
  ended('loader', 0),
  { type: 'end', ready: 1, counted: 0 },
)
const refused = lines(ended('loader', 1), { type: 'end', ready: 0, counted: 0 })

function evidence(verify: string, run: string, more: Partial<GuestEvidence> = {}): GuestEvidence {
  const result = (name: string, output: string) => ({ name, status: 0, output })
  return {
    ...{ format: 1, release: '5.10.0-32-cloud-amd64', by: 'tcg', ms: 5000, tools: [tool], objects },
    results: [result('verify', verify), result('drop 0', run), result('end', '')],
    problem: null,
    ...more,
  }
}

const check: Check = {
  cases: [
    {
      ...{ name: 'drops', trigger: ['true'] },
      judge: ({ stdout }) => (stdout.includes('dropped 1') ? [] : ['it dropped nothing']),
    },
  ],
}

function judged(given: GuestEvidence, verify: VerifyOptions = {}, own = check) {
  const judging = { checks: { drop: own }, verify: { drop: verify }, root: '/tree' }
  const verdict = verdictOf({ name: '5.10-x86', arch: 'x86' }, given, judging)
  const outcomes = verdict.findings.findings.map(
    ({ kind, outcome, expected }) => `${kind} ${outcome}${expected ? '' : '!'}`,
  )
  return { outcomes, verdict, failure: failureOf(verdict) }
}

const loaded = lines(kernel, { ...program, ...common }, end)

test('all well: an edge that succeeds', () => {
  const { outcomes, failure, verdict } = judged(evidence(loaded, attached))
  assert.equal(outcomes, ['verify ok', 'check ok'])
  assert.is(failure, undefined)
  assert.is(verdict.findings.host, '5.10-x86')
  assert.is(verdict.findings.kernel, '5.10.0-32-cloud-amd64')
})

test('a rejected program fails, with what the verifier said and its line', () => {
  const given = evidence(lines(kernel, rejected, end), refused)
  const { outcomes, failure } = judged(given)
  assert.equal(outcomes, ['verify rejected!', 'check failed!'])
  assert.match(failure?.what ?? '', '5.10-x86 (5.10.0-32-cloud-amd64): 2 things are not')
  const facts = (failure?.facts ?? []).map((fact) => fact.join(': '))
  assert.ok(facts.includes('rejected: drop is rejected'))
  assert.ok(facts.includes('at: drop.bpf.c:9  return *bad;'), facts.join('\n'))
  assert.ok(facts.includes('reason: R1 invalid mem access'))
})

test('where that is expected it is well, and the tool need not run there', () => {
  const given = evidence(lines(kernel, rejected, end), refused)
  const { outcomes, failure } = judged(given, { expect: { '5.10': 'rejected' } })
  assert.equal(outcomes, ['verify rejected', 'check left out'])
  assert.is(failure, undefined)
  const other = judged(given, { expect: { '>=6.1': 'rejected' } })
  assert.equal(other.outcomes, ['verify rejected!', 'check failed!'])
})

test('what is expected to be rejected and is not fails', () => {
  const { failure } = judged(evidence(loaded, attached), { expect: { '5.10': 'rejected' } })
  assert.match(JSON.stringify(failure), 'it is expected to be rejected')
})

test('what the kernel lacks is not a fault, and its tool is not either', () => {
  const { outcomes, failure, verdict } = judged(evidence(lines(kernel, lacking, end), refused))
  assert.equal(outcomes, ['verify unsupported', 'check unsupported'])
  assert.is(failure, undefined)
  for (const { why } of verdict.findings.findings) assert.match(why ?? '', /ring ?buf/)
})

test('a tool that sees nothing fails, also where its judge cannot read what it printed', () => {
  const silent = attached.replace('dropped 1', 'nothing')
  const { outcomes, failure } = judged(evidence(loaded, silent))
  assert.equal(outcomes, ['verify ok', 'check failed!'])
  assert.match(JSON.stringify(failure), 'it dropped nothing')
  const reading: Check = {
    cases: [
      { name: 'drops', trigger: ['true'], judge: ({ stdout }) => JSON.parse(stdout[0] ?? '') },
    ],
  }
  const unread = judged(evidence(loaded, attached), {}, reading)
  assert.match(JSON.stringify(unread.failure), 'what it printed cannot be judged')
})

test('a guest that panicked or hung says so, with the last lines of its console', () => {
  const problem = { what: 'panicked in ‘drop 0’: sysrq', console: ['Kernel panic', 'Call Trace'] }
  const { failure, verdict } = judged(evidence(loaded, '', { problem, results: [] }))
  assert.is(verdict.findings.problem, 'the guest panicked in ‘drop 0’: sysrq')
  assert.equal(failure?.facts?.slice(0, 2), [
    ['problem', 'the guest panicked in ‘drop 0’: sysrq'],
    ['console', 'Kernel panic\nCall Trace'],
  ])
})

test('what was not reported to its end is not believed', () => {
  const { verdict } = judged(evidence(lines(kernel, { ...program, ...common }), attached))
  assert.is(verdict.findings.problem, 'it did not report what it verified')
})

test.run()
