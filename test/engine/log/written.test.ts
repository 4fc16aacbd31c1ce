// What a user has sealed, remembered where nobody else can write: by version, the newest first.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Disk } from '../../../tasks/engine/files/disk.ts'
import { PrivateFolder } from '../../../tasks/engine/log/privatefolder.ts'
import { Written } from '../../../tasks/engine/log/written.ts'
import { skip } from '../../support/needs.ts'
import { Tree } from '../../support/tree.ts'

const owner = process.geteuid?.()
const FILE = 'home/bpf-tasks/written'

class Home extends Tree {
  constructor() {
    super()
    fs.mkdirSync(this.at('home/bpf-tasks'), { recursive: true, mode: 0o700 })
    this.write('a', 'one')
  }

  written(uid = owner): Written {
    const home = { folder: this.at('home'), owner: uid }
    return new Written([new PrivateFolder(new Disk(this.root), home)])
  }

  get version(): fs.Stats {
    return fs.statSync(this.at('a'))
  }
}

test('a file is known as it was left, in the form in which it was, and in no other way', () => {
  using tree = new Home()
  assert.not.ok(tree.written().has('form', tree.version))
  tree.written().add('form', tree.version)
  assert.ok(tree.written().has('form', tree.version))
  assert.not.ok(tree.written().has('other form', tree.version))
  for (const change of [
    () => tree.write('a', 'three'),
    () => tree.touch('a', 1000),
    () => {
      fs.copyFileSync(tree.at('a'), tree.at('b'))
      fs.renameSync(tree.at('b'), tree.at('a'))
    },
  ]) {
    tree.written().add('form', tree.version)
    change()
    assert.not.ok(tree.written().has('form', tree.version), `${change}`)
  }
})

test('the file is its user’s alone, and of many the newest are remembered', () => {
  using tree = new Home()
  const written = tree.written()
  for (let ino = 0; ino < 200; ino++) written.add('form', { ...tree.version, ino })
  assert.not.ok(written.has('form', { ...tree.version, ino: 71 }))
  assert.ok(written.has('form', { ...tree.version, ino: 72 }))
  assert.ok(written.has('form', { ...tree.version, ino: 199 }))
  // Once more is newer.
  written.add('form', { ...tree.version, ino: 72 })
  written.add('form', { ...tree.version, ino: 200 })
  assert.ok(written.has('form', { ...tree.version, ino: 72 }))
  assert.is(fs.statSync(tree.at(FILE)).mode & 0o777, 0o600)
  assert.equal(fs.readdirSync(tree.at('home/bpf-tasks')), ['written'])
})

/** What somebody else may have written says nothing. */
const FOREIGN: Readonly<Record<string, (tree: Home) => void>> = {
  'a file that others may read': (tree) => fs.chmodSync(tree.at(FILE), 0o644),
  'a folder that others may write to': (tree) => fs.chmodSync(tree.at('home/bpf-tasks'), 0o770),
  'a link to a file': (tree) => {
    fs.renameSync(tree.at(FILE), tree.at('elsewhere'))
    fs.symlinkSync(tree.at('elsewhere'), tree.at(FILE))
  },
  'a link to a folder': (tree) => {
    fs.renameSync(tree.at('home/bpf-tasks'), tree.at('elsewhere'))
    fs.symlinkSync(tree.at('elsewhere'), tree.at('home/bpf-tasks'))
  },
  'a file that is far too long': (tree) => fs.appendFileSync(tree.at(FILE), 'x\n'.repeat(1 << 15)),
}

for (const [what, make] of Object.entries(FOREIGN)) {
  test(`${what} says nothing`, () => {
    using tree = new Home()
    tree.written().add('form', tree.version)
    make(tree)
    assert.not.ok(tree.written().has('form', tree.version))
  })
}

const ofAnother = 'what another user has written says nothing, and is not written over'
if (owner !== 0) skip(test, ofAnother, 'only root gives files away')
else
  test(ofAnother, () => {
    using tree = new Home()
    tree.written().add('form', tree.version)
    fs.chownSync(tree.at(FILE), 1000, 1000)
    assert.not.ok(tree.written().has('form', tree.version))
    assert.not.ok(tree.written(1000).has('form', tree.version))
    fs.chownSync(tree.at('home/bpf-tasks'), 1000, 1000)
    const text = fs.readFileSync(tree.at(FILE), 'utf8')
    tree.written().add('form', { ...tree.version, ino: 1 })
    assert.is(fs.readFileSync(tree.at(FILE), 'utf8'), text)
    // Root who was asked by that user goes on with it, and it stays theirs.
    tree.written(1000).add('form', { ...tree.version, ino: 1 })
    assert.ok(tree.written(1000).has('form', tree.version))
    assert.is(fs.statSync(tree.at(FILE)).uid, 1000)
  })

test('where there is no such folder nothing is remembered, and none is made', () => {
  using tree = new Home()
  tree.remove('home/bpf-tasks')
  tree.written().add('form', tree.version)
  assert.not.ok(tree.written().has('form', tree.version))
  assert.equal(fs.readdirSync(tree.at('home')), [])
})

test.run()
