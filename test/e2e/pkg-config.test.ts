// Libraries by pkg-config in a real tree: asked once, and again for each file that could change the answer.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inPath, skip } from '../support/needs.ts'
import { Tree } from '../support/tree.ts'

const lack = inPath('pkg-config') ? undefined : 'no pkg-config here'
const testHere = (name: string, body: () => void): void =>
  lack === undefined ? test(name, body) : skip(test, name, lack)

class Packages extends Tree {
  constructor(options = '') {
    super()
    this.tasks(`
import { pkgConfig } from 'BPF'
const bpf = bpfRules({ vmlinux: 'none' })
const own = pkgConfig('own'${options})
const said = edge({ rule: 'SAY', outputs: ['build/said'], command: ['echo', own.flags, '|', own.libraries], captureStdout: true })
await main({ build: task('Build', [said]) }, bpf.mainOptions)`)
    const path = /from '(.*\/tasks\/bpf\/index\.ts)'/.exec(this.read('tasks.ts'))?.[1] ?? ''
    this.write('tasks.ts', this.read('tasks.ts').replace("'BPF'", `'${path}'`))
    this.pc('own', '-DOWN=1', 'Requires: base')
    this.pc('base', '-DBASE=1')
  }

  pc(name: string, cflags: string, more = '', folder = 'pc'): void {
    this.write(
      `${folder}/${name}.pc`,
      `Name: ${name}\nDescription: x\nVersion: 1.5\n${more}\nCflags: ${cflags}\nLibs: -l${name}\n`,
    )
  }

  /** What was built from the answer, and whether it was built now. */
  built(...args: string[]): readonly [text: string, ran: boolean] {
    const ran = this.ran(['build', `PKG_CONFIG_PATH=${this.at('first')}:${this.at('pc')}`, ...args])
    return [this.read('build/said').trim(), ran.length > 0]
  }
}

testHere(
  'the answer follows its .pc file, those that this requires, and one that appears before',
  () => {
    using tree = new Packages()
    assert.equal(tree.built(), ['-DOWN=1 -DBASE=1 | -lown -lbase', true])
    assert.equal(tree.built(), ['-DOWN=1 -DBASE=1 | -lown -lbase', false])
    tree.pc('base', '-DBASE=2')
    assert.equal(tree.built(), ['-DOWN=1 -DBASE=2 | -lown -lbase', true])
    tree.pc('own', '-DOWN=3', 'Requires: base', 'first')
    assert.equal(tree.built(), ['-DOWN=3 -DBASE=2 | -lown -lbase', true])
    tree.remove('first/own.pc')
    assert.equal(tree.built(), ['-DOWN=1 -DBASE=2 | -lown -lbase', true])
    assert.equal(tree.built(), ['-DOWN=1 -DBASE=2 | -lown -lbase', false])
  },
)

testHere('a library that is missing is named, and found once it is there', () => {
  using tree = new Packages()
  tree.remove('pc/base.pc')
  const path = `PKG_CONFIG_PATH=${tree.at('pc')}`
  const { status, stderr } = tree.run(['build', path])
  assert.is(status, 1)
  assert.match(stderr, 'own is not known to pkg-config')
  assert.match(stderr, /base/)
  tree.pc('base', '-DBASE=1')
  assert.equal(tree.built(), ['-DOWN=1 -DBASE=1 | -lown -lbase', true])
})

testHere(
  'an optional one gives no words until it appears, and too old a version is missing',
  () => {
    using tree = new Packages(", { optional: true, atLeast: '1.6' }")
    assert.equal(tree.built(), ['|', true])
    assert.equal(tree.built(), ['|', false])
    tree.write('pc/own.pc', tree.read('pc/own.pc').replace('Version: 1.5', 'Version: 1.10'))
    assert.equal(tree.built(), ['-DOWN=1 -DBASE=1 | -lown -lbase', true])
  },
)

test.run()
