// What guests are given and what comes back: archive, script, results, what became of them.
import { createHash } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cpio, foldersOf } from '../../../../tasks/bpf/proof/vm/cpio.ts'
import { whatHappened } from '../../../../tasks/bpf/proof/vm/guest.ts'
import { initScript } from '../../../../tasks/bpf/proof/vm/initramfs.ts'
import { readResults } from '../../../../tasks/bpf/proof/vm/results.ts'

/** Reads an archive by the rules of cpio(5), as `[name, mode, content]`. */
function entriesOf(archive: Buffer): (readonly [string, number, string])[] {
  const entries: [string, number, string][] = []
  for (let at = 0; ; ) {
    assert.is(archive.subarray(at, at + 6).toString(), '070701', `no header at ${at}`)
    const field = (index: number): number =>
      Number.parseInt(archive.subarray(at + 6 + index * 8, at + 14 + index * 8).toString(), 16)
    const [mode, size, nameSize] = [field(1), field(6), field(11)]
    const name = archive.subarray(at + 110, at + 110 + nameSize - 1).toString()
    const start = (at + 110 + nameSize + 3) & ~3
    if (name === 'TRAILER!!!') return entries
    entries.push([name, mode, archive.subarray(start, start + size).toString()])
    at = (start + size + 3) & ~3
  }
}

test('an archive holds folders, files, links and devices', () => {
  const archive = cpio([
    ...foldersOf(['bin/sh', 'a/b/c']),
    { kind: 'file', path: 'a/b/c', bytes: Buffer.from('hello') },
    { kind: 'link', path: 'bin/sh', target: 'busybox' },
    { kind: 'device', path: 'console', major: 5, minor: 1 },
  ])
  assert.equal(entriesOf(archive), [
    ['a', 0o040755, ''],
    ['a/b', 0o040755, ''],
    ['bin', 0o040755, ''],
    ['a/b/c', 0o100755, 'hello'],
    ['bin/sh', 0o120777, 'busybox'],
    ['console', 0o020600, ''],
  ])
})

function sent(name: string, output: string, status = 0): string {
  const sha256 = createHash('sha256').update(output).digest('hex')
  const bytes = Buffer.byteLength(output)
  return `${JSON.stringify({ name, status, bytes, sha256 })}\n${output}\n`
}

test('results are read whole, whatever is in them', () => {
  const outputs = ['{"type":"end"}\n', '', 'no newline', 'ü\n{"name":"x"}\n']
  const bytes = Buffer.from(outputs.map((output, at) => sent(`${at}`, output, at)).join(''))
  assert.equal(
    readResults(bytes),
    outputs.map((output, at) => ({ name: `${at}`, status: at, output })),
  )
})

test('at any cut the results before it are kept, and no half one', () => {
  const whole = Buffer.from(sent('one', 'first\n') + sent('two', 'second\n'))
  for (let length = 0; length <= whole.length; length++) {
    const names = readResults(whole.subarray(0, length)).map(({ name }) => name)
    assert.ok(['', 'one', 'one,two'].includes(names.join()), `${names} at ${length}`)
  }
  assert.is(readResults(whole).length, 2)
})

test('a result with a foreign line in it is not believed', () => {
  const text = sent('one', 'first line\nsecond line\n')
  const broken = text.replace('second', '[    1.2] BUG: second')
  assert.equal(readResults(Buffer.from(broken)), [])
  assert.equal(readResults(Buffer.from(`[   1.0] BUG\n${text}`)), [])
})

test('the script quotes what it runs', () => {
  const script = initScript(
    [{ name: 'a b', words: ['/build/x', "it's", '--count', '"event"'] }],
    'ttyS1',
  )
  assert.match(script, `run 'a b' /build/x`)
  assert.match(script, `'"event"'`)
})

test('what became of a guest is told by its console before its status', () => {
  const panic = '[    0.5] Kernel panic - not syncing: No working init found.'
  assert.is(whatHappened(0, panic, 500, 9), 'panicked: No working init found.')
  assert.is(whatHappened(null, '', 9000, 9), 'did not end within 9 s')
  assert.is(whatHappened(null, '', 500, 9), 'was killed')
  assert.match(whatHappened(1, '', 500, 9), 'status is 1')
  assert.is(whatHappened(0, '', 500, 9), 'ended before it had reported all')
})

test('the job is named without what the kernel wrote into its line', () => {
  const panic = '[    2.686801] Kernel panic - not syncing: sysrq triggered crash\n'
  for (const end of ['\n', '[    2.686764] sysrq: Trigger a crash\n']) {
    const console = `bpf-tasks: verify\nbpf-tasks: hello 0${end}${panic}`
    assert.is(whatHappened(0, console, 500, 9), 'panicked in ‘hello 0’: sysrq triggered crash')
  }
})

test.run()
