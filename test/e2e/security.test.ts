// What a build must never do: talk to the network, become root, run what it reads, or trust its state.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { globbySync } from 'globby'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Demos } from '../support/demos.ts'
import { stateFolder } from '../support/keys.ts'
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

interface Audit {
  readonly metadata?: { readonly vulnerabilities: Readonly<Record<string, number>> }
}

const audit = JSON.parse(
  spawnSync('npm', ['audit', '--json'], { cwd: repository, encoding: 'utf8' }).stdout || '{}',
) as Audit
const audited = 'npm knows no weakness of any dependency'
if (audit.metadata === undefined) skip(test, audited, 'the registry answers no audit from here')
else
  test(audited, () => {
    const { total } = audit.metadata?.vulnerabilities ?? {}
    assert.is(total, 0)
  })

test('no source joins words for a shell, or runs what it has read', () => {
  const files = ['tasks.ts', ...globbySync('tasks/**/*.ts', { cwd: repository })]
  for (const file of files) {
    const text = fs.readFileSync(`${repository}/${file}`, 'utf8')
    const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')
    assert.not.match(code, /\bshell:\s*true|\bexecSync\(|\bexec\(['"`]/, file)
    assert.not.match(code, /\beval\(|new Function\(|\brequire\(|node:vm\b/, file)
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
      { encoding: 'utf8', env: { ...process.env, XDG_STATE_HOME: stateFolder() } },
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
