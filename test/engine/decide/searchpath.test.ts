// Where a compiler would have looked first.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Preferences } from '../../../tasks/engine/decide/searchpath.ts'

/** One for all tests, as one serves all commands of a build. */
const preferences = new Preferences()

function preferredPaths(...words: Parameters<Preferences['before']>): string[] {
  return [...preferences.before(...words)]
}

test('each folder before the one in which it was found', () => {
  assert.equal(preferredPaths(['a', '/b/', '/c'], ['/s.c'], ['/c/x/y.h']), ['a/x/y.h', '/b/x/y.h'])
  assert.equal(preferredPaths(['/a', './c/'], ['/s.c'], ['c/x.h']), ['/a/x.h'])
  assert.equal(preferredPaths(['a', 'b'], ['/s.c'], ['/a.h']), [])
})

test('beside the files of this tree that may include it', () => {
  assert.equal(preferredPaths(['inc'], ['src/s.c'], ['inc/x.h']), ['src/x.h'])
  assert.equal(preferredPaths(['inc'], ['s.c'], ['inc/x.h']), ['x.h'])
  const found = preferredPaths(['/usr/include'], ['src/s.c'], ['lib/l.h', '/usr/include/x.h'])
  assert.equal(found, ['src/x.h', 'lib/x.h'])
})

test('what was read is where it was, not where it would have been preferred', () => {
  assert.equal(preferredPaths(['a', 'b'], ['a/s.c'], ['a/x.h', 'b/x.h', 'b/y.h']), ['a/y.h'])
})

test('a folder is one whole name: ab/x is not below a', () => {
  assert.equal(preferredPaths(['z', 'a'], ['/s.c'], ['ab/x.h']), [])
})

test('the root of the tree can be searched', () => {
  assert.equal(preferredPaths(['a', '.'], ['/s.c'], ['x.h', '/abs.h']), ['a/x.h'])
  assert.equal(preferredPaths(['.', 'a'], ['/s.c'], ['a/x.h']), ['a/a/x.h', 'x.h'])
})

test('nothing searched, nothing preferred', () => {
  assert.equal(preferredPaths([], ['src/s.c'], ['inc/x.h']), [])
  assert.equal(preferredPaths(['a', 'b'], ['src/s.c'], []), [])
})

test('what one command was told is not mixed with what another is', () => {
  assert.equal(preferredPaths(['a', 'b', 'c'], ['s/s.c'], ['c/x.h']), ['a/x.h', 'b/x.h', 's/x.h'])
  assert.equal(preferredPaths(['b', 'c'], ['t/s.c'], ['c/x.h']), ['b/x.h', 't/x.h'])
  assert.equal(preferredPaths(['a', 'b', 'c'], ['/s.c'], ['c/x.h']), ['a/x.h', 'b/x.h'])
})

test.run()
