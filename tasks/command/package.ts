// A program: makes `dist` of the sources, unless it is made of exactly these already.
//
//   package.ts [--anew]
//
// `npm ci` runs it, so that a checkout starts quickly too; there a failure is only told, because the
// runner works without. `npm pack` runs it by the task `package`, which adds the declarations.
import * as fs from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { isMadeOfThese, LIST, type Made, type MadeList } from '../parts.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const anew = process.argv.includes('--anew')

/** What decides how `dist` is used, besides what is in it. */
const USERS = [
  ...['compiled.ts', 'parts.ts'],
  'engine/index.ts',
  'bpf/index.ts',
  'command/bundle.ts',
  'command/licences.ts',
  'command/package.ts',
]

if (anew || !isUsable()) {
  const half = join(root, `dist.${process.pid}`)
  try {
    await make(half)
  } catch (error) {
    if (anew || !(error instanceof Error)) throw error
    process.stderr.write(`dist is not made, so that the runner starts slowly: ${error.message}\n`)
  } finally {
    fs.rmSync(half, { recursive: true, force: true })
  }
}

function isUsable(): boolean {
  try {
    return isMadeOfThese(root)
  } catch {
    return false
  }
}

/** Makes all of it elsewhere, and puts it in place at once. */
async function make(half: string): Promise<void> {
  const { bundle, DEMOS, MANIFESTS, placesOf, PROGRAMS } = await import('./bundle.ts')
  const tasks = join(root, 'tasks')
  const places = await placesOf(tasks)
  // Looked at before they are read: what is edited meanwhile makes this set one that is not used.
  const look = (paths: readonly string[]): Made[] =>
    paths.map((path) => madeOf(root, `tasks/${path}`))
  const ofDemos = [...places].flatMap(([path, { part }]) => (part === DEMOS ? [path] : []))
  const rest = [...places.keys()].filter((path) => !ofDemos.includes(path))
  const sources = {
    core: [
      ...look([...rest, ...PROGRAMS, ...USERS]),
      ...MANIFESTS.map((path) => madeOf(root, path)),
    ],
    demos: look(['demos/index.ts', ...ofDemos]),
  }
  const files = await bundle(tasks, half, places)
  fs.chmodSync(join(half, 'command/command.js'), 0o755)
  const made = (isOf: (path: string) => boolean): Made[] =>
    files.filter(isOf).map((path) => {
      const [, ...rest] = madeOf(half, path)
      return [`dist/${path}`, ...rest]
    })
  const demos = `${DEMOS}.js`
  const list: MadeList = {
    core: [...sources.core, ...made((path) => path !== demos)],
    demos: [...sources.demos, ...made((path) => path === demos)],
  }
  fs.writeFileSync(join(half, LIST), JSON.stringify(list))
  fs.rmSync(join(root, 'dist'), { recursive: true, force: true })
  fs.renameSync(half, join(root, 'dist'))
}

function madeOf(folder: string, path: string): Made {
  const { size, mtimeMs } = fs.statSync(join(folder, path))
  return [path, size, Math.trunc(mtimeMs)]
}
