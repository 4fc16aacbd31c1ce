// The kernel takes NAME, and lets it be attached.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { test } from 'node:test'

test('NAME is loaded and attached', (context) => {
  if (process.getuid() !== 0) return context.skip('only root may load it')
  const { status, stderr } = spawnSync('build/NAME', [ARGUMENTS], { encoding: 'utf8' })
  const lack = /hint: (this kernel .+)/.exec(stderr)?.[1]
  if (lack !== undefined) return context.skip(lack)
  assert.equal(status, 0, stderr)
})
