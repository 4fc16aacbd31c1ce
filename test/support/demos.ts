// A disposable copy of this repository's own tasks and demos, and what is known of them by reading.
import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { basename } from 'node:path'
import { repository, Tree } from './tree.ts'

/** Where the sources of the demos are; its files all have different names. */
const projects = 'projects'

export class Demos extends Tree {
  constructor() {
    super()
    for (const path of ['tasks.ts', 'package.json', 'tasks', projects]) {
      fs.cpSync(`${repository}/${path}`, this.at(path), { recursive: true })
    }
  }

  /** Every file but node_modules, by path, sorted. */
  files(folder = ''): string[] {
    return fs
      .readdirSync(this.at(folder), { withFileTypes: true })
      .flatMap((entry) => {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`
        if (path === 'node_modules') return []
        return entry.isDirectory() ? this.files(path) : [path]
      })
      .sort()
  }

  /** Each file with its size and times; two equal ones mean that nothing was written. */
  snapshot(): string[] {
    return this.files().map((path) => {
      const { size, mtimeNs, ctimeNs, ino } = fs.statSync(this.at(path), { bigint: true })
      return `${path} ${ino} ${size} ${mtimeNs} ${ctimeNs}`
    })
  }

  /** Puts text at the end of a file, and with it another size. */
  append(path: string, text: string): void {
    fs.appendFileSync(this.at(path), text)
  }

  /** Writes an executable shell script; returns its absolute path. */
  script(path: string, body: string): string {
    this.write(path, `#!/bin/sh\n${body}\n`)
    fs.chmodSync(this.at(path), 0o755)
    return this.at(path)
  }

  /** The sources that a compiler is given, found by their names. */
  sources(): string[] {
    // What the checks execute is no demo, and `build` does not make it.
    const isDemo = (path: string): boolean => !path.startsWith('projects/marked_execve/')
    return this.files(projects).filter((path) => path.endsWith('.c') && isDemo(path))
  }

  /** The headers of one folder. */
  headers(folder: string): string[] {
    return this.files(folder).filter((path) => path.endsWith('.h'))
  }

  /** What is compiled from sources that include this file, directly or not; sorted. */
  readers(included: string): string[] {
    const files = this.files(projects)
    const wanted = new Set([included])
    for (let before = -1; before !== wanted.size; ) {
      before = wanted.size
      for (const path of files) {
        const names = [...this.read(path).matchAll(/^\s*#include ["<]([^">]+)[">]/gm)]
        if (names.some(([, name = '']) => wanted.has(name))) wanted.add(basename(path))
      }
    }
    return this.sources()
      .filter((path) => wanted.has(basename(path)))
      .map(outputOf)
      .sort()
  }
}

/** The one tree that {@link builtDemos} gives, and the folder that keeps how it was when built. */
let built: { readonly tree: Demos; readonly kept: string } | undefined

/**
 * The demos as a build just left them: built once a process, then put back each time. Always in
 * the same folder, because its name is in the debug information of what is made there.
 */
export function builtDemos(): Demos {
  if (built === undefined) {
    const tree = new Demos()
    const kept = `${tree.root}.kept`
    process.once('exit', () => {
      for (const folder of [tree.root, kept]) fs.rmSync(folder, { recursive: true, force: true })
    })
    const { status, stderr } = tree.run(['build'])
    if (status !== 0) throw new Error(`the demos cannot be built:\n${stderr}`)
    execFileSync('cp', ['-a', tree.root, kept])
    built = { tree, kept }
    return tree
  }
  const { tree, kept } = built
  fs.rmSync(tree.root, { recursive: true, force: true })
  execFileSync('cp', ['-a', kept, tree.root])
  return tree
}

/** What a source of the demos is compiled to. */
export function outputOf(source: string): string {
  const [, project = ''] = source.split('/')
  return `build/${project}/${basename(source, '.c')}.o`
}
