// What declarations followed from is kept only where a later look can tell that it is the same.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Disk } from '../../../tasks/engine/files/disk.ts'
import { DECLARATION, declarationHolds } from '../../../tasks/engine/memo/declaration.ts'
import { Dependencies } from '../../../tasks/engine/memo/dependencies.ts'
import { keys } from '../../support/keys.ts'
import { Tree } from '../../support/tree.ts'

const STATE = 'build/.tasks'
const SNAPSHOT = `${STATE}/snapshot`

/** A module that asks nothing, and what a build would ask. */
class Asking extends Tree {
  readonly disk = new Disk(this.root)
  readonly environment: Record<string, string> = { PATH: '/bin', FLAG: 'one' }

  constructor() {
    super()
    this.write('tasks.ts', "import { two } from './two.ts'\nexport const one = two\n")
    this.write('two.ts', 'export const two = 2\n')
    this.write('tool', '#!/bin/sh\n')
    this.write('text', 'says')
    this.write('folder/file', '')
    this.write('other/file', '')
    fs.symlinkSync('tool', this.at('link'))
    this.write(SNAPSHOT, 'a snapshot')
  }

  get #run() {
    return { invocation: ['build'], environment: this.environment }
  }

  /** When the last of the files was changed. */
  get newest(): number {
    const all = ['tasks.ts', 'two.ts', 'tool', 'text', 'folder', 'other']
    return Math.max(...all.map((path) => this.disk.stat(path)?.changed ?? 0))
  }

  /**
   * @param began of the build, by the clock of the file system
   * @param age of the process
   * @returns is it kept, and does it hold?
   */
  keeps(began: number, age: number, ask: (disk: Disk) => void = () => {}): boolean {
    this.remove(`${STATE}/${DECLARATION}`)
    const script = this.at('tasks.ts')
    const sources = { ...this.#run, script, age: () => age }
    const setting = (name: string): string | undefined => this.environment[name]
    const dependencies = new Dependencies(sources, this.disk, setting)
    const { world } = dependencies
    world.setting('FLAG')
    assert.not.ok(world.disk.exists('missing'))
    world.disk.read('text')
    world.disk.list('folder')
    world.disk.folders?.readdirSync(this.at('other'))
    world.disk.realPath('link')
    world.disk.isExecutable('tool')
    ask(world.disk)
    dependencies.keep(this.disk, STATE, keys, began, age)
    assert.is(this.exists(`${STATE}/${DECLARATION}`), this.holds)
    return this.holds
  }

  get holds(): boolean {
    return declarationHolds(this.disk, STATE, SNAPSHOT, keys, this.#run)
  }
}

/** Longer than any tick of a file system's clock, in milliseconds. */
const LATER = 1000

test('it holds while nothing has changed, for the same run alone', () => {
  const changes: Readonly<Record<string, (tree: Asking) => void>> = {
    'a module': (tree) => tree.write('two.ts', 'export const two = 3.5\n'),
    'a folder that was listed': (tree) => tree.write('folder/more', ''),
    'a folder that a pattern was looked for in': (tree) => tree.write('other/more', ''),
    'a text': (tree) => tree.write('text', 'says more'),
    'what was missing': (tree) => tree.write('missing', ''),
    'a tool': (tree) => fs.chmodSync(tree.at('tool'), 0o755),
    'where a link leads': (tree) => {
      tree.remove('link')
      fs.symlinkSync('two.ts', tree.at('link'))
    },
    'a list of commands': (tree) => tree.write('compile_commands.json', '[]'),
    'settings of the compiler': (tree) => tree.write('tsconfig.json', '{}'),
    'a setting': (tree) => {
      tree.environment['FLAG'] = 'two'
    },
    'where tools are looked for': (tree) => {
      tree.environment['PATH'] = '/usr/bin'
    },
    'the snapshot': (tree) => tree.write(SNAPSHOT, 'another snapshot'),
  }
  for (const [what, change] of Object.entries(changes)) {
    using tree = new Asking()
    assert.ok(tree.keeps(tree.newest + LATER, 0))
    tree.environment['OTHER'] = 'has no say'
    assert.ok(tree.holds)
    change(tree)
    assert.not.ok(tree.holds, what)
  }
})

test('what changed since the build began is not kept, nor modules since the process did', () => {
  using tree = new Asking()
  assert.ok(tree.keeps(tree.newest + LATER, LATER / 2))
  assert.not.ok(
    tree.keeps(tree.newest + LATER, LATER),
    'modules are read by a process that is as old',
  )
  // What is asked is looked at when the build has begun, however old the process is.
  assert.ok(tree.keeps(tree.newest + 1, -LATER))
  assert.not.ok(tree.keeps(tree.newest, -LATER))
})

test('where more has a say than is looked at, nothing is kept', () => {
  for (const [path, text] of [
    ['tsconfig.json', '{ "extends": "./base.json" }'],
    ['two.ts', 'export const two = process.argv.length\n'],
    ['two.ts', "import os from 'node:os'\nexport const two = os.EOL\n"],
  ] as const) {
    using tree = new Asking()
    tree.write(path, text)
    assert.not.ok(tree.keeps(tree.newest + LATER, 0), text)
  }
  using tree = new Asking()
  tree.environment['TSX_TSCONFIG_PATH'] = 'other.json'
  assert.not.ok(tree.keeps(tree.newest + LATER, 0))
})

test('what a later look cannot tell is not kept', () => {
  const asked: Readonly<Record<string, (disk: Disk) => void>> = {
    'what a file of the kernel’s says': (disk) => disk.read('/proc/version'),
    'a folder of the kernel’s': (disk) => disk.list('/proc/self'),
    'which file it is': (disk) => disk.identity('tool'),
    'whether two are one': (disk) => disk.same('tool', 'link'),
    'what a link is': (disk) => disk.lstat('link'),
  }
  for (const [what, ask] of Object.entries(asked)) {
    using tree = new Asking()
    assert.not.ok(tree.keeps(tree.newest + LATER, 0, ask), what)
  }
})

test.run()
