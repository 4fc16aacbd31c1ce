// A copy of this repository's tasks and projects, to be built and timed elsewhere.
import * as fs from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Stopwatch } from './measure.ts'
import type { Way } from './startup.ts'

const repository = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')

/** Puts the copy into a folder, which is emptied first. */
export function copyDemos(folder: string): void {
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(folder, { recursive: true })
  for (const path of ['tasks.ts', 'package.json', 'tasks', 'projects', 'examples']) {
    const from = join(repository, path)
    if (fs.existsSync(from)) fs.cpSync(from, join(folder, path), { recursive: true })
  }
  fs.symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
}

/** Compiles the runner of a copy, as `npm ci` does in a checkout. */
export function compileDemos(
  stopwatch: Stopwatch,
  { words, environment = {} }: Pick<Way, 'words' | 'environment'>,
  folder: string,
): void {
  const command = [...words, 'tasks/command/package.ts']
  stopwatch.once({ name: 'package', command, folder, environment })
}

/** The BPF programs of a tree, by path. */
export function programsIn(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.bpf.c') && /^(?:projects|examples)\//.test(path))
    .sort()
}

/**
 * A tree of `count` programs: those of the repository again and again, under other names, so that
 * what a large collection of tools gains can be seen.
 */
export function copyPrograms(folder: string, count: number): void {
  copyDemos(folder)
  const originals = programsIn(folder).filter((path) => path.startsWith('projects/'))
  const names: string[] = []
  for (let at = 0; at < count; at++) {
    const original = originals[at % originals.length]
    if (original === undefined) throw new Error('there are no programs to copy')
    const name = `${basename(original, '.bpf.c')}${at}.bpf.c`
    fs.copyFileSync(join(folder, original), join(folder, name))
    names.push(name)
  }
  fs.writeFileSync(
    join(folder, 'tasks.ts'),
    `import { bpfRules } from './tasks/bpf/index.ts'
import { main, task } from './tasks/engine/index.ts'
const bpf = bpfRules({ out: 'build' }).project('many', { includes: ['projects/trace_execve/include'] })
const objects = ${JSON.stringify(names)}.map((name) => bpf.object(name))
await main({ build: task('Build all', objects) }, { settings: bpf.settings })
`,
  )
}
