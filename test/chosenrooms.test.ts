// `dist` is used only where each file that its stamps name is there, and is as they say.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { END, isOfTheseSources, STAMPS, stampOf } from '../tasks/chosenrooms.ts'
import { Tree } from './support/tree.ts'

/** A directory with a source, a bundled file, and stamps of what is given. */
function stamped(...lines: readonly (string | undefined)[]): Tree {
  const tree = new Tree()
  tree.write('tasks/a.ts', 'source')
  tree.write('dist/a.js', 'bundled')
  const stamps = ['tasks/a.ts', 'dist/a.js'].map((path) => stampOf(tree.root, path))
  tree.write(STAMPS, [...stamps, ...lines].join('\n'))
  return tree
}

test('a whole one of these sources is used', () => {
  using tree = stamped(END)
  assert.is(isOfTheseSources(tree.root), true)
})

for (const path of ['tasks/a.ts', 'dist/a.js', STAMPS]) {
  test(`one without ${path} is not`, () => {
    using tree = stamped(END)
    tree.remove(path)
    assert.is(isOfTheseSources(tree.root), false)
  })
  test(`one with another ${path} is not`, () => {
    using tree = stamped(END)
    tree.write(path, 'something else')
    assert.is(isOfTheseSources(tree.root), false)
  })
}

test('one whose stamps were cut off, or say that a file was missing, is not', () => {
  using cut = stamped()
  assert.is(isOfTheseSources(cut.root), false)
  using lacking = stamped(stampOf('/', 'not/there'), END)
  assert.is(isOfTheseSources(lacking.root), false)
  using missing = stamped('missing', END)
  assert.is(isOfTheseSources(missing.root), false)
})

test.run()
