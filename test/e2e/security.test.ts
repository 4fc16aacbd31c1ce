// What a build must never do: talk to the network, become root, run what it reads, or trust its state.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { globbySync } from 'globby'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Demos } from '../support/demos.ts'
import { inPath, skip, testWith } from '../support/needs.ts'
import { repository, Tree } from '../support/tree.ts'

interface Locked {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly hasInstallScript?: boolean
}

test('every dependency is pinned by its content, and none needs an install script', () => {
  const { packages } = JSON.parse(fs.readFileSync(`${repository}/package-lock.json`, 'utf8')) as {
    packages: Record<string, Locked>
  }
  const locked = Object.entries(packages).filter(([path]) => path !== '')
  assert.ok(locked.length > 20, `only ${locked.length} packages`)
  for (const [path, { version, integrity }] of locked) {
    assert.match(version ?? '', /^\d+\.\d+\.\d+/, path)
    assert.match(integrity ?? '', /^sha512-/, path)
  }
  const scripted = locked.filter(([, { hasInstallScript }]) => hasInstallScript === true)
  // esbuild's only checks what is installed anyway.
  assert.equal(scripted.map(([path]) => path.replace(/^.*node_modules\//, '')).sort(), ['esbuild'])
})

const audited = 'npm knows no weakness of any dependency'
const weak = await weakDependencies()
if (weak === undefined) skip(test, audited, 'the registry answers no audit from here')
else test(audited, () => assert.equal(weak, []))

test('the question for weaknesses finds one where there is one, and says where none answers', async () => {
  const zx = { name: 'zx', versions: { '8.0.0': { name: 'zx', version: '8.0.0', dist: {} } } }
  const advisory = { id: 1, url: '', title: 'weak', severity: 'low', vulnerable_versions: '*' }
  const answers: Readonly<Record<string, readonly [unknown, readonly string[] | undefined]>> = {
    weak: [{ zx: [advisory] }, ['zx']],
    sound: [{}, []],
    nothing: [undefined, undefined],
  }
  for (const [name, [answer, expected]] of Object.entries(answers)) {
    using tree = new Tree()
    const asked: string[] = []
    const server = createServer((request, response) => {
      const isAudit = request.url === '/-/npm/v1/security/advisories/bulk'
      asked.push(isAudit ? 'audit' : `${request.url}`)
      const body = isAudit ? answer : zx
      response.writeHead(body === undefined ? 405 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const more = ['--registry', `http://127.0.0.1:${port}/`, '--cache', tree.at('cache')]
    assert.equal(await weakDependencies(...more, '--fetch-retries=0'), expected, name)
    assert.ok(asked.includes('audit'), name)
    server.closeAllConnections()
    server.close()
  }
})

test('esbuild works without the install script that it would like to run', () => {
  using tree = new Tree()
  const lock = JSON.parse(fs.readFileSync(`${repository}/package-lock.json`, 'utf8')) as {
    packages: Record<string, Locked & { readonly optionalDependencies?: Record<string, string> }>
  }
  // The program itself comes as a package of its own, which needs no script.
  const own = lock.packages['node_modules/esbuild']?.optionalDependencies ?? {}
  const name = `@esbuild/${process.platform}-${process.arch}`
  assert.ok(own[name] !== undefined, name)
  const platform = `${repository}/node_modules/${name}`
  if (!fs.existsSync(platform)) return assert.unreachable(`${name} is not installed`)
  for (const [from, to] of [
    [`${repository}/node_modules/esbuild`, 'lib/node_modules/esbuild'],
    [platform, `lib/node_modules/${name}`],
  ] as const) {
    fs.cpSync(from, tree.at(to), { recursive: true })
  }
  // As unpacked: the script would put the program in the place of this one.
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      '-e',
      "console.log(require('esbuild').transformSync('let x: number = 1', { loader: 'ts' }).code)",
    ],
    { cwd: tree.at('lib'), encoding: 'utf8' },
  )
  assert.equal([status, stdout.trim()], [0, 'let x = 1;'], stderr)
})

/** Names of dependencies that have a known weakness; undefined where the registry does not say. */
async function weakDependencies(...more: string[]): Promise<string[] | undefined> {
  const npm = spawn('npm', ['audit', '--json', ...more], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let text = ''
  for await (const part of npm.stdout.setEncoding('utf8')) text += part
  const { vulnerabilities } = JSON.parse(text || '{}') as { vulnerabilities?: object }
  return vulnerabilities === undefined ? undefined : Object.keys(vulnerabilities)
}

test('no source joins words for a shell, or runs what it has read', () => {
  const files = ['tasks.ts', ...globbySync('tasks/**/*.ts', { cwd: repository })]
  for (const file of files) {
    const text = fs.readFileSync(`${repository}/${file}`, 'utf8')
    const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')
    assert.not.match(code, /\bshell:\s*true|\bexecSync\(|\bexec\(['"`]/, file)
    const runs = /\beval\(|new Function\(|\brequire\(|node:vm\b/g
    assert.not.match(code.replace(/^import type .*$/gm, ''), runs, file)
    // What chooses between our own rooms as sources and as `dist` puts their names together.
    if (file === 'tasks/chosenrooms.ts') {
      const made = [...code.matchAll(/\bimport\(new URL\(`(.*?)`, import\.meta\.url\)\.href\)/g)]
      assert.equal(
        made.map(([, path = '']) => path.replace('$', '')),
        ['../dist/{name}.js', './{name}/room.ts'],
      )
      continue
    }
    // It is called with names that stood in an import() of a source, by the chunks of `dist` alone.
    if (file === 'tasks/command/demand.ts') {
      assert.match(
        code,
        /^\s*export const demand = \(name: string\): Promise<unknown> => import\(name\)\s*$/,
      )
      continue
    }
    // What is loaded has its name in the source, and never comes from a file that is read: but for
    // the tasks themselves, which the command looks for.
    if (file === 'tasks/command/command.ts') continue
    for (const [, what = ''] of code.matchAll(/\bimport\(([^)]*)\)/g)) {
      assert.match(what, /^'[^']+'$/, `${file} loads ${what}`)
    }
  }
})

const traced = 'a build connects to nothing and asks nobody for more rights'
if (!inPath('strace')) skip(test, traced, 'no strace here')
else
  testWith(test, ['clang', 'btf'], traced, () => {
    using tree = new Demos()
    const trace = tree.at('trace')
    const calls = 'trace=connect,sendto,sendmsg,execve'
    const { status, stderr } = spawnSync(
      'strace',
      ['-f', '-qq', '-o', trace, '-e', calls, process.execPath, ...run(tree.root, ['build'])],
      { encoding: 'utf8', env: process.env },
    )
    assert.is(status, 0, stderr)
    const lines = fs.readFileSync(trace, 'utf8').split('\n')
    assert.ok(lines.some((line) => /execve\("[^"]*clang/.test(line)))
    assert.equal(
      lines.filter((line) => /AF_INET/.test(line)),
      [],
    )
    assert.equal(
      lines.filter((line) => /execve\("[^"]*\/(sudo|su|pkexec|doas)"/.test(line)),
      [],
    )
  })

test('a log from elsewhere, that names sources as outputs, costs no source', () => {
  using tree = new Tree()
  // Made where these were outputs, of something that is gone here.
  tree.tasks(`const copy = edge({ rule: 'COPY', outputs: ['src/main.c'], inputs: ['gone'],
    command: ['cp', '-p', 'gone', 'src/main.c'] })
  await main({ build: task('Copy', [copy]) })`)
  tree.write('gone', 'int main(void) { return 0; }\n')
  assert.is(tree.run(['build']).status, 0)
  tree.remove('gone')
  tree.tasks(`const copy = edge({ rule: 'COPY', outputs: ['build/main'], inputs: ['other'],
    command: ['cp', 'other', 'build/main'] })
  await main({ build: task('Copy', [copy]), clean: task('Clean', [], ({ clean }) => clean([copy])) })`)
  tree.write('other', 'other')
  const { status, stderr } = tree.run(['build'])
  assert.is(status, 0)
  assert.match(stderr, 'no edge makes src/main.c any more')
  assert.is(tree.run(['clean']).status, 0)
  assert.is(tree.exists('src/main.c'), true)
})

function run(root: string, words: readonly string[]): string[] {
  return ['--import', 'tsx', `${root}/tasks.ts`, '-C', root, ...words]
}

test.run()
