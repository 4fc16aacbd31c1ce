// What a family refuses, and what it gives for each name.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Answers } from '../../../tasks/engine/answer/answers.ts'
import {
  type Derived,
  derive,
  familyName,
  glob,
  type Task,
  task,
  taskFamily,
} from '../../../tasks/engine/declare/index.ts'
import { fakeWorld } from '../../support/fakeworld.ts'
import { refusal } from '../../support/refusal.ts'

/** What is wrong, in a line. */
const refusedWhat = (act: () => unknown): string => refusal(act).what

const tools = derive([glob('*.c')], (paths) => paths.map((path) => path.replace('.c', '')))
const build = (name: string): Task => task(`Build ${name}`, [`build/${name}`])

test('the targets of a family are those of all its members', () => {
  const answers = new Answers(fakeWorld({ glob: () => ['a.c', 'b.c'] }))
  const family = taskFamily('Build NAME', tools, build)
  assert.equal(
    answers.files(family.targets).map(({ path }) => path),
    ['build/a', 'build/b'],
  )
})

test('who asks for one name twice gets one task', () => {
  const family = taskFamily('Build NAME', tools, build)
  assert.is(family.member('a'), family.member('a'))
  assert.is.not(family.member('a'), family.member('b'))
})

test('what the types would refuse is refused when it is declared or asked for', () => {
  const family = taskFamily as (...args: readonly unknown[]) => ReturnType<typeof taskFamily>
  assert.match(
    refusedWhat(() => family('', tools, build)),
    'about is empty',
  )
  assert.match(
    refusedWhat(() => family('x', ['a'], build)),
    'names is not what derived returns',
  )
  assert.match(
    refusedWhat(() => family('x', tools)),
    'member is missing',
  )
  assert.match(
    refusedWhat(() => family('x', tools, () => 7).member('a')),
    'gives no task for a',
  )
  const answers = new Answers(fakeWorld())
  const numbers = derive([], () => [1]) as unknown as Derived<readonly string[]>
  const asked = () => answers.ask(taskFamily('Build NAME', numbers, build).names)
  assert.match(
    refusedWhat(asked),
    "names of family 'Build NAME' contains something that is not a name",
  )
})

test('the name of a family ends in a word in capitals', () => {
  assert.equal(familyName('run:NAME'), { stem: 'run', placeholder: 'NAME' })
  assert.equal(familyName('net:run:TOOL_2'), { stem: 'net:run', placeholder: 'TOOL_2' })
  for (const name of ['run', 'run:', 'run:name', ':NAME', 'NAME', 'run:Name'])
    assert.is(familyName(name), undefined, name)
})

test.run()
