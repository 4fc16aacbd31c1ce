// Files and members of families that were asked for by name, in a made-up world.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Answers } from '../../../tasks/engine/answer/answers.ts'
import { OPEN } from '../../../tasks/engine/answer/index.ts'
import { UserError } from '../../../tasks/engine/base/index.ts'
import { areKnown, edgesOf, sourceNotes } from '../../../tasks/engine/build/targetsbyname.ts'
import {
  derive,
  edge,
  glob,
  type Member,
  task,
  taskFamily,
} from '../../../tasks/engine/declare/index.ts'
import { FakeDisk, fakeWorld } from '../../support/fakeworld.ts'
import { refusal } from '../../support/refusal.ts'

const a = edge({ rule: 'CP', outputs: ['build/a'], inputs: ['a.c'], command: ['cp'] })
const names = derive([glob('*.c')], (paths) => paths.map((path) => path.replace('.c', '')))
const family = taskFamily('Build NAME', names, (name) => task(`Build ${name}`, []))
const broken = derive([], (): readonly string[] => {
  throw new UserError({ what: 'nobody knows' })
})
const tasks = {
  all: task('Build all', [a]),
  'build:NAME': family,
  'other:NAME': taskFamily('Other', broken, (name) => task(name, [])),
}
const disk = new FakeDisk()
disk.put('a.c', '')

function answers(found: readonly string[] | undefined): Answers {
  return new Answers(fakeWorld({ disk, glob: () => found }))
}

const member = (name: string): Member => ({ of: 'build:NAME', family, name })

test('a member is known when its names are, and refused when it is not among them', () => {
  assert.is(areKnown([member('a')], answers(['a.c'])), true)
  assert.is(areKnown([member('a')], answers(undefined)), false)
  assert.match(refusal(() => areKnown([member('b')], answers(['a.c']))).what, 'no build:b')
})

test('a path is an edge or a source', () => {
  assert.equal(edgesOf(['build/a', 'a.c'], answers(['a.c']), { tasks, disk }), [a, 'a.c'])
})

test('what is neither leads to the members of its name, once these are known', () => {
  const asked = (path: string, found?: readonly string[]) =>
    edgesOf([path], answers(found), { tasks, disk })
  assert.is(asked('b', undefined), OPEN)
  assert.match(refusal(() => asked('src/b.o', ['b.c'])).hint ?? '', 'did you mean build:b?')
  assert.match(refusal(() => asked('al', ['b.c'])).hint ?? '', 'did you mean all?')
})

test('a source among the targets is said to be one, where a member has its name', () => {
  assert.equal(sourceNotes(['a.c', a], tasks, answers(['a.c'])), [
    'a.c is a source; you may mean build:a',
  ])
  assert.equal(sourceNotes(['a.h', a], tasks, answers(['b.c'])), [])
})

test.run()
