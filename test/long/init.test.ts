// `bpf-tasks init` alone ends in a tree that builds, whatever was there.
import * as fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { refused } from '../support/buildverdicts.ts'
import { skip, testWith } from '../support/needs.ts'
import { Folder, folder, install, tarball } from '../support/packedpackage.ts'
import { nodeAlone } from '../support/runtimes.ts'
import { type Ran, repository } from '../support/tree.ts'

const home = folder('home')
const lack = install(home)
const command = home.at('node_modules/.bin/bpf-tasks')
const tsx = home.at('node_modules/.bin/tsx')

const HELLO = ['hello.bpf.c', 'hello.c', 'hello.h', 'hello.test.mjs']
const AROUND = ['.clang-format', '.gitignore', 'package.json', 'tsconfig.json']
const IGNORED = 'build/\nnode_modules/\ncompile_commands.json\n.cache/\n'

function installed(
  name: string,
  body: (tree: Folder) => void,
  needs: readonly ('clang' | 'btf')[] = [],
): void {
  if (lack !== undefined) skip(test, name, lack)
  else testWith(test, needs, name, () => body(new Folder(home.at(name.replace(/\W+/g, '-')))))
}

/** The same, for what compiles BPF. */
function building(name: string, body: (tree: Folder) => void): void {
  installed(name, body, ['clang', 'btf'])
}

/** Begins a tree, and does what is said to come next. */
function begins(tree: Folder, ...words: readonly string[]): Ran {
  const begun = tree.exec(command, 'init', ...words)
  assert.is(begun.status, 0, begun.stderr)
  const next = begun.stdout.trimEnd().split('\n').at(-1) ?? ''
  assert.match(next, /^next: /)
  const built = tree.exec('sh', '-c', next.replace('next: ', ''))
  assert.is(built.status, 0, built.stderr)
  return built
}

/** Removes what npx has installed of our tarball: it would keep that for ever. */
function forgetNpx(tree: Folder): void {
  const kept = join(tree.exec('npm', 'config', 'get', 'cache').stdout.trim(), '_npx')
  for (const name of fs.readdirSync(kept)) {
    const path = join(kept, name, 'package.json')
    const text = fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : ''
    if (text.includes(basename(dirname(tarball())))) {
      fs.rmSync(join(kept, name), { recursive: true })
    }
  }
}

function jsonOf(tree: Folder, path: string) {
  return JSON.parse(tree.read(path))
}

/** What our own compiler says of a tree's tasks.ts. */
function typesOf(tree: Folder): string {
  return tree.exec(join(repository, 'node_modules/.bin/tsc'), '--project', tree.root).stdout
}

building('an empty folder', (tree) => {
  assert.match(begins(tree).stdout, /^LINK +build\/hello$/m)
  const built = ['build', 'tasks.ts']
  assert.equal(tree.list(), [...AROUND, ...HELLO, ...built].sort())
  const { name, type, scripts } = jsonOf(tree, 'package.json')
  assert.is(type, 'module')
  assert.is(name, 'an-empty-folder')
  assert.equal(scripts, { build: 'tsx tasks.ts build', test: 'tsx tasks.ts test' })
  assert.is(tree.read('.gitignore'), IGNORED)
  for (const words of [[tsx, 'tasks.ts'], [command], ['npm', 'run']])
    assert.match(tree.exec(...words, 'build').stdout, /^nothing to do/m)
  const listed = tree.exec(command).stdout
  for (const task of ['build', 'run:NAME', 'new', 'verify', 'test', 'setup', 'doctor']) {
    assert.match(listed, new RegExp(`^ +${task} `, 'm'))
  }
  assert.is(typesOf(tree), '')
  const right = tree.read('tasks.ts')
  for (const [from, to, code] of [
    ['bpfRules()', "bpfRules({ outt: 'x' })", 'TS2561'],
    ['bpfRules()', "bpfRules({ bpf: { cpu: 'v9' } })", 'TS2322'],
    ['{ test:', '{ tests:', 'TS2561'],
    ["'node', '--test'", "'node', 7", 'TS2322'],
    ['treeTasks(bpf,', 'treeTasks(bpf.out,', 'TS2345'],
  ] as const) {
    assert.ok(right.includes(from), from)
    tree.write('tasks.ts', right.replace(from, to))
    assert.match(typesOf(tree), `error ${code}`)
  }
})

building('the package.json of npm init', (tree) => {
  assert.is(tree.exec('npm', 'init', '-y').status, 0)
  const before = jsonOf(tree, 'package.json')
  tree.write('package.json', `${JSON.stringify({ ...before, type: 'commonjs' }, null, 4)}\n`)
  assert.match(begins(tree, 'seen', '--template', 'tc').stdout, /^LINK +build\/seen$/m)
  const { type, scripts, license } = jsonOf(tree, 'package.json')
  assert.is(type, 'module')
  assert.is(scripts.test, 'tsx tasks.ts test')
  assert.is(license, before.license)
  assert.match(tree.read('package.json'), '\n    "name"')
})

building('a package of CommonJS', (tree) => {
  const start = 'node lib/index.js'
  tree.write('package.json', JSON.stringify({ name: 'x', scripts: { start, test: 'true' } }))
  tree.write('lib/index.js', "console.log(require('node:os').EOL === '\\n')")
  tree.write('.gitignore', 'node_modules\n/build')
  tree.write('.clang-format', 'BasedOnStyle: GNU\n')
  begins(tree)
  const { type, scripts } = jsonOf(tree, 'package.json')
  assert.is(type, undefined)
  assert.equal(scripts, { start, test: 'true', build: 'tsx tasks.mts build' })
  assert.ok(fs.existsSync(tree.at('tasks.mts')) && !fs.existsSync(tree.at('tasks.ts')))
  assert.is(tree.exec('npm', 'start', '--silent').stdout, 'true\n')
  assert.is(tree.read('.gitignore'), 'node_modules\n/build\ncompile_commands.json\n.cache/\n')
  assert.is(tree.read('.clang-format'), 'BasedOnStyle: GNU\n')
  assert.is(typesOf(tree), '')
})

building('a folder of BPF programs', (tree) => {
  tree.write(
    'seen.bpf.c',
    '#include "vmlinux.h"\n#include <bpf/bpf_helpers.h>\nchar LICENSE[] SEC("license") = "GPL";\n',
  )
  assert.match(begins(tree).stdout, /^BPF +build\/seen.bpf.o$/m)
  assert.equal(tree.list(), [...AROUND, 'build', 'seen.bpf.c', 'tasks.ts'].sort())
})

building('a folder in which hello.c is something else', (tree) => {
  tree.write('hello.c', 'mine')
  assert.match(begins(tree).stdout, /^LINK +build\/hello_bpf$/m)
  assert.is(tree.read('hello.c'), 'mine')
})

building('a folder without the package, from a tarball', () => {
  const tree = folder('away')
  const begun = tree.exec('npx', '--yes', '-p', tarball(), 'bpf-tasks', 'init')
  forgetNpx(tree)
  assert.is(begun.status, 0, begun.stderr)
  assert.match(begun.stdout, /^next: npm install && npx tsx tasks\.ts setup build$/m)
  assert.is(tree.exec('npm', 'install').status, 0)
  const built = tree.exec('npx', 'tsx', 'tasks.ts', 'build')
  assert.is(built.status, 0, built.stderr)
})

installed('init makes the folder that -C names', (tree) => {
  const begun = tree.exec(command, '-C', 'a/b c', 'init')
  assert.is(begun.status, 0, begun.stderr)
  assert.match(begun.stdout, /^wrote tasks\.ts$/m)
  assert.match(begun.stdout, "next: cd 'a/b c' && ")
  assert.is(jsonOf(tree, 'a/b c/package.json').name, 'b-c')
  const text = tree.read('a/b c/tasks.ts')
  const again = tree.exec(command, '-C', 'a/b c', 'init')
  refused(again, 2, 'there is a tree here already', 'a/b c/tasks.ts')
  assert.is(tree.read('a/b c/tasks.ts'), text)
  tree.write('file', '')
  const below = tree.exec(command, '-C', 'file/x', 'init')
  refused(below, 1, 'package.json cannot be written', 'ENOTDIR')
})

installed('init that is refused writes nothing', (tree) => {
  const init = (...words: string[]): Ran => tree.exec(command, 'init', ...words)
  refused(init('9x'), 2, '9x', 'bpf-tasks init _9x')
  refused(init('a', 'b'), 2, 'a b')
  refused(init('--template', 'kprob'), 2, 'no template kprob', 'did you mean --template kprobe')
  assert.match(tree.exec(command, '-n', 'init').stdout, /^would write tasks\.ts$/m)
  assert.match(init('--help').stdout, /^npx bpf-tasks init \[NAME/)
  assert.equal(tree.list(), [])
  tree.write('package.json', '{')
  refused(init(), 2, 'package.json is not JSON')
  assert.equal(tree.list(), ['package.json'])
  fs.rmSync(tree.at('package.json'))
  fs.mkdirSync(tree.at('package.json'))
  refused(init(), 1, 'package.json cannot be read', 'EISDIR')
  assert.equal(tree.list(), ['package.json'])
})

installed('a tasks.ts that would be CommonJS is refused with a way to go on', (tree) => {
  assert.is(tree.exec(command, 'init').status, 0)
  const lists = (node: string): Ran =>
    tree.exec(node, home.at('node_modules/bpf-tasks/dist/command.js'), '--list')
  const alone = nodeAlone()
  const node = 'runtime' in alone ? (alone.runtime.command[0] ?? '') : undefined
  const { execPath } = process
  for (const [type, why, nodes] of [
    ['commonjs', '"type": "commonjs" in', [execPath, node]],
    // A Node that runs TypeScript by itself finds out by itself.
    [undefined, 'no "type": "module" in', node === execPath ? [] : [execPath]],
  ] as const) {
    tree.write('package.json', JSON.stringify({ type }))
    const because = `${why} ${tree.at('package.json')}`
    const hint = `mv ${tree.at('tasks.ts')} ${tree.at('tasks.mts')}`
    for (const one of nodes) {
      if (one !== undefined) refused(lists(one), 2, 'loaded as CommonJS', because, hint)
    }
  }
  if (node !== undefined) assert.is(lists(node).status, 0)
  fs.renameSync(tree.at('tasks.ts'), tree.at('tasks.mts'))
  assert.is(lists(execPath).status, 0)
})

test.run()
