// Tasks run in the order given, each body after its targets; its status is that of the run.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { build, noStack, refused, settled } from '../support/buildverdicts.ts'
import { Gate } from '../support/heldcommand.ts'
import { livingIn, Started, until } from '../support/startedrun.ts'
import { Tree } from '../support/tree.ts'

const TASKS = `
const name = setting('NAME', 'a name', 'nobody')
const words = probe({ name: 'words', command: ['echo', 'three', 'little', 'words'],
  read: ({ stdout }) => stdout.trim().split(' ') })
const copy = (output) => edge({ rule: 'COPY', outputs: [output], inputs: ['a'],
  command: ['cp', 'a', output] })
const [one, two] = [copy('build/one'), copy('build/two')]
const yes = { options: { yes: 'do not ask', fast: 'do not wait' } }
await main({
  build: task('Build both', [one, two]),
  one: task('Make one and read it', [one], async ({ run }) => { await run(['cat', one]) }),
  two: task('Make two and read it', [two], async ({ $ }) => { await $\`cat \${two.output.path}\` }),
  say: task('Say', [], ({ say, args, options }) => say([...args, ...options].join('|')),
    { ...yes, arguments: 'words' }),
  ask: task('Ask', [], async ({ ask, say }) =>
    say([await ask(name), ...await ask(words), ...await ask(glob('*.txt'))].join(' '))),
  three: task('Give a status', [], () => 3),
  captured: task('Capture', [], async ({ run, say, root }) => {
    const { status, stdout, stderr } = await run(['sh', '-c', 'echo out; echo err >&2; pwd; exit 5'],
      { output: 'capture', nothrow: true, environment: { X: 'x' } })
    say(JSON.stringify([status, stdout === 'out\\n' + root + '\\n', stderr]))
    await run(['sh', '-c', 'echo 1; printf "2 %s" "$X"'],
      { onLine: (line) => say('line ' + line), environment: { X: '; exit' } })
  }),
  bad: task('Run what fails', [], async ({ run }) => { await run(['sh', '-c', 'exit 9']) }),
  none: task('Run what is not there', [], async ({ run }) => { await run(['no-such-program', '-x']) }),
  zx: task('Run what fails through zx', [], async ({ $ }) => { await $\`sh -c \${'exit 9'}\` }),
  told: task('Refuse', [], () => { throw new UserError({ what: 'not today', hint: 'try tomorrow' }) }),
}, { settings: [name] })
`

test('tasks run in the order given, each body after its targets are up to date', () => {
  using tree = new Tree()
  tree.tasks(TASKS)
  tree.write('a', 'of a\n')
  const { status, stdout } = tree.run(['two', 'say', 'one', '--', 'x'])
  assert.is(status, 0)
  assert.match(
    stdout,
    /^COPY {2}build\/two\n1 ran.*\nof a\nx\nCOPY {2}build\/one\n1 ran, .*\nof a\n$/,
  )
  const again = tree.run(['build', 'one', 'two'])
  assert.is(
    again.stdout,
    'nothing to do (2 up to date)\nof a\nnothing to do (1 up to date)\nof a\n',
  )
  settled(tree)
})

test('a name that does not exist is told before the first task runs, under -w too', () => {
  using tree = new Tree()
  tree.write('a.c', '')
  tree.tasks(`
    const one = edge({ rule: 'CP', outputs: ['build/a'], inputs: ['a.c'], command: ['cp', 'a.c', 'build/a'] })
    await main({ first: task('First', [], ({ say }) => say('first runs')), build: task('Build', [one]) })`)
  for (const more of [[], ['-w']]) {
    const { status, stdout, stderr } = tree.run(['first', 'buidl', ...more])
    assert.is(status, 2)
    assert.is(stdout, '')
    assert.match(stderr, 'did you mean build?')
  }
  assert.match(tree.run(['first', 'build/a']).stdout, 'first runs\nCP    build/a')
})

test('with -k a body that failed does not keep the later tasks from running', () => {
  using tree = new Tree()
  tree.tasks(`await main({
    first: task('First', [], () => 3),
    second: task('Second', [], ({ say }) => say('second runs')),
  })`)
  assert.equal(tree.run(['first', 'second']), { status: 3, stdout: '', stderr: '' })
  assert.equal(tree.run(['-k', 'first', 'second']), {
    status: 3,
    stdout: 'second runs\n',
    stderr: '',
  })
})

test('a source that is there has nothing to do', () => {
  using tree = new Tree()
  tree.write('a.c', '')
  tree.write('folder/b', '')
  tree.tasks(`
    const one = edge({ rule: 'CP', outputs: ['build/a'], inputs: ['a.c'], command: ['cp', 'a.c', 'build/a'] })
    await main({ build: task('Build', [one]) })`)
  for (const name of ['a.c', './folder/b']) {
    const { status, stdout } = tree.run([name])
    assert.is(status, 0)
    assert.match(stdout, 'nothing to do')
  }
  assert.match(tree.run(['a.c', 'build/a']).stdout, '1 ran, 0 up to date')
  assert.is(tree.run(['folder']).status, 2)
})

test('a failure ends the run: later tasks and the body are not run', () => {
  using tree = new Tree()
  tree.tasks(TASKS)
  refused(tree.run(['one', 'say', '--', 'x']), 1, 'a is missing')
  const three = tree.run(['three', 'say', '--', 'x'])
  assert.equal(three, { status: 3, stdout: '', stderr: '' })
  refused(tree.run(['bad', 'say', '--', 'x']), 1, 'sh ended with status 9', "sh -c 'exit 9'")
  refused(tree.run(['none']), 1, 'no-such-program could not be started: there is no such program')
  refused(tree.run(['told']), 1, /error: not today\n +try tomorrow\n/)
  refused(tree.run(['zx']), 1, 'status 9')
  tree.write('a', '')
  tree.write('build/two/in/the/way', '')
  const failed = tree.run(['two', 'say', '--', 'x'])
  assert.is(failed.status, 1)
  noStack(failed)
  assert.not.match(failed.stdout, /^x$/m)
  tree.remove('build/two')
  assert.is(build(tree).status, 0)
  settled(tree)
})

test('arguments and options reach the task that has them', () => {
  using tree = new Tree()
  tree.tasks(TASKS)
  const said = (...args: string[]): string => tree.run(args).stdout
  assert.is(said('say', '--', '--yes', '-n', '', 'a b', '--'), '--yes|-n||a b|--\n')
  assert.is(said('say', '--yes', 'three', '--fast', '--', 'x'), 'x|yes|fast\n')
  refused(tree.run(['--yes', 'say']), 2, 'name the task before it')
  refused(tree.run(['say', '--yess']), 2, 'no option --yess')
  assert.match(said('help', 'say'), /--yes +do not ask\n +--fast +do not wait/)
  settled(tree, ['say'])
})

test('a body can ask, capture and read lines as they come', () => {
  using tree = new Tree()
  tree.tasks(TASKS)
  tree.write('x.txt', '')
  assert.is(tree.run(['ask', 'NAME=me']).stdout, 'me three little words x.txt\n')
  assert.is(tree.run(['captured']).stdout, '[5,true,"err\\n"]\nline 1\nline 2 ; exit\n')
  assert.not.ok(tree.exists('build'))
  settled(tree, ['ask'])
})

test('lines reach a body before its command ends, and a signal ends that command', async () => {
  using tree = new Tree()
  using gate = new Gate(tree)
  tree.tasks(`
    await main({ listen: task('Listen', [], async ({ run, say, signal }) => {
      signal.addEventListener('abort', () => say('ending'))
      await run(['sh', '-c', 'echo here; ${gate.pass}'], { onLine: (line) => say('got ' + line) })
      say('not reached')
    }) })`)
  using running = Started.of(tree, ['listen'])
  await running.wrote('got here\n')
  await gate.arrived(running.ended)
  running.signal('SIGTERM')
  const { status, stdout, stderr } = await running.ended
  assert.is(status, 143)
  assert.is(stdout, 'got here\nending\n')
  noStack({ stdout, stderr })
  assert.ok(await until(() => livingIn(tree.root).length === 0), livingIn(tree.root).join('\n'))
  settled(tree, ['--list'])
})

test.run()
