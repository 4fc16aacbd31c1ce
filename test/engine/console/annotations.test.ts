// Failures as GitHub shows them: at a line where they have a place.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { failureAnnotation } from '../../../tasks/engine/console/annotations.ts'

test('a failure with a place is shown there, with its reason under its title', () => {
  const block = {
    what: 'handle_exec is rejected',
    facts: [
      ['object', 'build/x.bpf.o'],
      ['at', 'src/x.bpf.c:7:3'],
      ['reason', "R0 invalid mem access 'scalar', 100 % sure"],
    ],
    hint: 'look at it',
  } as const
  const [shown, below] = ['', 'tools/'].map((folder) => failureAnnotation(block, folder))
  const rest =
    "line=7,col=3,title=handle_exec is rejected::R0 invalid mem access 'scalar', 100 %25 sure"
  assert.is(shown, `::error file=src/x.bpf.c,${rest}`)
  assert.is(below, `::error file=tools/src/x.bpf.c,${rest}`)
})

test('a failure without one is shown for the job', () => {
  assert.is(failureAnnotation({ what: 'no libbpf, nowhere' }, ''), '::error::no libbpf, nowhere')
  const odd = { what: 'it failed', facts: [['at', 'the start']] } as const
  assert.is(failureAnnotation(odd, 'tools/'), '::error::it failed')
})

test('the place that a failure has itself counts before one that it says', () => {
  const at = { file: 'src/a.c', line: 4 }
  const block = { what: 'it failed', facts: [['at', 'b.c:9  text'] as const], at }
  assert.is(failureAnnotation(block, 'sub/'), '::error file=sub/src/a.c,line=4::it failed')
})

test.run()
