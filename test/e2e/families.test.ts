// A task family: its members are listed, described, completed, suggested and run like any task, and a build
// that has nothing to do notices when the names are others.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { refused, settled } from '../support/buildverdicts.ts'
import { Tree } from '../support/tree.ts'

const TASKS = `
const names = derive([glob('*.txt')], (paths) => paths.map((path) => path.replace('.txt', '')))
const copies = derive([names], (all) => new Map(all.map((name) => [name, edge({ rule: 'COPY',
  outputs: ['build/' + name + '.out'], inputs: [name + '.txt'],
  command: ['cp', name + '.txt', 'build/' + name + '.out'] })])))
const one = (name) => derive([copies], (all) => all.get(name) ?? [])
await main({
  build: task('Copy all', [derive([copies], (all) => [...all.values()])]),
  'build:NAME': taskFamily('Copy NAME', names, (name) => task('Copy ' + name, [one(name)])),
  'run:NAME': taskFamily('Copy NAME, and say it', names, (name) => task('Say ' + name, [one(name)],
    ({ say, args }) => say([name, ...args].join(' ')), { arguments: '[word…]', options: { loud: 'Loudly' } })),
  'say:NAME': taskFamily('Say NAME', names, (name) => task('Say ' + name, [], ({ say }) => say(name))),
})
`

function tree(...names: readonly string[]): Tree {
  const made = new Tree()
  made.tasks(TASKS)
  for (const name of names) made.write(`${name}.txt`, name)
  return made
}

test('a member builds what is its own, and is run with its arguments', () => {
  using made = tree('hello', 'egress')
  assert.equal(made.ran(['build:hello']), ['build/hello.out'])
  settled(made, ['build:hello'])
  assert.is(made.run(['say:egress']).stdout, 'egress\n')
  assert.match(made.run(['run:egress', '--', 'a', 'b']).stdout, /^egress a b$/m)
  assert.match(made.run(['run', '--', 'egress', 'a']).stdout, /^egress a$/m)
  assert.match(made.run(['-n', 'run', '--', 'egress']).stdout, 'run:egress: would run its body')
  refused(made.run(['build', '--', 'x']), 2, 'arguments after --', 'run:NAME')
})

test('a neighbour that cannot be built does not matter', () => {
  using made = tree('hello', 'egress')
  made.remove('egress.txt')
  made.write('egress.txt/a.folder', '')
  made.write('hello.txt', 'hello')
  assert.is(made.run(['build:hello']).status, 0)
})

test('names are checked before anything runs, whichever task they stand for', () => {
  using made = tree('hello', 'egress')
  for (const words of [
    ['build:helo'],
    ['say:hello', 'say:helo'],
    ['run:hello', 'build:helo'],
    ['build', 'run', '--', 'helo'],
    ['-w', 'say:helo'],
    ['-w', 'build:helo'],
  ]) {
    const wrong = made.run(words)
    const [task = ''] = words.at(-1) === 'helo' ? ['run:helo'] : words.slice(-1)
    refused(
      wrong,
      2,
      `there is no ${task}`,
      'NAME  egress hello',
      `did you mean ${task.replace('helo', 'hello')}?`,
    )
    assert.is(wrong.stdout, '', words.join(' '))
    assert.not.ok(made.exists('build/hello.out'))
  }
  refused(made.run(['run']), 2, 'run:NAME needs a name', 'egress hello')
})

test('the list has each family once, with its names; the help says what a member does', () => {
  using made = tree('hello', 'egress')
  assert.is(
    made.run(['--list']).stdout,
    [
      '  build       Copy all',
      '  build:NAME  Copy NAME',
      '  run:NAME    Copy NAME, and say it',
      '  say:NAME    Say NAME',
      '',
      'NAME: egress hello',
      '',
    ].join('\n'),
  )
  const [list] = made.events(['--list'])
  assert.ok(list?.type === 'tasks')
  assert.equal(list.tasks[1], {
    name: 'build:NAME',
    about: 'Copy NAME',
    names: ['egress', 'hello'],
  })
  const { stdout } = made.run(['help', 'run'])
  assert.match(stdout, /tasks\.ts run:NAME \[-- arguments\]\n\nCopy NAME, and say it\n/)
  assert.match(stdout, 'What may stand for NAME\n  egress hello\n')
  assert.match(made.run(['help', 'run:hello']).stdout, /run:hello \[-- arguments\]\n\nSay hello\n/)
  refused(made.run(['help', 'run:helo']), 2, 'there is no run:helo')
})

test('completion gives the stem first, then the names, and names after --', () => {
  using made = tree('hello', 'egress')
  const complete = (...words: string[]): string[] =>
    made
      .run(['--complete', ...words])
      .stdout.trimEnd()
      .split('\n')
  assert.equal(complete('bu'), ['build\tCopy all', 'build:\tCopy NAME'])
  assert.equal(complete('build:'), ['build:egress\tCopy egress', 'build:hello\tCopy hello'])
  assert.equal(complete('run', '--', 'h'), ['hello\tSay hello'])
  assert.equal(complete('build', '--', 'h'), [''])
  assert.ok(complete('--lo').includes('--loud\tLoudly'))
})

test('a file that is no target leads to the tasks of its name', () => {
  using made = tree('hello')
  refused(
    made.run(['hello']),
    2,
    'no task and no output named hello',
    'did you mean build:hello, run:hello or say:hello',
  )
  const source = made.run(['hello.txt'])
  assert.is(source.status, 0)
  assert.match(
    source.stdout + source.stderr,
    'hello.txt is a source; you may mean build:hello, run:hello or say:hello',
  )
})

test('nothing to do is forgotten when a name comes or goes', () => {
  using made = tree('hello')
  const check = { BPF_TASKS_CHECK_MEMO: '1' }
  made.run(['build:hello'], check)
  for (let run = 0; run < 2; run++)
    assert.match(made.run(['build:hello'], check).stdout, /^nothing to do/m)
  made.write('more.txt', 'more')
  assert.match(made.run(['build:hello'], check).stdout, /^nothing to do/m)
  assert.equal(made.ran(['build:more'], check), ['build/more.out'])
  made.remove('hello.txt')
  refused(made.run(['build:hello'], check), 2, 'there is no build:hello')
})

test('families whose names cannot be known are listed all the same', () => {
  using made = tree('hello')
  const fails = "() => { throw new UserError({ what: 'no names' }) }, "
  made.write('tasks.ts', made.read('tasks.ts').replace('(paths) => paths', `${fails}$&`))
  const { status, stdout } = made.run(['--list'])
  assert.is(status, 0)
  assert.match(stdout, /^ {2}run:NAME {4}Copy NAME, and say it$/m)
  assert.not.match(stdout, /^NAME/m)
  refused(made.run(['build:hello']), 1, 'no names')
})

test.run()
