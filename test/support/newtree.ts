// A tree as `bpf-tasks init` begins it, with this repository's sources in place of the package.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { tsxCommand } from './runtimes.ts'
import { type Ran, repository, Tree } from './tree.ts'

/** The words that are imported by, and what they stand for in this repository. */
export const doors: Readonly<Record<string, string>> = {
  'bpf-tasks': `${repository}/tasks/engine/index.ts`,
  'bpf-tasks/bpf': `${repository}/tasks/bpf/index.ts`,
}

/** A text that imports this repository's sources in place of the package. */
export function withDoors(text: string): string {
  return text.replace(/(?<= from )'([^']+)'/g, (found, name: string) =>
    doors[name] === undefined ? found : `'${doors[name]}'`,
  )
}

export class NewTree extends Tree {
  constructor() {
    super()
    const text = readFileSync(`${repository}/tasks/command/tree/tasks.ts.txt`, 'utf8')
    this.write('tasks.ts', withDoors(text))
  }

  /** As the README says. */
  override get command(): readonly string[] {
    return tsxCommand()
  }

  /** Writes a tool from a template. */
  add(name: string, template: string): Ran {
    return this.run(['new', name, '--template', template])
  }

  /** Runs any command in the tree to its end. */
  exec(program: string, ...args: readonly string[]): Ran {
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      cwd: this.root,
      encoding: 'utf8',
    })
    if (error !== undefined) throw error
    return { status, stdout, stderr }
  }
}
