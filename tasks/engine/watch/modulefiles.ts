// Which files the declarations are made of: tasks.ts and what it imports, by reading them.
import { dirname, resolve } from 'node:path'
import { type Disk, isPseudo } from '../files/index.ts'

/** Where a module names another: after `from`, after `import`, or as what `import()` is given. */
const IMPORT = /\b(?:from|import)\s*\(?\s*(['"])((?:\.\.?)?\/[^'"\n]+)\1/g

/** What Node takes for a module. Anything else that a text seems to import is never opened. */
const MODULE = /\.(?:[cm]?[jt]s|json|node|wasm)$/

/**
 * Absolute paths: the script, and every file that it imports by a path, directly or not. A text is
 * searched, not parsed, so a file that is only named in a comment may be among them.
 */
export function scriptFiles(script: string, disk: Disk): string[] {
  const found = new Set([resolve(script)])
  for (const path of found) {
    // One that is gone, or never was, stays among the files: that it appears would matter.
    if (disk.stat(path)?.type !== 'file' || !/[jt]s$/.test(path)) continue
    for (const [, , to = ''] of String(disk.read(path)).matchAll(IMPORT)) {
      const imported = resolve(dirname(path), to)
      if (MODULE.test(imported) && !isPseudo(imported)) found.add(imported)
    }
  }
  return [...found]
}
