// Failure blocks as text, and the guess at what was meant.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { blockText, didYouMean, isErrno, UserError } from '../../../tasks/engine/base/failure.ts'

test('a block: what, labelled facts in a column, a hint; all indented alike', () => {
  const text = blockText({
    what: 'it failed',
    facts: [
      ['file', 'a.c'],
      ['said', 'one\ntwo'],
      ['x', 'y'],
    ],
    hint: 'do this\nthen that',
  })
  assert.is(
    text,
    'it failed\n  file  a.c\n  said  one\n        two\n  x     y\n  do this\n  then that',
  )
  assert.is(blockText({ what: 'it failed' }), 'it failed')
})

test('a user error carries its block, and is told by its first line', () => {
  const block = { what: 'it failed', hint: 'mend it' }
  const error = new UserError(block)
  assert.is(error.message, 'it failed')
  assert.is(error.block, block)
  assert.is(error.name, 'UserError')
})

test('errors of the system are known by their code', () => {
  const error = Object.assign(new Error('x'), { code: 'ENOENT' })
  assert.is(isErrno(error), true)
  assert.is(isErrno(error, 'EACCES', 'ENOENT'), true)
  assert.is(isErrno(error, 'EACCES'), false)
  assert.is(isErrno(new Error('ENOENT'), 'ENOENT'), false)
  assert.is(isErrno({ code: 'ENOENT' }, 'ENOENT'), false)
  assert.is(isErrno(Object.assign(new Error('x'), { code: 5 })), false)
})

const KNOWN = ['build', 'build:helloworld', 'clean', 'test', 'run:probe_execve', 'install']

test('a slip of the keys finds what was meant', () => {
  const slips: Record<string, string> = {
    biuld: 'build',
    Build: 'build',
    buil: 'build',
    cleen: 'clean',
    tset: 'test',
    'run:prob_execve': 'run:probe_execve',
    'run:prboe_exceve': 'run:probe_execve',
    isntall: 'install',
  }
  for (const [typed, meant] of Object.entries(slips)) assert.is(didYouMean(typed, KNOWN), meant)
})

test('what is nothing like anything finds nothing', () => {
  for (const typed of ['zzzzz', 'q', 'deploy', 'xyzzy']) {
    assert.is(didYouMean(typed, KNOWN), undefined, typed)
  }
  assert.is(didYouMean('build', []), undefined)
})

test('the nearest wins, among equals the first', () => {
  assert.is(didYouMean('abcdef', ['abxdxf', 'abcdex', 'abcdyf']), 'abcdex')
  assert.is(didYouMean('abc', ['abx', 'abc']), 'abc')
})

test('at most a third of the letters differ', () => {
  assert.is(didYouMean('abcdef', ['xycdef']), 'xycdef')
  assert.is(didYouMean('abcdef', ['xyzdef']), undefined)
})

test('one that begins with what was typed is near', () => {
  assert.is(didYouMean('build:hello', KNOWN), 'build:helloworld')
  assert.is(didYouMean('cleaneverything', KNOWN), undefined)
})

test.run()
