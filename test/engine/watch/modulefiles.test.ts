// Which files the declarations are made of: imports are followed, and nothing else is opened.
import { spawnSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Disk } from '../../../tasks/engine/files/disk.ts'
import { scriptFiles } from '../../../tasks/engine/watch/modulefiles.ts'
import { inPath, skip } from '../../support/needs.ts'
import { Tree } from '../../support/tree.ts'

function filesOf(tree: Tree): string[] {
  const files = scriptFiles(tree.at('tasks.ts'), new Disk(tree.root))
  return files.map((path) => path.replace(`${tree.root}/`, '')).sort()
}

test('every form of an import of a path is followed, packages are not', () => {
  using tree = new Tree()
  tree.write(
    'tasks.ts',
    `import { test } from 'uvu'
import a, {
  type B,
} from './a.ts'
export * from "./folder/b.ts"
import './c.mts'
import data from './data.json' with { type: 'json' }
const lazy = await import('./lazy.js')
const absolute = import(\n  '${tree.at('absolute.ts')}'\n)
`,
  )
  tree.write('folder/b.ts', "import { x } from '../up.ts'")
  tree.write('up.ts', "import './tasks.ts'")
  const found = ['a.ts', 'absolute.ts', 'c.mts', 'data.json', 'folder/b.ts', 'lazy.js', 'up.ts']
  assert.equal(filesOf(tree), [...found, 'tasks.ts'].sort())
})

const opened = 'what a module names but does not import is never opened'
if (!inPath('mkfifo')) skip(test, opened, 'no mkfifo here')
else
  test(opened, () => {
    using tree = new Tree()
    // Each of these would be waited for without end.
    for (const pipe of ['pipe', 'pipe.ts']) spawnSync('mkfifo', [tree.at(pipe)])
    symlinkSync('pipe', tree.at('link'))
    tree.write(
      'tasks.ts',
      `export const trace = '${tree.at('pipe')}'
export function open(path = './link') {}
import './pipe.ts'
// copied from '/sys/kernel/tracing/trace_pipe' and from './pipe'
`,
    )
    assert.equal(filesOf(tree), ['pipe.ts', 'tasks.ts'])
  })

test.run()
