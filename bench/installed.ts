// What the installed command takes: its list, and a null build of the tree that `init` and `new` begin.
import { writeFileSync } from 'node:fs'
import { Folder, folder, install, userEnvironment } from '../test/support/packedpackage.ts'
import type { Stopwatch } from './measure.ts'
import { milliseconds, type Section, table } from './report.ts'

export interface InstalledParts {
  readonly stopwatch: Stopwatch
  /** Words that run a file. */
  readonly node: readonly string[]
  readonly runs: number | undefined
  readonly tell: (text: string) => void
}

export function benchInstalled({ stopwatch, node, runs, tell }: InstalledParts): Section {
  const home = folder('bench')
  tell('the package is installed')
  const lack = install(home)
  if (lack !== undefined) throw new Error(lack)
  const tree = new Folder(home.at('tree'))
  const command = [...node, home.at('node_modules/bpf-tasks/dist/command.js')]
  for (const words of [['init', 'hello'], ['build'], ['build']]) {
    const { status, stderr } = tree.exec(...command, ...words)
    if (status !== 0) throw new Error(stderr)
  }
  writeFileSync(tree.at('empty.ts'), 'const nothing: number = 0\nvoid nothing\n')
  const { XDG_STATE_HOME = '' } = userEnvironment()
  const costs = stopwatch.race(
    [
      { name: 'empty', command: [...node, 'empty.ts'] },
      { name: 'list', command: [...command, '--list'] },
      { name: 'null', command: [...command, 'build'], expect: /^nothing to do/ },
    ].map((contender) => ({ ...contender, folder: tree.root, environment: { XDG_STATE_HOME } })),
    runs ?? 15,
  )
  const wall = (name: string): string => milliseconds(costs.get(name)?.wall)
  return {
    title: 'The installed command, in a tree of one tool',
    text: table(
      ['`node empty.ts`', '`bpf-tasks --list`', '`bpf-tasks build`, nothing to do'],
      [[wall('empty'), wall('list'), wall('null')]],
    ),
  }
}
