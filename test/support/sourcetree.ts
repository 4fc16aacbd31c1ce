// A disposable copy of this repository with sources of libbpf beside it; one of them is built once
// for all tests that only look at what was built.
import * as fs from 'node:fs'
import { libbpfSources, type Sources } from './sources.ts'
import { repository, Tree } from './tree.ts'

/** Where the sources are in the tree. */
export const TOP = 'upstream'

export class SourceTree extends Tree {
  /** @param sources a folder to copy to {@link TOP} */
  constructor(sources?: string) {
    super()
    for (const path of ['tasks.ts', 'package.json', 'tasks', 'projects']) {
      fs.cpSync(`${repository}/${path}`, this.at(path), { recursive: true })
    }
    if (sources !== undefined) {
      fs.cpSync(sources, this.at(TOP), { recursive: true, preserveTimestamps: true })
    }
  }

  /** Every file and link below a folder, with its mode, sorted: `644 include/bpf/bpf.h`. */
  listing(folder: string, base = folder): string[] {
    return fs
      .readdirSync(this.at(folder), { withFileTypes: true })
      .flatMap((entry) => {
        const path = `${folder}/${entry.name}`
        if (entry.isDirectory()) return this.listing(path, base)
        const mode = (fs.lstatSync(this.at(path)).mode & 0o777).toString(8)
        return [`${entry.isSymbolicLink() ? 'link' : mode} ${path.slice(base.length + 1)}`]
      })
      .sort((a, b) => (a.replace(/^\S+ /, '') < b.replace(/^\S+ /, '') ? -1 : 1))
  }
}

/** libbpf 1.5.0, or why there are no sources of it. */
export const sources: Sources = libbpfSources('1.5.0')

/** Compiled without optimising, which takes a fourth of the time. */
export const FLAGS = '-O0'

/** The settings that build it. */
export const FROM_SOURCE = ['LIBBPF=source', `LIBBPF_TOP=${TOP}`, `CFLAGS=${FLAGS}`]

export const BUILD = ['libbpf', ...FROM_SOURCE]

let shared: SourceTree | undefined

/** The tree in which it is built. Whoever changes a source puts it back. */
export function builtTree(folder: string): SourceTree {
  if (shared === undefined) {
    const tree = new SourceTree(folder)
    shared = tree
    process.on('exit', () => tree[Symbol.dispose]())
    tree.run(BUILD)
  }
  return shared
}
