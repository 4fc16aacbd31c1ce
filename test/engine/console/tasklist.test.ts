// Names of families below the list of tasks: once where families share them, within the width of a line.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { familyLines } from '../../../tasks/engine/console/tasklist.ts'

const listed = (name: string, names?: readonly string[]) =>
  names === undefined ? { name, about: '' } : { name, about: '', names }

test('nothing is said where no family has a name', () => {
  assert.equal(familyLines([listed('build'), listed('check:NAME', [])], 80), [])
})

test('names that families share are said once', () => {
  const names = ['egress', 'hello']
  const tasks = [listed('build:NAME', names), listed('run:NAME', names), listed('test')]
  assert.equal(familyLines(tasks, 80), ['NAME: egress hello'])
})

test('of several lists each says whose it is', () => {
  const tasks = [
    listed('build:NAME', ['a', 'b']),
    listed('run:NAME', ['a']),
    listed('dev:NAME', ['a']),
    listed('net:HOST', ['a']),
  ]
  assert.equal(familyLines(tasks, 80), [
    'NAME of build:NAME: a b',
    'NAME of run:NAME, dev:NAME: a',
    'HOST of net:HOST: a',
  ])
})

test('sixty names take a few lines, and more than a hundred are counted', () => {
  const names = (count: number) => Array.from({ length: count }, (_, at) => `toolname${at}`)
  const sixty = familyLines([listed('run:NAME', names(60))], 79)
  assert.ok(sixty.length < 10 && sixty.every((line) => line.length <= 79), sixty.join('\n'))
  assert.match(sixty.join(' '), 'toolname59')
  const many = familyLines([listed('run:NAME', names(123))], 79).join('\n')
  assert.match(many, /toolname99\s+… and 23 more$/)
})

test.run()
