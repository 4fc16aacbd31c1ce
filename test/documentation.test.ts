// What the documentation shows as code is checked as code, and every public name has an example.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { globbySync } from 'globby'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as bpfDoor from '../tasks/bpf/index.ts'
import { MODULES, PAGE, publicNames, referencePage } from '../tasks/command/apireference.ts'
import * as engineDoor from '../tasks/engine/index.ts'
import { settled } from './support/buildverdicts.ts'
import { Demos } from './support/demos.ts'
import { blocksOf } from './support/markdownblocks.ts'
import { testWith } from './support/needs.ts'
import { doors, NewTree } from './support/newtree.ts'
import { repository } from './support/tree.ts'

const pages = ['README.md', 'CONTRIBUTING.md', ...globbySync('doc/*.md', { cwd: repository })]

/** What examples speak of without saying what it is. */
const KNOWN = `
declare const bpf: BpfRules
declare const tools: Tools
declare const marked: Loader
declare const blazesym: Feature
declare const libcap: Feature
`

/** The same for real. */
const REAL = `
const bpf = bpfRules()
const tools = bpf.tools('*.bpf.c')
const marked = bpf.loader('marked.c')
const blazesym = feature('blazesym', { headers: ['blazesym.h'] })
const libcap = feature('libcap', { headers: ['sys/capability.h'] })
void [tools, marked, blazesym, libcap]
`

/** The names of a door that some code uses, as a list to take them by. */
function valuesIn(code: readonly string[], names: readonly string[]): string {
  const text = code.join('\n') + REAL
  return names.filter((name) => new RegExp(`\\b${name}\\b`).test(text)).join(', ')
}

interface Shown {
  /** Where it is shown. */
  readonly at: string
  readonly code: string
}

function textOf(path: string): string {
  return readFileSync(join(repository, path), 'utf8')
}

/** Everything that is shown as TypeScript, of the package's names and of the pages. */
function shown(): Shown[] {
  const files = [...new Set(names.map(({ file }) => file))]
  return [
    ...files.flatMap((file) =>
      examplesIn(file).map(({ code, line }) => ({ at: `${file}:${line}`, code })),
    ),
    ...pages.flatMap((page) =>
      blocksOf(textOf(page), 'ts').map(({ text, line }) => ({ at: `${page}:${line}`, code: text })),
    ),
  ]
}

/** The file that an example is, where its first line says so: another one imports it. */
function fileOf({ code }: Shown): string | undefined {
  return /^\/\/ (\S+\/tasks\.ts)\n/.exec(code)?.[1]
}

/** A module of an example: as it is where it says what it imports, else with all public names. */
function moduleOf({ code }: Shown): string {
  if (/^import /m.test(code)) return code.replace(/'\.\.?\/tasks\//g, `'${repository}/tasks/`)
  const from = (room: string): string =>
    names.flatMap(({ name, file }) => (file.startsWith(room) ? [name] : [])).join(', ')
  return `import { ${from('tasks/engine/')} } from 'bpf-tasks'
import { ${from('tasks/bpf/')} } from 'bpf-tasks/bpf'
${KNOWN}
export async function example() {
${code}
}
`
}

/** The code of each example in a file's doc comments, with the line where it begins. */
function examplesIn(file: string): { readonly code: string; readonly line: number }[] {
  const text = textOf(file)
  return [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap((comment) =>
    [...comment[0].matchAll(/@example\b([\s\S]*?)(?=\n\s*\* @|\*\/)/g)].map(
      ({ 1: body = '', index }) => ({
        code: body.replace(/^\s*\* ?/gm, '').trim(),
        line: text.slice(0, comment.index + index).split('\n').length,
      }),
    ),
  )
}

const names = MODULES.flatMap((module) => publicNames(repository, module))

test('every public name has a doc comment with an example', () => {
  assert.ok(names.length > 80, `${names.length} names`)
  const without = names.filter(({ comment }) => !comment.includes('@example'))
  assert.equal(
    without.map(({ name, file }) => `${name} in ${file}`),
    [],
  )
})

test('every link of a page leads to a file that is there', () => {
  const links = pages.flatMap((page) =>
    [...textOf(page).matchAll(/\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)/g)].map(
      ([, to = '']) => [page, to] as const,
    ),
  )
  assert.ok(links.length > 40, `${links.length} links`)
  const lost = links.filter(([page, to]) => !existsSync(join(repository, dirname(page), to)))
  assert.equal(lost, [])
})

test('the API reference is current: npx tsx tasks.ts api', () => {
  const page = referencePage(repository)
  assert.is(textOf(PAGE), page)
  for (const { name } of names) assert.match(page, new RegExp(`^### ${name}$`, 'm'))
  // A declaration that was cut off would not be one.
  const cut = [...page.matchAll(/^```typescript\n([\s\S]*?)\n```$/gm)].filter(
    ([, code = '']) => bracketsOf(code) !== 0,
  )
  assert.equal(
    cut.map(([, code]) => code),
    [],
  )
  const anchors = new Set(page.match(/(?<=\]\(#)[^)]+/g))
  const headings = page.match(/^### .+$/gm)?.map((line) => line.slice(4).toLowerCase()) ?? []
  for (const anchor of anchors) assert.ok(headings.includes(anchor.replace(/-\d+$/, '')), anchor)
})

/** How many more brackets are opened than closed. */
function bracketsOf(code: string): number {
  return (code.match(/[({[]/g)?.length ?? 0) - (code.match(/[)}\]]/g)?.length ?? 0)
}

test('every example of a public name, and of every page, has right types', () => {
  using tree = new NewTree()
  const examples = shown()
  assert.ok(examples.length > 90, `${examples.length} examples`)
  const files = examples.map((example, index) => fileOf(example) ?? `${index}.ts`)
  for (const [index, example] of examples.entries()) {
    tree.write(`examples/${files[index]}`, moduleOf(example))
  }
  tree.write(
    'tsconfig.json',
    JSON.stringify({
      extends: `${repository}/tsconfig.json`,
      compilerOptions: {
        noUnusedLocals: false,
        noUnusedParameters: false,
        verbatimModuleSyntax: false,
        paths: Object.fromEntries(Object.entries(doors).map(([name, path]) => [name, [path]])),
      },
      include: ['examples'],
    }),
  )
  const { stdout } = tree.exec('node_modules/.bin/tsc', '--project', '.', '--pretty', 'false')
  const wrong = stdout.replace(
    /^examples\/([^(]+)/gm,
    (_, file: string) => examples[files.indexOf(file)]?.at ?? file,
  )
  assert.is(wrong, '')
})

test('every example of a page is evaluated, and the rules refuse none', () => {
  using tree = new NewTree()
  const examples = shown().filter(({ at, code }) => /\.md:/.test(at) && !/^import /m.test(code))
  assert.ok(examples.length > 20, `${examples.length} examples`)
  const [engine = '', bpf = ''] = ['engine', 'bpf'].map(
    (room) => `${repository}/tasks/${room}/index.ts`,
  )
  const bodies = examples.map(
    ({ at, code }) => `await shows(${JSON.stringify(at)}, async () => {\n${code}\n})\n`,
  )
  tree.write(
    'evaluated.ts',
    `import * as engine from '${engine}'
import * as rules from '${bpf}'
const { ${valuesIn(bodies, Object.keys(engineDoor))} } = { ...engine, main: async (tasks: object) => void tasks }
const { ${valuesIn(bodies, Object.keys(bpfDoor))} } = rules
${REAL}
async function shows(at: string, evaluate: () => Promise<void>) {
  try { await evaluate() } catch (error) {
    const block = (error as { block?: { what: string } }).block
    console.log(at + ': ' + (block?.what ?? error))
  }
}
${bodies.join('')}`,
  )
  const { stdout, stderr } = tree.exec('node_modules/.bin/tsx', 'evaluated.ts')
  assert.is(stdout + stderr, '')
})

testWith(test, ['clang', 'btf'], 'the tasks.ts of the README builds what it says', () => {
  const blocks = blocksOf(textOf('README.md'), 'ts').filter(({ text }) =>
    text.includes('await main('),
  )
  assert.ok(blocks.length > 0)
  for (const { text } of blocks) {
    using tree = new Demos()
    const local = text.replace(/(?<= from )'([^']+)'/g, (_, name: string) => `'${doors[name]}'`)
    tree.write('tasks.ts', local)
    const { status, stdout, stderr } = tree.run(['build'])
    assert.is(status, 0, stderr)
    assert.match(stdout, /^LINK +build\/helloworld\/helloworld$/m)
    settled(tree)
  }
})

test.run()
