// Which variables of the user commands get, and which of them are a reason to run again.
import { chmodSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Tree } from '../support/tree.ts'

const OUTPUT = ['build/seen']

/** An edge whose output is the environment of its command. */
function project(rest = ''): Tree {
  const tree = new Tree()
  tree.tasks(`const seen = edge({ rule: 'ENV', outputs: ['build/seen'], command: ['env'], captureStdout: true ${rest} })
    await main({ build: task('Show it', [seen]) })`)
  return tree
}

test('what launchers and package managers read is passed on, and little else', () => {
  using tree = project()
  const given = {
    CCACHE_DIR: '/c',
    DISTCC_HOSTS: 'h',
    NIX_CFLAGS: '-DX',
    LD_LIBRARY_PATH: '/l',
    OTHER: 'o',
  }
  tree.run(['build'], given)
  const lines = tree.read('build/seen').split('\n')
  for (const line of [
    'CCACHE_DIR=/c',
    'DISTCC_HOSTS=h',
    'NIX_CFLAGS=-DX',
    'LD_LIBRARY_PATH=/l',
    'LC_ALL=C.UTF-8',
  ]) {
    assert.ok(lines.includes(line), line)
  }
  assert.not.match(tree.read('build/seen'), 'OTHER')
})

test('of what is passed on, what could change a result is a reason to run', () => {
  using tree = project()
  assert.equal(tree.ran(['build'], { CCACHE_DIR: '/c' }), OUTPUT)
  assert.equal(tree.ran(['build'], { CCACHE_DIR: '/d', DISTCC_HOSTS: 'h' }), [])
  for (const [name, value] of [
    ['NIX_CFLAGS', '-DX'],
    ['LD_LIBRARY_PATH', '/l'],
    ['LD_LIBRARY_PATH', '/m'],
    ['CCACHE_COMPILER', 'gcc'],
  ] as const) {
    assert.equal(tree.ran(['build'], { [name]: value }), OUTPUT, name)
    assert.equal(tree.ran(['build'], { [name]: value }), [], name)
  }
  assert.match(tree.run(['--explain', 'build/seen']).stdout, 'CCACHE_COMPILER')
})

test('a tool that fails to start names what was withheld: what it says that it lacks, else all', () => {
  using tree = new Tree()
  const script = (lines: string): void => {
    tree.write('cc', `#!/bin/sh\n${lines}\n[ -n "$SEAT" ] && echo 'cc 1.0'\n`)
    chmodSync(tree.at('cc'), 0o755)
  }
  tree.tasks(`
    const CC = setting('CC', 'the compiler')
    const cc = tool({ name: 'cc', names: ['cc'], setting: CC, version: { args: ['-v'], pattern: /([\\d.]+)/ }, hint: 'install it' })
    const made = edge({ rule: 'CC', outputs: ['build/o'], command: [cc, 'o'], captureStdout: true })
    await main({ build: task('Build', [made]) }, { settings: [CC] })`)
  const given = { SEAT: '1', OTHER: '2', SHLVL: '3', SSH_TTY: '/dev/x' }
  script('')
  const all = tree.run(['build', 'CC=./cc'], given).stderr
  assert.match(all, /^ +withheld +.*\bOTHER SEAT\b/m)
  assert.not.match(all, /SHLVL|SSH_TTY/)
  script('[ -n "$SEAT" ] || echo "SEAT is not set"')
  assert.match(tree.run(['build', 'CC=./cc'], given).stderr, /^ +withheld +SEAT\n/m)
  assert.is(tree.run(['build', 'CC=./cc', 'PASS_ENV=SEAT'], given).status, 0)
})

test('PASS_ENV names more, on the command line and in the environment', () => {
  using tree = project()
  tree.run(['build'], { OTHER: 'o' })
  assert.equal(tree.ran(['build', 'PASS_ENV=OTHER,UNSET'], { OTHER: 'o' }), OUTPUT)
  assert.match(tree.read('build/seen'), /^OTHER=o$/m)
  assert.equal(tree.ran(['build'], { PASS_ENV: 'OTHER', OTHER: 'o' }), [])
  assert.equal(tree.ran(['build'], { PASS_ENV: 'OTHER', OTHER: 'p' }), OUTPUT)
  assert.equal(tree.ran(['build'], {}), OUTPUT)
})

test('what an edge declares goes before what is passed on, and is all that counts', () => {
  using tree = project(`, environment: { LD_LIBRARY_PATH: '/own' }`)
  assert.equal(tree.ran(['build'], { LD_LIBRARY_PATH: '/l' }), OUTPUT)
  assert.match(tree.read('build/seen'), /^LD_LIBRARY_PATH=\/own$/m)
  assert.equal(tree.ran(['build'], { LD_LIBRARY_PATH: '/m' }), [])
})

test('a probe is asked again when such a variable is another', () => {
  using tree = new Tree()
  tree.tasks(`const said = probe({ name: 'flags', command: ['sh', '-c', 'echo "[$NIX_X]"'], inputs: ['a'], read: ({ stdout }) => [stdout.trim()] })
    await main({ build: task('Say it', [edge({ rule: 'SAY', outputs: ['build/seen'], command: ['echo', said], captureStdout: true })]) })`)
  tree.write('a', '')
  for (const NIX_X of ['1', '2']) {
    tree.run(['build'], { NIX_X })
    assert.is(tree.read('build/seen'), `[${NIX_X}]\n`)
  }
})

test.run()
