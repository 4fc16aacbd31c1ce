// Checks in a line: what they expect of a tool's lines, and what is refused.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type CheckOptions, check, type Evidence } from '../../../../tasks/bpf/index.ts'
import { refusal } from '../../../support/refusal.ts'

function seen(stdout: readonly string[], trace: readonly string[] = []): Evidence {
  const nothing = { stderr: [], trigger: [], held: [], left: [] }
  const ended = { status: 0, signal: null, inTime: true }
  return {
    ...nothing,
    ...{ stdout, trace, counted: 0, ready: true, loader: ended, triggered: ended },
  }
}

function problems(options: CheckOptions, evidence: Evidence): readonly string[] {
  const [one] = check('hello', options).check.cases
  return one?.judge(evidence) ?? ['there is no case']
}

const trigger = ['/bin/true']

test('each pattern must match a line', () => {
  const options = { trigger, expect: [/true/, /^exec /] }
  assert.equal(problems(options, seen(['exec /bin/true'])), [])
  assert.equal(problems(options, seen(['exec /bin/false', 'end'])), [
    'no line matches /true/: it ended with\nexec /bin/false\nend',
  ])
  assert.equal(problems({ trigger, expect: /x/ }, seen([])), [
    'no line matches /x/: it printed nothing',
  ])
})

test('a pattern with a memory matches every time', () => {
  const options = { trigger, expect: /true/g }
  const [one] = check('hello', options).check.cases
  for (const _ of [1, 2, 3]) assert.equal(one?.judge(seen(['true'])), [])
})

test('none of what is refused may match', () => {
  assert.equal(problems({ trigger, refuse: /lost/ }, seen(['3 lost'])), [
    'a line matches /lost/: 3 lost',
  ])
})

test("the kernel's trace counts where it is asked for", () => {
  const line = 'true-12 [000] ...: bpf_trace_printk: hello'
  assert.equal(problems({ trigger, trace: true, expect: /hello$/ }, seen([], [line])), [])
  assert.is(problems({ trigger, expect: /hello$/ }, seen([], [line])).length, 1)
})

test('without a trigger a tool is attached and detached', () => {
  const { tool, check: made } = check('hello', { arguments: ['lo'] })
  assert.is(tool, 'hello')
  assert.equal(
    made.cases.map(({ name, trigger, arguments: words }) => [name, trigger, words]),
    [['attaches and detaches', [], ['lo']]],
  )
})

test('what cannot be meant is refused', () => {
  const refused = (options: unknown) => refusal(() => check('hello', options as CheckOptions)).what
  assert.match(refused({ expcet: /x/ }), 'check of hello has no option expcet')
  assert.match(refused({ trigger, expect: 'x' }), 'lines are matched with a pattern')
  assert.match(refused({ expect: /x/ }), 'nothing makes it happen')
})

test.run()
