// Which files the declarations are made of: tasks.ts and what it imports, by reading them.
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

const IMPORT =
  /(?:^|[;\n])\s*(?:import|export)\b[^'"`;]*?['"]([^'"\n]+)['"]|\bimport\(\s*['"]([^'"\n]+)['"]/g

/** Absolute paths: the script, and every file that it imports by a relative path, directly or not. */
export function scriptFiles(script: string): string[] {
  const found = new Set([resolve(script)])
  for (const path of found) {
    let text: string
    try {
      text = readFileSync(path, 'utf8')
    } catch {
      // It is gone, or never was: that it appears would matter, so it stays among the files.
      continue
    }
    for (const [, still, lazy] of text.matchAll(IMPORT)) {
      const to = still ?? lazy ?? ''
      if (to.startsWith('.') || to.startsWith('/')) found.add(resolve(dirname(path), to))
    }
  }
  return [...found]
}
