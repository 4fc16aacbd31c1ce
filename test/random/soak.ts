// Builds random trees through random edits, for as long as is asked for: npx tsx tasks.ts soak -- --builds N
// --seed S. Each build runs in this process, in step with a model that says what must run.
import process from 'node:process'
import { parseArgs } from 'node:util'
import { noCounts } from './histories.ts'
import { countsText, tryHistory } from './tryhistory.ts'

/** After so many builds it says how far it is. */
const ROUND = 2000

const { values } = parseArgs({
  options: { builds: { type: 'string', default: '1000' }, seed: { type: 'string' } },
})
const builds = Number(values.builds)
const first = Number(values.seed ?? Date.now() % 1_000_000)
if (!(builds > 0) || !Number.isInteger(first)) {
  process.stderr.write('soak: --builds takes a number above 0, --seed a whole number\n')
  process.exit(2)
}
const counts = noCounts()
const started = performance.now()
let said = 0
for (let seed = first; counts.builds < builds; seed++) {
  const found = await tryHistory(seed, counts)
  if (counts.builds - said >= ROUND) {
    said = counts.builds
    process.stderr.write(`${counts.builds} builds, seed ${seed}\n`)
  }
  if (found === undefined) continue
  process.stdout.write(`${found}\n\nagain: npx tsx tasks.ts soak -- --builds 1 --seed ${seed}\n`)
  process.exitCode = 1
  break
}
const seconds = (performance.now() - started) / 1000
const { user, system } = process.cpuUsage()
process.stdout.write(
  `${countsText(counts)}\nseeds from ${first}, ${seconds.toFixed(1)} s (CPU ${((user + system) / 1e6).toFixed(1)} s), ` +
    `${Math.round(counts.builds / seconds)} builds a second\n`,
)
