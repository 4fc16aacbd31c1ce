// A disposable copy of this repository's tasks with a `dist` of its own, made once a process.
import { execFileSync, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { Demos } from './demos.ts'
import { repository } from './tree.ts'

let kept: string | undefined

/** The copy has no `build`; its `dist` is made of exactly its sources. */
export function compiledTree(): Demos {
  const tree = new Demos()
  if (kept === undefined) {
    makeDist(tree)
    kept = `${tree.root}.kept`
    const folder = kept
    process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
    execFileSync('cp', ['-a', tree.root, kept])
  } else {
    fs.rmSync(tree.root, { recursive: true, force: true })
    execFileSync('cp', ['-a', kept, tree.root])
  }
  return tree
}

/** As `npm ci` does. */
export function makeDist(tree: Demos): string {
  const tsx = `${repository}/node_modules/.bin/tsx`
  const { status, stdout, stderr } = spawnSync(tsx, [tree.at('tasks/command/package.ts')], {
    cwd: tree.root,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`dist is not made: ${stdout}${stderr}`)
  return stderr
}
