// Options of a make that called us are read as GNU make writes them.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { optionsOfMake } from '../../../tasks/engine/command/makeflags.ts'

const cases: readonly (readonly [flags: string | undefined, options: readonly string[]])[] = [
  [undefined, []],
  ['', []],
  ['n', ['--dry-run']],
  ['kns -j4 --jobserver-auth=3,4', ['--keep-going', '--dry-run', '--quiet']],
  ['nt', ['--dry-run']],
  ['Bq', ['--force', '--check']],
  ['w', []],
  [' -j4 --jobserver-auth=fifo:/tmp/n', []],
  ['-j4', []],
  ['--no-print-directory -- n=k', []],
  [' -- n=k', []],
]

for (const [flags, options] of cases) {
  test(`MAKEFLAGS ${JSON.stringify(flags)}`, () => {
    assert.equal(optionsOfMake(flags), options)
  })
}

test.run()
