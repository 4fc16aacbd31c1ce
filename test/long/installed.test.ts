// The installed command on each runtime: it recalls a memo, and errors name lines of TypeScript.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { skip } from '../support/needs.ts'
import { Folder, folder, install } from '../support/packedpackage.ts'
import { deno, nodeAlone, nodeWithTsx, type Runtime } from '../support/runtimes.ts'
import { type Ran, repository } from '../support/tree.ts'

const home = folder('home')
const lack = install(home)
const dist = home.at('node_modules/bpf-tasks/dist')

const sought = { 'node with tsx': nodeWithTsx(), 'node alone': nodeAlone(), deno: deno() }

/** A test for each runtime, in a folder of its own; skipped aloud where it cannot be had. */
function onEach(
  title: string,
  body: (runtime: Runtime, tree: Folder) => void,
  runtimes: readonly (keyof typeof sought)[] = ['node with tsx', 'node alone', 'deno'],
): void {
  for (const name of runtimes) {
    const found = sought[name]
    const full = `${title}: ${name}`
    if (lack !== undefined) skip(test, full, lack)
    else if ('lacks' in found) skip(test, full, found.lacks)
    else {
      test(full, () => {
        const tree = new Folder(home.at(full.replace(/\W+/g, '-')))
        tree.write('package.json', '{ "type": "module" }\n')
        body(found.runtime, tree)
      })
    }
  }
}

/** The installed command, run by a runtime. */
function command(tree: Folder, runtime: Runtime, ...words: readonly string[]): Ran {
  // In front of the runtime there may be options of env(1), such as the folder to be in.
  const at = runtime.command.findIndex((word) => /^\/|^(?:node|deno|npx)$/.test(word))
  const [program = '', ...options] = runtime.command.slice(at, -1)
  const loads = options.some((word) => word === '--import')
  const set = Object.entries({ ...runtime.environment, NO_COLOR: '1' })
  return tree.exec(
    ...[
      'env',
      ...runtime.command.slice(0, at),
      ...set.map(([name, value]) => `${name}=${value}`),
      program,
    ],
    ...[...(loads ? [] : options), `${dist}/command.js`, ...words],
  )
}

/** Names of the modules that a run of Node has evaluated. */
function evaluated(tree: Folder, runtime: Runtime, ...words: readonly string[]): string[] {
  const environment = { ...runtime.environment, NODE_V8_COVERAGE: tree.at('coverage') }
  const { status, stdout, stderr } = command(tree, { ...runtime, environment }, ...words)
  assert.is(status, 0, stderr)
  assert.match(stdout, /^nothing to do/m)
  // A file for each thread; tsx has one.
  const urls = fs.readdirSync(tree.at('coverage')).flatMap((file) => {
    const { result } = JSON.parse(tree.read(`coverage/${file}`)) as { result: { url: string }[] }
    return result.map(({ url }) => url)
  })
  fs.rmSync(tree.at('coverage'), { recursive: true })
  return urls
}

/** A tasks.ts that copies one file. */
function copying(from: string, to: string): string {
  return `import { edge, main, task } from 'bpf-tasks'
const copy = edge({ rule: 'COPY', outputs: ['${to}'], inputs: ['${from}'], command: ['cp', '${from}', '${to}'] })
await main({ build: task('Copy' as string, [copy]) })
`
}

function recallsMemo(runtime: Runtime, tree: Folder): void {
  tree.write('tree/tasks.ts', copying('a', 'build/b'))
  tree.write('tree/a', 'one')
  const build = ['-C', 'tree', 'build']
  const first = command(tree, runtime, ...build)
  assert.is(first.status, 0, first.stderr)
  const isEvaluated = (): boolean =>
    evaluated(tree, runtime, ...build).some((url) => url.includes('/tree/tasks.ts'))
  assert.is(isEvaluated(), true)
  assert.is(isEvaluated(), false)
  assert.is(isEvaluated(), false)
}

// Deno loads tasks.ts before anything can be asked.
onEach('a second null build evaluates no tasks.ts', recallsMemo, ['node with tsx', 'node alone'])

onEach(
  'names are typed as from the folder that one is in, and hints name the command',
  (runtime, tree) => {
    tree.write('tasks.ts', copying('sub/a', 'sub/b'))
    tree.write('sub/a', 'one')
    const from = (folder: string, ...words: string[]): Ran =>
      command(tree, { ...runtime, command: ['-C', folder, ...runtime.command] }, ...words)
    assert.match(from('sub', 'b').stdout, 'COPY  sub/b')
    // Twice: the second time it may be recalled, and from another folder it must not be.
    for (const _ of [1, 2]) assert.match(from('sub', 'b').stdout, 'nothing to do (1 up to date)')
    assert.is(from('.', 'b').status, 2)
    assert.is(from('sub', 'query', 'users', './a').stdout, 'sub/b\n')
    assert.match(from('sub', 'buidl').stderr, 'npx bpf-tasks --list')
  },
)

/** Where a text begins in a file: `line:column`. */
function placeOf(text: string, found: string): string {
  const before = text.slice(0, text.indexOf(found)).split('\n')
  return `${before.length}:${(before.at(-1) ?? '').length + 1}`
}

onEach('a mistake in tasks.ts shows its own line', (runtime, tree) => {
  const mistake = `import { main, task } from 'bpf-tasks'
interface Unused { readonly name: string }
const names = JSON.parse('null') as string[]
const all = (): string => names.join()
`
  for (const use of [
    'await main({ build: task(all(), []) })',
    "await main({ build: task('Fail', [], () => void all()) })",
  ]) {
    tree.write('tasks.ts', `${mistake}${use}\n`)
    const { status, stderr } = command(tree, runtime, 'build')
    assert.is(status, 1)
    const { length } = 'names.'
    const [line, column] = placeOf(mistake, 'names.join').split(':').map(Number)
    assert.match(stderr, `tasks.ts:${line}:${(column ?? 0) + length}`, stderr)
    assert.not.match(stderr, /bpf-tasks\/(?:dist|tasks)\//)
    if (runtime.name !== 'deno') assert.match(stderr, /^const all = .* names\.join\(\)$/m)
  }
})

onEach('a mistake of the runner shows the line of its source', (runtime, tree) => {
  tree.write('tasks.mjs', "import { main } from 'bpf-tasks'\nawait main({})\n")
  const chunks = fs.readdirSync(`${dist}/chunks`).filter((name) => name.endsWith('.js'))
  const has = (name: string) => fs.readFileSync(`${dist}/chunks/${name}`, 'utf8')
  const chunk = chunks.find((name) => has(name).includes('  checkTasks(tasks)'))
  for (const [path, source, statement] of [
    [`chunks/${chunk}`, 'engine/command/commandline.ts', 'checkTasks(tasks)'],
    ['command.js', 'command/command.ts', 'process.chdir(dirname(script))'],
  ] as const) {
    const right = fs.readFileSync(`${dist}/${path}`, 'utf8')
    assert.ok(right.includes(`  ${statement}`))
    fs.writeFileSync(`${dist}/${path}`, right.replace(`  ${statement}`, '  process.no.no'))
    try {
      const { status, stderr } = command(tree, runtime, 'build')
      assert.is(status, 1)
      const text = fs.readFileSync(`${repository}/tasks/${source}`, 'utf8')
      const [line] = placeOf(text, statement).split(':')
      assert.match(stderr, `/tasks/${source}:${line}:`)
    } finally {
      fs.writeFileSync(`${dist}/${path}`, right)
    }
  }
})

test.run()
