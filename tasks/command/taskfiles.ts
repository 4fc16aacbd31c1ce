// Where tasks may be declared.
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The first of them that is there is taken. */
const NAMES = ['tasks.ts', 'tasks.mts', 'tasks.mjs', 'tasks.js'] as const

/** Path of the file that declares the tasks of a folder; undefined where there is none. */
export function taskFileIn(folder: string): string | undefined {
  return NAMES.map((name) => join(folder, name)).find((path) => existsSync(path))
}
