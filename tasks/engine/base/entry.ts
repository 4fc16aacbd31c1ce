// Which folder the script that runs lies in: what other folders of the tree are named from.
import { realpathSync } from 'node:fs'
import { dirname, posix } from 'node:path'

let entry: string | undefined

/** The real folder of the script; its name does not change during a run. */
function entryFolder(): string {
  entry ??= dirname(realpathSync(process.argv[1] ?? 'tasks.ts'))
  return entry
}

/**
 * What a folder of tasks is called from the folder of the script that runs; '' if it is that one.
 * @param folder absolute, as `import.meta.dirname` has it
 */
export function fromEntry(folder: string): string {
  return posix.relative(entryFolder(), folder)
}
