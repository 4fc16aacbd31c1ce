// Begins a tree: the few files that make a folder one in which tools are built, whatever is there.
import * as fs from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import process from 'node:process'
import { newTask } from '../bpf/index.ts'
import { withCalledFrom } from '../directoryoption.ts'
import {
  isErrno,
  main,
  packageFile,
  quoteWord,
  type TaskContext,
  task,
  UserError,
} from '../engine/index.ts'
import { completed, type PackageJson, parsed } from './packagejson.ts'
import { taskFileIn } from './taskfiles.ts'

/** What a build, `--compdb` and clangd leave in a tree. */
const LEFT_BEHIND = ['build/', 'node_modules/', 'compile_commands.json', '.cache/']

/** Names for a first tool: the first one that no file has. */
const FIRST = ['hello', 'hello_bpf', 'first_tool']

/**
 * Does what `bpf-tasks init …` asks for.
 * @param from absolute path of the folder that the tree is to be in
 */
export async function begin(from: string, words: readonly string[]): Promise<void> {
  const here = process.cwd()
  process.argv.splice(
    1,
    process.argv.length - 1,
    join(here, 'tasks.ts'),
    ...withCalledFrom(here, words),
  )
  await main({
    init: task('Begin a tree of tools', [], (context) => init(from, here, context), {
      arguments: '[NAME of a first tool] [--template tracepoint|kprobe|fentry|…]',
      takesRest: true,
      heedsDryRun: true,
    }),
  })
}

/** @throws UserError where there are tasks already, and where the first tool cannot be written */
async function init(root: string, here: string, context: TaskContext): Promise<void> {
  const { dryRun, say } = context
  const tasks = taskFileIn(root)
  if (tasks !== undefined) {
    throw new UserError({
      what: 'there is a tree here already',
      facts: [['it has', tasks]],
      hint: 'another tool: npx bpf-tasks new NAME; another folder: npx bpf-tasks -C DIR init',
      status: 2,
    })
  }
  const files = filesOf(root)
  const tool = firstTool(root, context.args)
  // What is wrong with the tool is said before anything is written.
  const writeTool = (more: Pick<TaskContext, 'dryRun' | 'say'>): unknown =>
    tool.length > 0 && newTask.body?.({ ...context, root, args: tool, ...more })
  await mustBeTool(() => writeTool({ dryRun: true, say: () => {} }))
  for (const [name, text] of files) {
    const before = textOf(root, name)
    if (!dryRun && before !== text) write(root, name, text)
    const done = before === text ? 'left' : before === undefined ? 'wrote' : 'completed'
    say(dryRun && done !== 'left' ? `would write ${name}` : `${done} ${name}`)
  }
  await writeTool({ dryRun, say: (line) => void (line.startsWith('next: ') || say(line)) })
  if (dryRun) return
  const script = basename(taskFileIn(root) ?? 'tasks.ts')
  const steps = [
    ...(root === here ? [] : [`cd ${quoteWord(relative(here, root))}`]),
    ...(['bpf-tasks', 'tsx'].every((name) => isInstalled(name, root)) ? [] : ['npm install']),
    `npx tsx ${script} setup build`,
  ]
  say(`next: ${steps.join(' && ')}`)
}

/** Hints are for `init`, where `new` cannot be called yet. */
async function mustBeTool(check: () => unknown): Promise<void> {
  try {
    await check()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const { hint = '', ...block } = error.block
    throw new UserError({ ...block, hint: hint.replace('tsx tasks.ts new', 'bpf-tasks init') })
  }
}

/** Arguments of `new`; none where there are BPF programs, and nobody asked for one more. */
function firstTool(root: string, args: readonly string[]): readonly string[] {
  const names = fs.existsSync(root) ? fs.readdirSync(root) : []
  if (args.length === 0 && names.some((name) => name.endsWith('.bpf.c'))) return []
  const isNamed = args.length > 0 && args[0]?.startsWith('-') === false
  const isFree = (tool: string): boolean => !names.some((name) => name.startsWith(`${tool}.`))
  return isNamed ? args : [FIRST.find(isFree) ?? 'hello', ...args]
}

/** Each file's name, and the text that it is to have. */
function filesOf(root: string): Map<string, string> {
  const read = (name: string) =>
    fs.readFileSync(packageFile(`tasks/command/tree/${name}.txt`), 'utf8')
  const own = packageJsonOf(packageFile('package.json'))
  const text = textOf(root, 'package.json')
  const before = text === undefined ? undefined : packageJsonOf(join(root, 'package.json'))
  // Scripts that count as CommonJS now are to go on doing so.
  const isModule = before?.type === 'module' || !hasScripts(root)
  const script = isModule ? 'tasks.ts' : 'tasks.mts'
  const packages = { 'bpf-tasks': ownSource(root, own), tsx: own.dependencies?.['tsx'] ?? '*' }
  const after = completed(before ?? newPackage(root), { script, isModule, packages })
  const indent = /^[ \t]+/m.exec(text ?? '')?.[0] ?? 2
  const isAsIs = JSON.stringify(before) === JSON.stringify(after)
  return new Map([
    ['package.json', isAsIs ? (text ?? '') : `${JSON.stringify(after, null, indent)}\n`],
    [script, read('tasks.ts')],
    [
      'tsconfig.json',
      textOf(root, 'tsconfig.json') ?? read('tsconfig.json').replace('tasks.ts', script),
    ],
    ['.gitignore', ignoring(textOf(root, '.gitignore') ?? '')],
    [
      '.clang-format',
      textOf(root, '.clang-format') ?? fs.readFileSync(packageFile('.clang-format'), 'utf8'),
    ],
  ])
}

function newPackage(root: string): object {
  const name = basename(root)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return { name: name || 'tools', private: true }
}

/** @throws UserError where it is no package.json */
function packageJsonOf(path: string): PackageJson {
  const data = parsed(fs.readFileSync(path, 'utf8'))
  if (data !== undefined) return data
  throw new UserError({
    what: `${path} is not JSON`,
    hint: 'correct it, then repeat init',
    status: 2,
  })
}

/** Where npm is to get this package: from the file that it was installed from, or from the registry. */
function ownSource(root: string, { version }: PackageJson & { readonly version?: string }): string {
  const path = join(packageFile(''), '../../package.json')
  const { dependencies, devDependencies } = fs.existsSync(path) ? packageJsonOf(path) : {}
  const spec = { ...dependencies, ...devDependencies }['bpf-tasks'] ?? ''
  if (!spec.startsWith('file:')) return `^${version}`
  return `file:${relative(root, resolve(dirname(path), spec.slice('file:'.length)))}`
}

/** Is there JavaScript or TypeScript, in here or below, whose kind package.json decides? */
function hasScripts(folder: string): boolean {
  if (!fs.existsSync(folder)) return false
  return fs.readdirSync(folder, { withFileTypes: true }).some((entry) => {
    if (!entry.isDirectory()) return /\.[jt]sx?$/.test(entry.name)
    if (entry.name === 'node_modules' || entry.name.startsWith('.')) return false
    return hasScripts(join(folder, entry.name))
  })
}

/** Does a module in this folder find the package? */
function isInstalled(name: string, folder: string): boolean {
  if (fs.existsSync(join(folder, 'node_modules', name))) return true
  return dirname(folder) !== folder && isInstalled(name, dirname(folder))
}

/** The text of a .gitignore, with what a tree needs to have in it. */
function ignoring(text: string): string {
  const plain = (line: string): string => line.trim().replace(/^\/|\/$/g, '')
  const there = new Set(text.split('\n').map(plain))
  const missing = LEFT_BEHIND.filter((line) => !there.has(plain(line)))
  const start = text === '' || text.endsWith('\n') ? text : `${text}\n`
  return missing.length === 0 ? text : `${start}${missing.join('\n')}\n`
}

function textOf(root: string, name: string): string | undefined {
  const path = join(root, name)
  if (!fs.existsSync(path)) return undefined
  return orSay(root, `${name} cannot be read`, () => fs.readFileSync(path, 'utf8'))
}

function write(root: string, name: string, text: string): void {
  orSay(root, `${name} cannot be written`, () => {
    fs.mkdirSync(root, { recursive: true })
    fs.writeFileSync(join(root, name), text)
  })
}

/** @throws UserError where the system refuses */
function orSay<T>(root: string, what: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (!isErrno(error)) throw error
    const facts = [
      ['folder', root],
      ['because', error.message],
    ] as const
    throw new UserError({ what, facts, hint: 'choose another folder: npx bpf-tasks -C DIR init' })
  }
}
