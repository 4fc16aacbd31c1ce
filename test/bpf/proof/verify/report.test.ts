// What verify.c tells becomes verdicts: a rejection is not a kernel that lacks something.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readReport } from '../../../../tasks/bpf/proof/verify/report.ts'
import { UserError } from '../../../../tasks/engine/index.ts'

const program = {
  type: 'program',
  object: 'build/x.bpf.o',
  program: 'x',
  section: 'kprobe/f',
  program_type: 'kprobe',
  instructions: 4,
  load_us: 1500,
  log: '',
}
const failed = { ...program, errno: 22, error: 'Invalid argument', libbpf: '', type_known: 1 }
const REFUSED = "libbpf: prog 'x': BPF program load failed: Invalid argument\n"

function verdictOf(said: object) {
  const kernel = '{"type":"kernel","release":"5.4.0","machine":"x86_64"}'
  return readReport(`${kernel}\n${JSON.stringify(said)}`).programs[0]?.verdict
}

test('a program that loads is OK, with the time it took', () => {
  const report = readReport(
    `{"type":"kernel","release":"6.1","machine":"x86_64"}\n${JSON.stringify(program)}\n{"type":"end","failed":0}\n`,
  )
  assert.equal(report.programs[0]?.verdict, { kind: 'ok' })
  assert.is(report.programs[0]?.loadMs, 1.5)
  assert.is(report.release, '6.1')
  assert.ok(report.complete)
})

test('a report that breaks off is not complete', () => {
  assert.not(
    readReport('{"type":"kernel","release":"6.1","machine":"x86_64"}\n{"type":"prog').complete,
  )
})

test('the text of a line becomes its place by the line table of the object', () => {
  const log = '; *count += 1;\n7: (79) r1 = *(u64 *)(r0 +0)\nR0 invalid mem access\n'
  const lines = [
    { file: 'a.c', line: 9, text: 'other' },
    { file: 'a.c', line: 22, text: '*count += 1;' },
  ]
  const verdict = verdictOf({ ...failed, log, lines })
  assert.is(verdict?.kind, 'rejected')
  assert.is(verdict?.kind === 'rejected' ? verdict.at : '', 'a.c:22  *count += 1;')
})

test('what the kernel lacks is told as that', () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ libbpf: "libbpf: prog 'x': failed to find kernel BTF type ID of 'g': -3\n" }, /function g/],
    [{ libbpf: REFUSED, type_known: 0 }, /programs of type kprobe/],
    [{ missing_maps: [{ map: 'm', map_type: 'arena' }] }, /^maps of type arena \(6\.9\)$/],
    [{ missing_maps: [{ map: 'm', map_type: 'ringbuf' }] }, /^ring buffer \(5\.8\)$/],
    [{ log: 'invalid func unknown#181\n', helper: 'bpf_loop' }, /^bpf_loop\(\) \(5\.17\)$/],
    [{ libbpf: REFUSED, section: 'iter/task' }, /^BPF iterators \(5\.8\)$/],
    [{ log: '0: (85) call unknown#999\ninvalid func unknown#999\n' }, /helper number 999$/],
    [{ libbpf: 'libbpf: failed to find valid kernel BTF\n' }, /BTF/],
  ]
  for (const [said, feature] of cases) {
    const verdict = verdictOf({ ...failed, ...said })
    assert.is(verdict?.kind, 'unsupported', JSON.stringify(said))
    if (verdict?.kind === 'unsupported') assert.match(verdict.feature, feature)
  }
})

test('a version is named only where the kernel is older than that', () => {
  const said = JSON.stringify({ ...failed, missing_maps: [{ map: 'm', map_type: 'ringbuf' }] })
  const on = (release: string) =>
    readReport(`{"type":"kernel","release":"${release}","machine":"x86_64"}\n${said}`).programs[0]
      ?.verdict
  assert.equal(on('5.4.0'), { kind: 'unsupported', feature: 'ring buffer (5.8)' })
  assert.equal(on('6.18.44'), { kind: 'unsupported', feature: 'ring buffer' })
})

test('a type that this kernel does not know is no excuse for what libbpf refuses', () => {
  const verdict = verdictOf({ ...failed, type_known: 0, libbpf: "libbpf: prog 'x': no target\n" })
  assert.is(verdict?.kind, 'rejected')
})

test('a failed CO-RE relocation is a rejection', () => {
  const log = '3: <invalid CO-RE relocation>\ninvalid func unknown#195896080\n'
  assert.is(verdictOf({ ...failed, log })?.kind, 'rejected')
})

test('no rights and no BPF are neither', () => {
  assert.is(verdictOf({ ...failed, errno: 1 })?.kind, 'denied')
  assert.is(verdictOf({ ...failed, errno: 38 })?.kind, 'denied')
})

test('a line of another version of the program is a failure that says what to do', () => {
  assert.throws(
    () => readReport('{"type":"program"}'),
    (error: unknown) => error instanceof UserError && /no object/.test(error.block.what),
  )
})

test.run()
