// What a command starts is an input of it, however it is named.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Tree } from '../support/tree.ts'

const OUTPUT = ['build/x']

/** An edge that runs `command`, which is text of tasks.ts. */
function project(command: string, more = ''): Tree {
  const tree = new Tree()
  tree.tasks(`const made = edge({ rule: 'GEN', outputs: ['build/x'], command: ${command}, captureStdout: true ${more} })
    await main({ build: task('Make it', [made]) })`)
  return tree
}

/** A program that says something, with one time whatever it says. */
function program(tree: Tree, path: string, said: string): void {
  tree.write(path, `#!/bin/sh\necho ${said}\n`)
  fs.chmodSync(tree.at(path), 0o755)
  tree.touch(path, 1e9)
}

for (const [how, command, more] of [
  ['by its path', `['./gen', 'a']`, ''],
  ['from another folder', `['../gen', 'a']`, `, directory: 'sub'`],
  ['by a handle', `[source('bin/gen'), 'a']`, ''],
] as const) {
  test(`a program of the tree, started ${how}`, () => {
    using tree = project(command, more)
    const path = command.includes('bin/') ? 'bin/gen' : 'gen'
    tree.write('sub/other', '')
    program(tree, path, 'one')
    assert.equal(tree.ran(['build']), OUTPUT)
    assert.equal(tree.ran(['build']), [])
    program(tree, path, 'two')
    assert.equal(tree.ran(['build']), OUTPUT)
    assert.is(tree.read('build/x'), 'two\n')
    tree.remove(path)
    assert.match(tree.run(['build']).stderr, 'gen is missing')
  })
}

test('a program that an edge makes is made first, and counts by its content', () => {
  using tree = new Tree()
  tree.tasks(`const gen = edge({ rule: 'CP', outputs: ['build/gen'], inputs: ['gen'], command: ['cp', 'gen', 'build/gen'] })
    const made = edge({ rule: 'GEN', outputs: ['build/x'], command: ['build/gen'], captureStdout: true })
    await main({ build: task('Make it', [made, gen]) })`)
  program(tree, 'gen', 'one')
  assert.equal(tree.ran(['build']), ['build/gen', 'build/x'])
  assert.equal(tree.ran(['build']), [])
  program(tree, 'gen', 'two')
  assert.equal(tree.ran(['build']), ['build/gen', 'build/x'])
  assert.is(tree.read('build/x'), 'two\n')
  tree.touch('gen')
  assert.equal(tree.ran(['build']), ['build/gen'])
})

for (const [how, command, more] of [
  ['', `['gen', 'a']`, ''],
  [', behind env', `['env', 'A=b', 'gen', 'a']`, ''],
  [
    ', in the PATH of its edge',
    `['gen', 'a']`,
    `, environment: { PATH: setting('OWN', 'its PATH') }`,
  ],
] as const) {
  test(`a program of PATH${how}: edited, and another one before it`, () => {
    using tree = project(command, more)
    program(tree, 'late/gen', 'one')
    const PATH = `${tree.at('early')}:${tree.at('late')}:${process.env['PATH']}`
    const build = () =>
      tree.ran(['build'], more === '' ? { PATH } : { OWN: PATH, PATH: `${process.env['PATH']}` })
    assert.equal(build(), OUTPUT)
    assert.equal(build(), [])
    program(tree, 'late/gen', 'two')
    assert.equal(build(), OUTPUT)
    program(tree, 'early/gen', 'new')
    assert.equal(build(), OUTPUT)
    assert.is(tree.read('build/x'), 'new\n')
    assert.equal(build(), [])
  })
}

test('a probe that names inputs is asked again when its program is another', () => {
  using tree = new Tree()
  tree.tasks(`const said = probe({ name: 'gen', command: ['gen'], inputs: ['a'], read: ({ stdout }) => [stdout.trim()] })
    await main({ build: task('Say it', [edge({ rule: 'SAY', outputs: ['build/x'], command: ['echo', said], captureStdout: true })]) })`)
  tree.write('a', '')
  for (const text of ['one', 'two']) {
    program(tree, 'bin/gen', text)
    tree.run(['build'], { PATH: `${tree.at('bin')}:${process.env['PATH']}` })
    assert.is(tree.read('build/x'), `${text}\n`)
  }
})

test.run()
