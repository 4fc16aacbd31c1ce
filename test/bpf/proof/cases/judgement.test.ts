// Evidence of a run to a judgement: what is asserted for every loader, and for the demos.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bpfRules, type Loader, treeTasks } from '../../../../tasks/bpf/index.ts'
import { type Evidence, readEvidence } from '../../../../tasks/bpf/proof/cases/evidence.ts'
import { caseCommand, judge } from '../../../../tasks/bpf/proof/cases/judgement.ts'
import type { Check, Checked } from '../../../../tasks/bpf/proof/cases/toolcheck.ts'
import { execveCheck } from '../../../../tasks/demos/execve_check.ts'

const GOOD: Evidence = {
  stdout: [],
  stderr: [],
  trigger: [],
  trace: [],
  counted: 0,
  ready: true,
  held: [{ kind: 'prog', id: 7 }],
  left: [],
  loader: { status: 0, signal: null, inTime: true },
  triggered: { status: 0, signal: null, inTime: true },
}

const plain: Check = {
  ready: 'ready',
  cases: [{ name: 'one', trigger: ['true'], judge: () => [] }],
}

function judgedOf(check: Check, at: number, evidence: Evidence | undefined) {
  const one = check.cases[at]
  assert.ok(one)
  return judge({ name: 'x', check } as Checked, one, evidence).judgement
}

function problemsOf(check: Check, at: number, evidence: Partial<Evidence>): string {
  const judgement = judgedOf(check, at, { ...GOOD, ...evidence })
  return judgement.kind === 'failed' ? judgement.problems.join('\n') : judgement.kind
}

test('what is asserted for every loader', () => {
  assert.is(problemsOf(plain, 0, {}), 'ok')
  const cases: readonly (readonly [Partial<Evidence>, RegExp])[] = [
    [{ left: [{ kind: 'map', id: 9 }] }, /left a map behind: bpftool map show id 9/],
    [{ held: [] }, /held no program/],
    [{ loader: { status: 1, signal: null, inTime: true } }, /SIGINT it ended with status 1/],
    [{ loader: { status: null, signal: 'Killed', inTime: false } }, /did not end and was killed/],
    [{ loader: { status: null, signal: 'Interrupt', inTime: true } }, /by a signal: Interrupt/],
    [{ triggered: { status: 3, signal: null, inTime: true } }, /trigger ended with status 3/],
    [{ ready: false, stderr: ['x: oh no'] }, /did not get ready.*\nx: oh no/s],
  ]
  for (const [evidence, problem] of cases) assert.match(problemsOf(plain, 0, evidence), problem)
})

test('a case that was not reported to its end is a failure', () => {
  assert.is(judgedOf(plain, 0, readEvidence('{"type":"line","stream":"stdout"')).kind, 'failed')
})

const execve = execveCheck('x', {} as Loader)
const MARKED = {
  ...{ case: 'plain', pid: 5, ppid: 4, uid: 0, comm: 'marked', parent_comm: 'a b' },
  ...{ filename: '/f g', before_ns: 10, after_ns: 20 },
}
const SHOWN = {
  ...{ program: 'x', event: 'execve', ktime_ns: 15, pid: 5, ppid: 4, uid: 0, comm: 'marked' },
  ...{ parent_comm: 'a b', filename: '/f g' },
}
const END = ['x: 1 events, 0 lost']

function jsonRun(shown: readonly object[], stderr: readonly string[] = END): string {
  const stdout = shown.map((line) => JSON.stringify(line))
  return problemsOf(execve, 0, { stdout, stderr, trigger: [JSON.stringify(MARKED)] })
}

test('each field as JSON is compared', () => {
  assert.is(jsonRun([SHOWN, { ...SHOWN, pid: 77, uid: 9 }]), 'ok')
  for (const key of ['program', 'ppid', 'uid', 'comm', 'parent_comm', 'filename']) {
    assert.match(jsonRun([{ ...SHOWN, [key]: 'wrong' }]), `plain: ${key} is "wrong"`)
  }
  assert.match(jsonRun([{ ...SHOWN, ktime_ns: 21 }]), 'plain: its time 21 is not between 10 and 20')
  assert.match(jsonRun([]), '0 lines for process 5')
  assert.match(jsonRun([SHOWN, SHOWN]), '2 lines for process 5')
  assert.match(jsonRun([SHOWN], ['x: 1 events, 2 lost']), 'lost events')
  assert.match(jsonRun([SHOWN], []), 'did not tell how many')
})

test('each field as text is compared', () => {
  const run = (line: string) =>
    problemsOf(execve, 1, { stdout: [line], stderr: END, trigger: [JSON.stringify(MARKED)] })
  assert.is(run('x 15 5 marked 4 a\\x20b 0 /f g'), 'ok')
  assert.match(run('x 15 5 marked 9 a\\x20b 0 /f g'), 'PPID is "9" instead of "4"')
  assert.match(run('x 15 5 marked 4 a\\x20b 0 /f'), 'FILENAME is "/f"')
})

test('in a burst what is printed and what is lost is what was executed', () => {
  const run = (counted: number, lost: number, executed = 10_000, at = 2) =>
    problemsOf(execve, at, {
      counted,
      stdout: [JSON.stringify({ event: 'lost', lost })],
      trigger: [JSON.stringify({ executed })],
    })
  assert.is(run(10_000, 0), 'ok')
  assert.is(run(9_000, 1_000), 'ok')
  assert.match(run(9_999, 0), '10000 were executed, but 9999 printed and 0 told as lost')
  assert.match(run(9_000, 0, 9_000), '9000 were executed')
  assert.is(run(3_000, 7_000, 10_000, 3), 'ok')
  assert.match(run(10_000, 0, 10_000, 3), 'it lost none')
})

test('no kprobes is no failure', () => {
  const stderr = ['x: this kernel has no kprobes (CONFIG_KPROBES is off)']
  assert.is(judgedOf(execve, 0, { ...GOOD, ready: false, stderr }).kind, 'unsupported')
})

test('programs in the root are started by their paths', () => {
  const rules = bpfRules({ programs: '.' })
  const loader = rules.loader('x.c')
  const [one] = plain.cases
  assert.ok(one)
  const command = caseCommand(loader, { loader, check: plain } as Checked, one, 'trace_pipe')
  assert.is(command[0], './x')
  assert.is(command.at(-1), './x')
  const [verify] = treeTasks(rules, [loader])['verify']?.targets ?? []
  assert.is((verify as Loader).output.path, 'build/proof/verify')
})

test.run()
