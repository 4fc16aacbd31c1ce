// Begins a tree: the few files that make a folder one in which tools are built.
import * as fs from 'node:fs'
import { basename, join, resolve } from 'node:path'
import process from 'node:process'
import { isErrno, main, packageFile, type TaskContext, task, UserError } from '../engine/index.ts'
import { taskFileIn } from './taskfiles.ts'

interface Package {
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
}

/** Does what `bpf-tasks init …` asks for. @param from where the tree is to be */
export async function begin(from: string, words: readonly string[]): Promise<void> {
  process.argv.splice(1, process.argv.length - 1, join(from, 'tasks.ts'), ...words)
  await main({
    init: task('Begin a tree of tools', [], init, {
      arguments: '[DIR]',
      takesRest: true,
      heedsDryRun: true,
    }),
  })
}

/** Leaves what is there as it is. @throws UserError where there are tasks already */
function init({ args, root: here, dryRun, say }: TaskContext): void {
  const [folder = '.', ...more] = args
  if (folder.startsWith('-') || folder === '' || more.length > 0) {
    throw new UserError({
      what: `init takes one folder, or none for this one, not ${args.join(' ') || 'an empty name'}`,
      hint: 'npx bpf-tasks init [DIR]',
      status: 2,
    })
  }
  const root = resolve(here, folder)
  const tasks = taskFileIn(root)
  if (tasks !== undefined) {
    throw new UserError({
      what: 'there is a tree here already',
      facts: [['it has', tasks]],
      hint: 'choose another folder: npx bpf-tasks init DIR',
      status: 2,
    })
  }
  const kept = new Set<string>()
  for (const [name, text] of filesOf(root)) {
    const there = fs.existsSync(join(root, name))
    if (there) kept.add(name)
    else if (!dryRun) write(root, name, text)
    say(`${there ? 'left' : dryRun ? 'would write' : 'wrote'} ${name}`)
  }
  if (dryRun) return
  say('next:')
  for (const line of [
    ...(root === here ? [] : [`cd ${folder}`]),
    ...(kept.has('.gitignore') ? ['echo build/ >> .gitignore'] : []),
    ...(kept.has('package.json') ? completing(root) : ['npm install']),
    'npx tsx tasks.ts setup',
    'npx tsx tasks.ts new hello --template tracepoint',
    'npx tsx tasks.ts build',
  ]) {
    say(`  ${line}`)
  }
}

/** @throws UserError where the folder cannot be made, or written to */
function write(root: string, name: string, text: string): void {
  try {
    fs.mkdirSync(root, { recursive: true })
    fs.writeFileSync(join(root, name), text, { flag: 'wx' })
  } catch (error) {
    if (!isErrno(error)) throw error
    throw new UserError({
      what: `${name} cannot be written`,
      facts: [
        ['folder', root],
        ['because', error.message],
      ],
      hint: 'choose another folder: npx bpf-tasks init DIR',
    })
  }
}

/** The commands that make somebody's package.json one with which tasks.ts runs. */
function completing(root: string): string[] {
  const text = fs.readFileSync(join(root, 'package.json'), 'utf8')
  const has = (pattern: RegExp): boolean => pattern.test(text)
  return [
    // tasks.ts waits at its top level, which only a module may.
    ...(has(/"type"\s*:\s*"module"/) ? [] : ['npm pkg set type=module']),
    ...(has(/"bpf-tasks"\s*:/) ? [] : ['npm install --save-dev bpf-tasks']),
    ...(has(/"tsx"\s*:/) ? [] : ['npm install --save-dev tsx']),
  ]
}

/** Each file's name and text. */
function filesOf(root: string): Map<string, string> {
  const read = (path: string) => fs.readFileSync(packageFile(path), 'utf8')
  const own = JSON.parse(read('package.json')) as Package
  const about = {
    name:
      basename(root)
        .toLowerCase()
        .replace(/[^a-z0-9-]+/g, '-')
        .replace(/^-+|-+$/g, '') || 'tools',
    private: true,
    type: 'module',
    scripts: { build: 'tsx tasks.ts build', test: 'tsx tasks.ts test' },
    devDependencies: { 'bpf-tasks': `^${own.version}`, tsx: own.dependencies['tsx'] ?? '*' },
  }
  return new Map([
    ['package.json', `${JSON.stringify(about, null, 2)}\n`],
    ['tasks.ts', read('tasks/command/tree/tasks.ts.txt')],
    ['tsconfig.json', read('tasks/command/tree/tsconfig.json.txt')],
    ['.gitignore', 'build/\nnode_modules/\n'],
  ])
}
