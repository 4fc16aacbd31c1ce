// Another command, folder, environment or tool makes stale; probes are asked again only for cause.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { build, settled } from '../support/buildverdicts.ts'
import { Gate } from '../support/heldcommand.ts'
import { Started } from '../support/startedrun.ts'
import { Tree } from '../support/tree.ts'

test('the words of the command, its folder and its environment count', () => {
  using tree = new Tree()
  const said = (more: string): string => `
    await main({ build: task('Say', [edge({ rule: 'SAY', outputs: ['build/said'],
      captureStdout: true, ${more} })]) })`
  const script = `'echo $0 \${PWD##*/} $MODE \${SECRET-unset}'`
  const steps: readonly (readonly [more: string, said: string, why: string])[] = [
    [`command: ['sh', '-c', ${script}, 'one']`, 'one unset', 'never-built'],
    [`command: ['sh', '-c', ${script}, 'two']`, 'two unset', 'command-changed'],
    [`command: ['sh', '-c', ${script}, 'two', '']`, 'two unset', 'command-changed'],
    [
      `command: ['sh', '-c', ${script}, 'two', ''], directory: 'sub'`,
      'two sub unset',
      'directory-changed',
    ],
    [
      `command: ['sh', '-c', ${script}, 'two', ''], directory: 'sub', environment: { MODE: 'fast' }`,
      'two sub fast unset',
      'environment-changed',
    ],
    [
      `command: ['sh', '-c', ${script}, 'two', ''], directory: 'sub', environment: { MODE: 'slow' }`,
      'two sub slow unset',
      'environment-changed',
    ],
    [
      `command: ['sh', '-c', ${script}, 'two', ''], directory: 'sub'`,
      'two sub unset',
      'environment-changed',
    ],
  ]
  tree.write('sub/file', '')
  for (const [more, text, reason] of steps) {
    tree.tasks(said(more))
    assert.equal(build(tree, ['build'], { SECRET: 'kept back' }).why['build/said'], [reason], more)
    const words = tree.read('build/said').trim().split(' ')
    assert.equal(words.filter((word) => !word.startsWith('bpf-tasks-')).join(' '), text)
  }
  settled(tree)
})

test('a setting of the command line comes before one of the environment', () => {
  using tree = new Tree()
  tree.tasks(`
    const flag = setting('FLAG', 'a flag', 'default')
    const mode = setting('MODE', 'a mode')
    const said = edge({ rule: 'SAY', outputs: ['build/said'], captureStdout: true,
      environment: { MODE: mode }, command: ['sh', '-c', 'echo $0 $MODE', flag] })
    await main({ build: task('Say', [said]) }, { settings: [flag, mode] })`)
  const after = (args: readonly string[], environment = {}): string => {
    assert.is(build(tree, ['build', ...args], environment).status, 0)
    return tree.read('build/said').trim()
  }
  assert.is(after([]), 'default')
  assert.is(after([], { FLAG: 'env', MODE: 'env' }), 'env env')
  settled(tree, ['build', 'FLAG=env', 'MODE=env'])
  assert.is(after(['FLAG=cli'], { FLAG: 'env' }), 'cli')
  assert.is(after(['FLAG=a', 'FLAG=two words; $(exit)']), 'two words; $(exit)')
  const explained = tree.run(['build', '--explain', 'MODE=x'], { FLAG: 'env' }).stdout
  assert.match(explained, "now without 'two words; $(exit)', with env")
  assert.match(explained, 'MODE changed: (not set) → x')
  settled(tree, ['build', 'MODE=x'], { FLAG: 'env', OTHER: 'not declared' })
})

/** A script that says its version, counts how often it was asked, and copies. */
function writeTool(tree: Tree, path: string, version: string, text = version): void {
  tree.write(
    path,
    `#!/bin/sh
    case $1 in
      --version) echo >> version.count; echo "copier v${version}" ;;
      --folders) echo >> probe.count; echo one two ;;
      *) echo "${text}" > "$1" ;;
    esac\n`,
  )
  fs.chmodSync(tree.at(path), 0o755)
}

function count(tree: Tree, name: string): number {
  return tree.exists(`${name}.count`) ? tree.read(`${name}.count`).length : 0
}

const TOOL = `
const COPIER = setting('COPIER', 'the copier')
const copier = tool({ name: 'copier', setting: COPIER, names: [/^copier-(\\d+)$/, 'copier'],
  version: { args: ['--version'], pattern: /v(\\S+)/ }, hint: 'write a copier' })
const folders = probe({ name: 'folders', command: [copier, '--folders'], inputs: ['asked'],
  read: ({ stdout }) => stdout.trim().split(/\\s+/) })
`

test('another version of a tool is a change, and --explain says from which to which', () => {
  using tree = new Tree()
  tree.tasks(`${TOOL}
    await main({ build: task('Copy', [edge({ rule: 'COPY', outputs: ['build/b'],
      command: [copier, 'build/b'] })]) }, { settings: [COPIER] })`)
  const PATH = `${tree.at('bin')}:${process.env['PATH']}`
  writeTool(tree, 'bin/copier', '1.0')
  assert.equal(build(tree, ['build'], { PATH }).ran, ['build/b'])
  settled(tree, ['build'], { PATH })
  // It is a script, which may start another program each time: it is asked in each build.
  const before = count(tree, 'version')
  assert.equal(build(tree, ['build'], { PATH }).ran, [])
  assert.is(count(tree, 'version'), before + 1)

  writeTool(tree, 'bin/copier', '2.0')
  const newer = tree.run(['build', '--explain'], { PATH }).stdout
  const path = tree.at('bin/copier')
  assert.match(newer, `copier changed: 1.0 (${path}) → 2.0 (${path})`)
  assert.is(tree.read('build/b'), '2.0\n')
  assert.is(count(tree, 'version'), before + 2)

  writeTool(tree, 'bin/copier', '2.0', 'the same version, another binary')
  const { stdout } = tree.run(['build', '--explain'], { PATH })
  assert.match(stdout, `copier 2.0 (${path}) is another binary of the same version`)
  assert.match(tree.read('build/b'), 'another binary')

  // Numbered names are looked for first, the highest of them best.
  for (const number of ['9', '10']) writeTool(tree, `bin/copier-${number}`, `${number}.0`)
  assert.equal(build(tree, ['build'], { PATH }).why, { 'build/b': ['tool-changed'] })
  assert.is(tree.read('build/b'), '10.0\n')
  assert.is(build(tree, ['build', 'COPIER=copier-9'], { PATH }).status, 0)
  assert.is(tree.read('build/b'), '9.0\n')
  settled(tree, ['build', 'COPIER=copier-9'], { PATH })
})

test('a probe is asked once, and again when its tool or a file that it reads changed', () => {
  using tree = new Tree()
  tree.tasks(`${TOOL}
    await main({ build: task('Say', [edge({ rule: 'SAY', outputs: ['build/b'], captureStdout: true,
      command: ['echo', folders] })]) }, { settings: [COPIER] })`)
  const PATH = `${tree.at('bin')}:${process.env['PATH']}`
  tree.write('asked', '')
  writeTool(tree, 'bin/copier', '1.0')
  build(tree, ['build'], { PATH })
  assert.is(tree.read('build/b'), 'one two\n')
  settled(tree, ['build'], { PATH })
  assert.is(count(tree, 'probe'), 1)
  tree.write('asked', 'something')
  settled(tree, ['build'], { PATH })
  assert.is(count(tree, 'probe'), 2)
  writeTool(tree, 'bin/copier', '2.0')
  // The answer is the same: nothing to build, and yet the new answer is to be remembered.
  settled(tree, ['build'], { PATH })
  assert.is(count(tree, 'probe'), 3)
  settled(tree, ['build'], { PATH })
  assert.is(count(tree, 'probe'), 3, 'asked again')
  const text = tree.read('bin/copier').replace('echo one two', 'echo three')
  tree.write('bin/copier', text)
  assert.equal(build(tree, ['build'], { PATH }).why, { 'build/b': ['command-changed'] })
  settled(tree, ['build'], { PATH })
})

test('the answer of a probe that was interrupted is not believed', async () => {
  using tree = new Tree()
  using gate = new Gate(tree)
  tree.tasks(`
    const words = probe({ name: 'words', command: ['sh', 'probe.sh'], inputs: ['probe.sh'],
      read: ({ stdout }) => stdout.trim().split(/\\s+/) })
    await main({ build: task('Say', [edge({ rule: 'SAY', outputs: ['build/b'], captureStdout: true,
      command: ['echo', words] })]) })`)
  tree.write('probe.sh', `echo half; ${gate.pass}; echo whole`)
  using running = Started.of(tree)
  await gate.arrived(running.ended)
  running.signal('SIGINT')
  assert.is((await running.ended).status, 130)
  gate.open()
  assert.is(build(tree).status, 0)
  assert.is(tree.read('build/b'), 'half whole\n')
  settled(tree)
})

test.run()
