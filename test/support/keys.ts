// Keys for logs of tests that run no command line, and the folder for keys of those that do.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Keys } from '../../tasks/engine/log/logkey.ts'
import { Written } from '../../tasks/engine/log/written.ts'

/** The same key always. */
export const KEY = Buffer.alloc(32, 7)

/** They remember nothing: of all that is sealed with it the seal is verified. */
export const keys: Keys = { find: () => KEY, make: () => KEY, written: new Written([]) }

let folder: string | undefined

/** Where runs of this process keep their key: not among what belongs to whoever runs the tests. */
export function stateFolder(): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(realpathSync(tmpdir()), 'bpf-tasks-state-'))
    process.once('exit', () => rmSync(made, { recursive: true, force: true }))
    folder = made
  }
  return folder
}
