// A program: makes `dist` from the sources, unless it was made from exactly these.
//
//   package.ts [--types]
//
// `npm ci` and `npm install` run it, as the script `dependencies` (npm takes `prepare` of a package for an install
// script), so that a checkout starts quickly; the runner works without `dist`, so there a failure
// is only reported. `npm pack` runs it with --types, as the task `package` does: it makes all anew, with
// the declarations that users of the package import.
import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { END, isOfTheseSources, STAMPS, stampOf } from '../chosenrooms.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const withTypes = process.argv.includes('--types')

/** What else decides what `dist` is, and how it is used: sources that it does not consist of. */
const MAKERS = [
  'tasks/chosenrooms.ts',
  'tasks/demos/index.ts',
  'tasks/command/bundle.ts',
  'tasks/command/package.ts',
]

/** The one file that is run by its name. */
const COMMAND = 'command.js'

/** The package has this program for the scripts of its package.json, and nothing that it could be made from. */
const hasSources = fs.existsSync(join(root, 'tasks/command/bundle.ts'))

if (hasSources && (withTypes || !isOfTheseSources(root))) {
  const half = join(root, `dist.${process.pid}`)
  try {
    await make(half)
  } catch (error) {
    if (withTypes || !(error instanceof Error)) throw error
    process.stderr.write(`dist was not made, so the runner starts slowly: ${error.message}\n`)
  } finally {
    fs.rmSync(half, { recursive: true, force: true })
  }
}

/** Makes it in another directory, and puts it in place at once. */
async function make(half: string): Promise<void> {
  // Loaded only here: this costs more than to see that nothing is to be done.
  const { bundle } = await import('./bundle.ts')
  const began = Date.now()
  const { sources, files } = await bundle(join(root, 'tasks'), half)
  if (withTypes) {
    const compiler = join(root, 'node_modules/.bin/tsc')
    const options = ['--project', 'tsconfig.package.json', '--outDir', join(half, 'types')]
    execFileSync(compiler, options, { cwd: root, stdio: 'inherit' })
  }
  const read = [...new Set([...MAKERS, ...sources.map((path) => `tasks/${path}`)])].sort()
  const stamps = [
    ...read.map((path) => stampOf(root, path)),
    // A map that is missing costs the lines of a stack, not a build.
    ...files.filter((path) => !path.endsWith('.map')).map((path) => `dist/${stampOf(half, path)}`),
  ]
  // What was edited meanwhile may be in `dist` or not: without stamps it is not used.
  const isEdited = read.some((path) => fs.statSync(join(root, path)).mtimeMs >= began)
  if (!isEdited)
    fs.writeFileSync(join(half, STAMPS.slice('dist/'.length)), [...stamps, END].join('\n'))
  setModes(half)
  fs.rmSync(join(root, 'dist'), { recursive: true, force: true })
  fs.renameSync(half, join(root, 'dist'))
}

/** Everybody may read what was made, whatever the umask of whoever made it. */
function setModes(directory: string): void {
  for (const entry of fs.readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const isRun = entry.isDirectory() || entry.name === COMMAND
    fs.chmodSync(join(entry.parentPath, entry.name), isRun ? 0o755 : 0o644)
  }
  fs.chmodSync(directory, 0o755)
}
