// Begins a tree: the few files that make an empty folder one in which tools are built.
import * as fs from 'node:fs'
import { basename, join, resolve } from 'node:path'
import process from 'node:process'
import { main, type TaskContext, task, UserError } from '../engine/index.ts'

interface Package {
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
}

/** Does what `bpf-tasks init …` asks for. @param words from `init` on */
export async function begin(words: readonly string[]): Promise<void> {
  process.argv.splice(1, process.argv.length - 1, join(process.cwd(), 'tasks.ts'), ...words)
  await main({
    init: task('Begin a tree of tools', [], init, {
      arguments: '[DIR]',
      takesRest: true,
      heedsDryRun: true,
    }),
  })
}

/** @throws UserError where a file is there already, and then writes nothing */
function init({ args, root: here, dryRun, say }: TaskContext): void {
  const [folder = '.', ...more] = args
  if (folder.startsWith('-') || more.length > 0) {
    throw new UserError({
      what: `init takes one folder, or none for this one, not ${args.join(' ')}`,
      hint: 'npx bpf-tasks init [DIR]',
      status: 2,
    })
  }
  const root = resolve(here, folder)
  const files = filesOf(root)
  const there = [...files.keys()].filter((name) => fs.existsSync(join(root, name)))
  if (there.length > 0) {
    throw new UserError({
      what: `${root} has files that init would write`,
      facts: there.map((name) => ['there already', name] as const),
      hint: 'choose an empty folder: npx bpf-tasks init DIR',
    })
  }
  if (!dryRun) fs.mkdirSync(root, { recursive: true })
  for (const [name, text] of files) {
    if (!dryRun) fs.writeFileSync(join(root, name), text, { flag: 'wx' })
    say(dryRun ? `would write ${name}` : `wrote ${name}`)
  }
  if (dryRun) return
  say('next:')
  for (const line of [
    ...(root === here ? [] : [`cd ${folder}`]),
    'npm install',
    'npx tsx tasks.ts setup',
    'npx tsx tasks.ts new hello --template tracepoint',
    'npx tsx tasks.ts build',
  ]) {
    say(`  ${line}`)
  }
}

/** Each file's name and text. */
function filesOf(root: string): Map<string, string> {
  const read = (path: string) => fs.readFileSync(new URL(path, import.meta.url), 'utf8')
  const own = JSON.parse(read('../../package.json')) as Package
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
    ['tasks.ts', read('tree/tasks.ts.txt')],
    ['tsconfig.json', read('tree/tsconfig.json.txt')],
    ['.gitignore', 'build/\nnode_modules/\n'],
  ])
}
