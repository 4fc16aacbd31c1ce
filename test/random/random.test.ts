// Random graphs and edits: what is built is what a clean build gives, and no command runs needlessly.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { noCounts } from './histories.ts'
import { countsText, tryHistory } from './tryhistory.ts'

/** Enough that every kind of edit is made; `soak.ts` tries any others. */
const BUILDS = 300

test('300 builds of random graphs after random edits', async () => {
  const counts = noCounts()
  for (let seed = 1; counts.builds < BUILDS; seed++) {
    const found = await tryHistory(seed, counts)
    assert.is(found, undefined, `seed ${seed}:\n${found}`)
  }
  assert.ok(counts.commands > BUILDS, countsText(counts))
  assert.ok(counts.recalled > BUILDS / 10, countsText(counts))
  assert.ok(counts.placed > BUILDS / 10, countsText(counts))
})

test.run()
