// What a word of the command line names among tasks and families.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { UserError } from '../../../tasks/engine/base/index.ts'
import {
  checkTasks,
  derive,
  likelyMembers,
  memberNames,
  mustHave,
  task,
  taskFamily,
  taskNamed,
} from '../../../tasks/engine/declare/index.ts'

const names = derive([], () => ['hello', 'net'])
const family = (verb: string) =>
  taskFamily(`${verb} NAME`, names, (name) => task(`${verb} ${name}`, []))
const tasks = {
  build: task('Build all', []),
  'build:NAME': family('Build'),
  'build:net:NAME': family('Build net'),
  'build:all': task('Really all', []),
  'run:NAME': family('Run'),
}

function about(word: string): string | undefined {
  return taskNamed(tasks, word)?.task.about
}

function block(act: () => void) {
  try {
    act()
  } catch (error) {
    if (error instanceof UserError) return error.block
    throw error
  }
  throw new Error('accepted')
}

test('a task of its own goes before a member, and the longest name of a family before shorter ones', () => {
  assert.is(about('build'), 'Build all')
  assert.is(about('build:all'), 'Really all')
  assert.is(about('build:hello'), 'Build hello')
  assert.is(about('build:net'), 'Build net ')
  assert.is(about('build:net:x'), 'Build net x')
  for (const word of ['constructor', 'runs', 'ru', '']) assert.is(about(word), undefined, word)
})

test('the stem of a family alone is a member without a name', () => {
  assert.equal(taskNamed(tasks, 'run')?.member?.name, '')
  assert.equal(taskNamed(tasks, 'run:')?.member?.name, '')
  assert.is(taskNamed(tasks, 'run:a:b')?.member?.name, 'a:b')
})

test('a name that the family does not have is refused with the nearest and all', () => {
  const member = (name: string) => ({ of: 'run:NAME', family: tasks['run:NAME'], name })
  mustHave(member('net'), ['hello', 'net'])
  const wrong = block(() => mustHave(member('helo'), ['hello', 'net']))
  assert.is(wrong.what, 'there is no run:helo')
  assert.equal(wrong.facts, [['NAME', 'hello net']])
  assert.is(wrong.hint, 'did you mean run:hello?')
  assert.is(wrong.status, 2)
  for (const name of ['', 'NAME']) {
    const without = block(() => mustHave(member(name), ['hello', 'net']))
    assert.match(without.what, 'run:NAME needs a name')
    assert.match(without.hint ?? '', 'npx tsx tasks.ts run:hello')
  }
  assert.match(block(() => mustHave(member('x'), [])).hint ?? '', '--list')
})

test('a file leads to the members that have its name, with or without its endings', () => {
  const members = memberNames('run:NAME', ['hello', 'a.b', 'hell'])
  assert.equal(likelyMembers('hello', members), ['run:hello'])
  assert.equal(likelyMembers('src/hello.bpf.c', members), ['run:hello'])
  assert.equal(likelyMembers('a.b.c', members), ['run:a.b'])
  assert.equal(likelyMembers('shell.c', members), [])
})

test('a family stands under a name such as run:NAME only', () => {
  checkTasks(tasks)
  const wrong = block(() => checkTasks({ 'run:tool': family('Run') }))
  assert.match(wrong.what, 'run:tool is not a name for a task family')
  assert.match(wrong.hint ?? '', '"run:NAME": taskFamily(')
  assert.match(block(() => checkTasks({ run: [] })).what, 'run is not a task')
})

test.run()
