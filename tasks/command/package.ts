// The npm package: its JavaScript and declarations from the TypeScript, and the files beside them.
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import type { TaskContext } from '../engine/index.ts'

/** Makes `dist` anew: what is not in the sources any more must not be in the package. */
export async function compilePackage({ root, run }: TaskContext): Promise<void> {
  const dist = join(root, 'dist')
  fs.rmSync(dist, { recursive: true, force: true })
  await run(['node_modules/.bin/tsc', '--project', 'tsconfig.package.json'])
  const tasks = join(root, 'tasks')
  for (const name of fs.readdirSync(tasks, { recursive: true, encoding: 'utf8' })) {
    const from = join(tasks, name)
    if (name.endsWith('.ts') || fs.statSync(from).isDirectory()) continue
    const to = join(dist, name)
    fs.mkdirSync(dirname(to), { recursive: true })
    fs.copyFileSync(from, to)
  }
  fs.chmodSync(join(dist, 'command/command.js'), 0o755)
}
