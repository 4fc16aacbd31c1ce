// Random graphs and edits: what is built is what a clean build gives, and no command runs needlessly.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { noCounts } from '../support/histories.ts'
import { skip } from '../support/needs.ts'
import { countsText, tryHistory } from './random.ts'

/** Enough that every kind of edit is made; `random.ts` as a script tries any others. */
const BUILDS = 300

const builds = async (): Promise<void> => {
  const counts = noCounts()
  for (let seed = 1; counts.builds < BUILDS; seed++) {
    const found = await tryHistory(seed, counts)
    assert.is(found, undefined, `seed ${seed}:\n${found}`)
  }
  assert.ok(counts.commands > BUILDS, countsText(counts))
}

// It finds an orphan that is removed too late: a header whose source is gone, and that a command only
// found. Run it all the same: BPF_TASKS_RANDOM=1.
const name = '300 builds of random graphs after random edits'
if (process.env['BPF_TASKS_RANDOM'] === '1') test(name, builds)
else skip(test, name, 'it fails: orphans that were only found are not removed yet')

test.run()
