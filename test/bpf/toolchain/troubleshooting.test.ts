// The page on troubleshooting has each failure that gets a remedy: as it is said, and what is added to it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { globbySync } from 'globby'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { knownFailures } from '../../../tasks/bpf/toolchain/remedies.ts'
import { blocksOf } from '../../support/markdownblocks.ts'
import { repository } from '../../support/tree.ts'

const page = readFileSync(join(repository, 'doc/troubleshooting.md'), 'utf8')
const blocks = blocksOf(page, 'text').map(({ text }) => text)

test('each known failure is shown with its whole remedy', () => {
  assert.ok(knownFailures.length >= 9, `${knownFailures.length}`)
  for (const { said, hint } of knownFailures) {
    const shown = blocks.filter((block) => block.includes(hint))
    assert.is(shown.length, 1, `${shown.length} blocks end with: ${hint}`)
    assert.match(shown[0]?.replace(hint, '') ?? '', said)
  }
})

test('each block that is shown is one of a known failure', () => {
  for (const block of blocks)
    assert.ok(
      knownFailures.some(({ hint, said }) => block.includes(hint) && said.test(block)),
      block,
    )
})

/** All sources, with what is put into messages left out as in the table. */
function readSources(): string {
  const files = globbySync('tasks/**/*.ts', { cwd: repository })
  const texts = files.map((path) => readFileSync(join(repository, path), 'utf8'))
  return texts
    .join('\n')
    .replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '…')
    .replaceAll('’', "'")
}

test('each failure in the table is one that the sources have', () => {
  const sources = readSources()
  const rows = [...page.matchAll(/^\| `([^`]+)`/gm)].map(([, what = '']) => what)
  assert.ok(rows.length >= 12)
  for (const what of rows)
    for (const part of what.split('…').map((text) => text.replace(/^[:\s]+|\s+$/g, '')))
      assert.ok(part.length < 3 || sources.includes(part), `no message has: ${part}`)
})

test.run()
