// What is heard by looking at files again and again, and how the interval is given.
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { UserError } from '../../../tasks/engine/base/index.ts'
import { Disk } from '../../../tasks/engine/files/disk.ts'
import { Poller, pollInterval } from '../../../tasks/engine/watch/poller.ts'
import { Tree } from '../../support/tree.ts'

interface Polled extends Disposable {
  readonly tree: Tree
  readonly poller: Poller
  /** What changed since it was last asked, by looking now. */
  heard(): string[]
}

/** An hour: only the test looks. */
function polled(): Polled {
  const tree = new Tree()
  const found: string[] = []
  const poller = new Poller(new Disk(tree.root), 3_600_000, (path) => found.push(path))
  return {
    tree,
    poller,
    heard: () => {
      poller.settle()
      return found.splice(0)
    },
    [Symbol.dispose]: () => {
      poller.close()
      tree[Symbol.dispose]()
    },
  }
}

test('a file that is written, replaced, touched, removed and made again is heard of each time', () => {
  using it = polled()
  const { tree, heard } = it
  tree.write('a', 'one')
  it.poller.set({ files: ['a', 'not/yet'], folders: [] })
  assert.equal(heard(), [])
  tree.write('a', 'longer')
  assert.equal(heard(), ['a'])
  tree.write('other', 'longer')
  utimesSync(tree.at('other'), 1, 1)
  renameSync(tree.at('other'), tree.at('a'))
  assert.equal(heard(), ['a'])
  utimesSync(tree.at('a'), 2, 2)
  assert.equal(heard(), ['a'])
  rmSync(tree.at('a'))
  assert.equal(heard(), ['a'])
  tree.write('a', 'back')
  tree.write('not/yet', 'there')
  assert.equal(heard(), ['a', 'not/yet'])
  assert.equal(heard(), [])
})

test('in a folder every name counts, and what is behind a link', () => {
  using it = polled()
  const { tree, heard } = it
  tree.write('real', 'one')
  mkdirSync(tree.at('in'))
  symlinkSync('../real', tree.at('in/link'))
  it.poller.set({ files: [], folders: ['in', 'later'] })
  tree.write('in/new', 'new')
  assert.equal(heard(), ['in/new'])
  tree.write('real', 'other')
  assert.equal(heard(), ['in/link'])
  rmSync(tree.at('in'), { recursive: true })
  assert.equal(heard(), ['in/link', 'in/new'])
  tree.write('later/file', 'x')
  assert.equal(heard(), ['later/file'])
})

test('a change right before the next wish is heard of, and new wishes begin as they are', () => {
  using it = polled()
  const { tree } = it
  tree.write('a', 'one')
  tree.write('b', 'one')
  assert.equal(it.poller.set({ files: ['a'], folders: ['x'] }), ['x'])
  tree.write('a', 'longer')
  tree.write('b', 'longer')
  assert.equal(it.poller.set({ files: ['a', 'b'], folders: ['x', 'y'] }), ['y'])
  assert.equal(it.heard(), ['a'])
})

test('the interval is a number of seconds, of the option before the setting', () => {
  assert.is(pollInterval(undefined, undefined), undefined)
  assert.is(pollInterval(undefined, ''), undefined)
  assert.is(pollInterval(undefined, '2'), 2000)
  assert.is(pollInterval('0.5', '2'), 500)
  for (const [option, setting, what] of [
    ['x', undefined, /^--poll is not a number of seconds/],
    ['0', undefined, /^--poll/],
    [undefined, '-1', /^WATCH_POLL is not a number/],
    [undefined, 'Infinity', /^WATCH_POLL/],
  ] as const) {
    assert.throws(
      () => pollInterval(option, setting),
      (error: unknown) => error instanceof UserError && what.test(error.block.what),
    )
  }
})

test.run()
