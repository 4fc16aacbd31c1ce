// One of the examples, copied, to be built by its tasks.ts or by its Makefile.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { basename } from 'node:path'
import { withDoors } from './newtree.ts'
import { type Ran, repository, Tree } from './tree.ts'

/** A disposable copy of one of the examples, built by its tasks.ts or by its Makefile. */
export class Example extends Tree {
  constructor(name: string) {
    super()
    const from = `${repository}/examples/${name}`
    fs.cpSync(from, this.root, {
      recursive: true,
      // What was built there is not part of it.
      filter: (path) => basename(path) !== '.output',
    })
    for (const program of this.read('.gitignore').match(/^\/\w+$/gm) ?? []) {
      this.remove(program.slice(1))
    }
    this.write('tasks.ts', withDoors(this.read('tasks.ts')))
  }

  /** Runs `make` in it, to its end. */
  make(...args: string[]): Ran {
    return this.makeWith({}, ...args)
  }

  /** The same with more in its environment. */
  makeWith(environment: Readonly<Record<string, string>>, ...args: string[]): Ran {
    const { status, stdout, stderr } = spawnSync('make', [...args], {
      cwd: this.root,
      // Compilers write the name of their folder into what they make: the same one that ours are given.
      env: {
        PATH: `${process.env['PATH']}:/usr/sbin:/usr/local/sbin`,
        PWD: '/proc/self/cwd',
        ...environment,
      },
      encoding: 'utf8',
    })
    return { status, stdout, stderr }
  }

  /** What is below a folder, with how it can be executed and where links lead; sorted. */
  listing(folder: string): string[] {
    return fs
      .readdirSync(this.at(folder), { recursive: true, withFileTypes: true })
      .flatMap((entry) => {
        const path = `${entry.parentPath}/${entry.name}`
        const name = path.slice(this.at(folder).length + 1)
        if (entry.isSymbolicLink()) return [`${name} → ${fs.readlinkSync(path)}`]
        return entry.isFile() ? [`${name} ${(fs.statSync(path).mode & 0o777).toString(8)}`] : []
      })
      .sort()
  }

  /** The bytes of files by their paths. */
  bytes(paths: readonly string[]): Map<string, Buffer> {
    return new Map(paths.map((path) => [path, fs.readFileSync(this.at(path))]))
  }
}
