// The counts of a run of tests are those that uvu prints, and a file without tests is noticed.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { countsIn, countsLine, filesWithoutTests } from './support/counts.ts'

const uvu = fileURLToPath(new URL('../node_modules/uvu', import.meta.url))

/** What uvu's command prints of test files, given as JavaScript. */
function outputOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'bpf-tasks-counts-'))
  try {
    for (const [name, body] of Object.entries(files)) {
      const text = `import { test } from 'file://${uvu}/dist/index.mjs'\n${body}\n`
      writeFileSync(join(folder, name), text)
    }
    return spawnSync(process.execPath, [`${uvu}/bin.js`, '--no-color', folder, '\\.mjs$'], {
      encoding: 'utf8',
    }).stdout
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('passed, failed and skipped tests of all files are counted', () => {
  const output = outputOf({
    'one.mjs': "test('a', () => {}); test('b', () => { throw new Error('no') }); test.run()",
    'two.mjs': "test('c', () => {}); test.skip('d'); test.run()",
  })
  const counts = countsIn(output)
  assert.equal(counts, { passed: 2, failed: 1, skipped: 1 })
  assert.is(counts && countsLine(counts), '2 passed, 1 failed, 1 skipped')
  assert.equal(filesWithoutTests(output, ['one.mjs', 'two.mjs']), [])
})

test('a file that does not run its tests is named, one whose tests are all skipped is not', () => {
  const output = outputOf({
    'asleep.mjs': "test('a', () => {})",
    'skipped.mjs': "test.skip('b'); test.run()",
  })
  assert.equal(filesWithoutTests(output, ['asleep.mjs', 'skipped.mjs']), ['asleep.mjs'])
})

test('a run that did not get to its end has no counts', () => {
  assert.is(countsIn('one.mjs\n• • '), undefined)
  assert.is(countsIn(outputOf({ 'broken.mjs': "throw new Error('at once')" })), undefined)
})

test.run()
