// Reading the verifier's log: figures, objections, source lines, of kernels old and new.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hintFor } from '../../../../tasks/bpf/proof/verify/hint.ts'
import { figuresOf, objectionOf } from '../../../../tasks/bpf/proof/verify/verifierlog.ts'

const STATS = `verification time 487 usec
stack depth 24+320
processed 125 insns (limit 1000000) max_states_per_insn 1 total_states 11 peak_states 10 mark_read 3
`

test('figures are read', () => {
  assert.equal(figuresOf(STATS), {
    verified: 125,
    states: 11,
    peakStates: 10,
    stack: [24, 320],
    microseconds: 487,
  })
})

test('figures that a kernel does not tell are null', () => {
  assert.equal(figuresOf('processed 5 insns (limit 1000000)\n'), {
    verified: null,
    states: null,
    peakStates: null,
    stack: null,
    microseconds: null,
  })
})

test('Linux 7.2 writes two lines more of figures', () => {
  const log = `0: R1=ctx() R10=fp0
; return *nowhere; @ bad.bpf.c:9
1: (79) r0 = *(u64 *)(r0 +0)
R0 invalid mem access 'scalar'
verification time 10394 usec
stack depth 8 max 8
insns processed 2
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`
  assert.is(objectionOf(log)?.reason, "R0 invalid mem access 'scalar'")
  assert.equal(objectionOf(log)?.place, { text: 'return *nowhere;', file: 'bad.bpf.c', line: 9 })
  assert.equal(figuresOf(log).stack, [8])
  assert.is(figuresOf(log).verified, 2)
})

test('a log without an objection has none', () => {
  assert.is(objectionOf(STATS), undefined)
  assert.is(objectionOf(''), undefined)
})

const UNCHECKED = (at: string): string => `0: R1=ctx() R10=fp0
; int f(void *ctx)${at === '' ? '' : ' @ f.bpf.c:16'}
0: (b7) r1 = 0                        ; R1=0
;  @ f.bpf.c:0
; *count += 1;${at}
7: (79) r1 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
${STATS}`

test('an objection has its sentence, and the last source line before it', () => {
  const objection = objectionOf(UNCHECKED(' @ f.bpf.c:22'))
  assert.is(objection?.reason, "R0 invalid mem access 'map_value_or_null'")
  assert.equal(objection?.place, { text: '*count += 1;', file: 'f.bpf.c', line: 22 })
  assert.is(objection?.excerpt.at(-1), objection?.reason)
  assert.ok(objection?.excerpt.includes('0: (b7) r1 = 0'), 'states of registers are left out')
})

test('an older kernel gives the text of the line alone', () => {
  assert.equal(objectionOf(UNCHECKED(''))?.place, { text: '*count += 1;' })
})

test('states that are shown behind an objection are not taken for it', () => {
  const log = `; while (more) @ f.bpf.c:9
3: (55) if r0 != 0x7 goto pc-4
infinite loop detected at insn 1
cur state: R0=scalar() R10=fp0
old state: R0=scalar() R10=fp0
${STATS}`
  const objection = objectionOf(log)
  assert.is(objection?.reason, 'infinite loop detected at insn 1')
  assert.is(objection?.place?.line, 9)
})

test('a stack that is too large is put down to the call that made it so', () => {
  const log = `; a = 1; @ f.bpf.c:20
0: (85) call bpf_get_prandom_u32#7    ; R0=scalar()
; seed = middle(seed); @ f.bpf.c:27
2: (85) call pc+16
caller:
 R10=fp0
callee:
 frame1: R1=scalar() R10=fp0
; return inner(seed); @ f.bpf.c:14
19: frame1: R1=scalar()
20: (85) call pc+8
callee:
 frame2: R1=scalar() R10=fp0
; return 1; @ f.bpf.c:9
21: (95) exit
to caller at 21:
 frame1: R0=1
22: (95) exit
to caller at 3:
 R0=1
; return seed; @ f.bpf.c:28
3: (95) exit
combined stack size of 3 calls is 640. Too large
${STATS}`
  assert.is(objectionOf(log)?.place?.line, 14)
})

test('the common causes have hints', () => {
  const sentences: readonly (readonly [string, RegExp])[] = [
    ['infinite loop detected at insn 1', /bound the loop/],
    ['BPF program is too large. Processed 1000001 insn', /bound the loop/],
    ["R0 invalid mem access 'map_value_or_null'", /check the pointer/],
    ['combined stack size of 2 calls is 640. Too large', /512 bytes/],
    ['cannot call GPL-restricted function from non-GPL compatible program', /licence/],
    ["R1 invalid mem access 'scalar'", /BPF_CORE_READ/],
    ['R2 !read_ok', /before its use/],
    ['Unreleased reference id=2 alloc_insn=7', /release/],
  ]
  for (const [sentence, hint] of sentences) assert.match(hintFor(sentence) ?? '', hint)
  assert.is(hintFor('some other sentence'), undefined)
})

test.run()
