// What is wrong before anything runs is said in one block, with what mends it, and nothing is written.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { refused, settled, snapshot } from '../support/buildverdicts.ts'
import { Started, withEach } from '../support/startedrun.ts'
import { Tree } from '../support/tree.ts'

const NAMED = `
const FLAG = setting('EXTRA_CFLAGS', 'flags')
const copy = edge({ rule: 'COPY', outputs: ['build/b'], inputs: ['a'], command: ['cp', 'a', 'build/b'] })
const options = { options: { yes: 'do not ask' }, arguments: 'what to say' }
await main({
  build: task('Copy', [copy]),
  'run:hello': task('Say', [], ({ args, say }) => say(args.join(' ')), options),
}, { settings: [FLAG] })
`

test('unknown tasks, files, options and names, with the nearest that there is', async () => {
  using tree = new Tree()
  tree.tasks(NAMED)
  tree.write('a', 'a')
  const before = snapshot(tree)
  const wrong: readonly (readonly [args: readonly string[], ...parts: (string | RegExp)[]])[] = [
    [['biuld'], 'no task and no output named biuld', 'did you mean build?'],
    [['build/c'], 'no task and no output named build/c', 'did you mean build/b?'],
    [['run:helo'], 'did you mean run:hello?'],
    [['nothing like it'], /named nothing like it\n.*--list/],
    [['build', '--kepe-going'], 'no option --kepe-going', 'did you mean --keep-going?'],
    [['build', '-x'], 'no option -x'],
    [['build', '-kx'], 'no option -x (in -kx)'],
    [['build', '-kj'], '-j takes a value, so it cannot stand within -kj'],
    [['build', '--check=yes'], '--check takes no value'],
    [['build', '--color=pink'], '--color is auto, always or never, not pink'],
    [['build', '-j'], '-j needs a value'],
    [['build', '-l', '4'], '-l lists the tasks, and limits no load; -j 4'],
    [['--check'], '--check of what?'],
    [['build', '-j0'], '-j needs a number of at least 1, not 0'],
    [['build', '--jobs=many'], 'not many'],
    [['build', '-C', 'no/such'], 'there is no folder no/such'],
    [['build', 'EXTRA_CFLAG=-O0'], 'no NAME EXTRA_CFLAG', 'did you mean EXTRA_CFLAGS=…?'],
    [['build', '--', 'more'], 'arguments after --', 'none here does'],
    [['build', '--yes'], '--yes is an option of run:hello: name the task before it'],
  ]
  await withEach(wrong, async ([args, ...parts]) => {
    refused(await Started.of(tree, args).ended, 2, ...parts)
  })
  assert.equal(snapshot(tree), before)
  assert.is(tree.run(['build']).status, 0)
  settled(tree)
})

test('a tasks.ts that never calls main says so', () => {
  using tree = new Tree()
  tree.tasks("const tasks = { build: task('Build', []) }\nvoid tasks")
  const { status, stdout, stderr } = tree.run(['build'])
  assert.is(status, 2)
  assert.is(stdout, '')
  assert.match(stderr, 'tasks.ts ended without a call of main, so nothing was done')
  tree.tasks('process.exitCode = 3')
  assert.is(tree.run(['build']).stderr, '')
})

test('edges that cannot be built together, said with both sides', () => {
  using tree = new Tree()
  tree.write('a', 'a')
  const copy = (output: string, input: string): string =>
    `edge({ rule: 'COPY', outputs: ['${output}'], inputs: ['${input}'], command: ['cp', '${input}', '${output}'] })`
  const wrong: readonly (readonly [tasks: string, ...parts: (string | RegExp)[]])[] = [
    [
      `await main({ build: task('Copy', [${copy('build/b', 'a')}]),
        other: task('Copy too', [${copy('build/x/../b', 'tasks.ts')}]) })`,
      'two edges make one file',
      /output +build\/b/,
      /one +COPY build\/b\n +the other +COPY build\/b/,
    ],
    [
      `await main({ build: task('Copy', [${copy('build/b', 'build/c')}, ${copy('build/c', 'build/d')},
        ${copy('build/d', 'build/b')}]) })`,
      'in a circle',
      'build/b → build/c → build/d → build/b',
    ],
    [`await main({ build: task('Copy', [${copy('build/b', 'build/b')}]) })`, 'build/b → build/b'],
    [
      `await main({ build: task('Copy', [edge({ rule: 'X', outputs: ['b', './b'], command: [] })]) })`,
      'names one output twice',
    ],
    [`edge({ rule: 'X', outputs: ['build/'], command: ['true'] })`, 'an output is a folder'],
    [`edge({ rule: 'X', outputs: [''], command: ['true'] })`, 'a path is empty'],
    [
      `await main({ build: task('Have', ['no/such']) })`,
      'no/such is missing, and no edge makes it',
      /target of +the task build/,
    ],
    [
      `await main({ build: task('Have', ${copy('build/b', 'a')}) })`,
      'a task has a list of targets',
    ],
    [`await main({ build: task([${copy('build/b', 'a')}]) })`, 'a task begins with what it does'],
    [`await main({ build: [${copy('build/b', 'a')}] })`, 'build is not a task', /given +a list/],
    [
      `await main({ build: task('Have', [{ all: ${copy('build/b', 'a')}, list: [] }]) })`,
      'a handle that this engine does not know',
      'has all, list: one of these may be meant',
    ],
  ]
  for (const [tasks, ...parts] of wrong) {
    tree.tasks(tasks)
    refused(tree.run(['build']), 2, ...parts)
  }
  assert.not.ok(tree.exists('build'))
  tree.tasks(`await main({ build: task('Copy', [${copy('build/b', 'a')}]) })`)
  assert.is(tree.run(['build']).status, 0)
  settled(tree)
})

test('-k goes on past a source that is missing, and past what needs it', () => {
  using tree = new Tree()
  tree.tasks(`
    const copies = ['a', 'b', 'c'].map((name) => edge({ rule: 'COPY', outputs: ['build/' + name],
      inputs: [name], command: ['cp', name, 'build/' + name] }))
    const all = edge({ rule: 'JOIN', outputs: ['build/all'], inputs: copies, captureStdout: true,
      command: ['cat', ...copies.map(({ output }) => output)] })
    await main({ build: task('Copy', [all]), other: task('Other', [copies[2]]) })`)
  for (const name of ['a', 'c']) tree.write(name, name)
  const { status, stdout, stderr } = tree.run(['-k', 'build', 'other'])
  assert.is(status, 1)
  const said = stdout + stderr
  assert.match(said, 'b is missing, and no edge makes it')
  assert.match(said, /needed by +COPY build\/b/)
  assert.match(said, '2 ran, 0 up to date, 1 failed, 1 not tried')
  assert.is(tree.read('build/c'), 'c')
  assert.not(tree.exists('build/all'))
  assert.match(tree.run(['-k', '-n', 'build']).stdout, 'JOIN')
  tree.write('b', 'b')
  assert.match(tree.run(['build']).stdout, '2 ran, 2 up to date')
  assert.is(tree.read('build/all'), 'abc')
})

test('a source that is missing, a folder or a dangling link', () => {
  using tree = new Tree()
  tree.write('a', 'a')
  tree.tasks(`
    const edges = ['a', 'src/a'].map((name) => edge({ rule: 'COPY', outputs: ['build/' + name],
      inputs: [name], orderOnly: ['first'], command: ['cp', name, 'build/' + name] }))
    await main({ build: task('Copy', edges) })`)
  tree.write('first', '')
  const needed = /needed by +COPY build\/src\/a/
  refused(tree.run(['build']), 1, 'src/a is missing, and no edge makes it', needed)
  tree.write('src/a/b', '')
  refused(tree.run(['build', '-n']), 1, 'src/a is a folder', needed)
  tree.remove('src/a')
  fs.symlinkSync('nowhere', tree.at('src/a'))
  refused(tree.run(['build', '--check']), 1, 'src/a', needed)
  tree.remove('src/a')
  fs.symlinkSync('a', tree.at('src/a'))
  refused(tree.run(['build']), 1, 'src/a', 'a loop of symbolic links')
  tree.remove('src/a')
  tree.write('src/a', '')
  tree.remove('first')
  refused(tree.run(['build']), 1, 'first is missing', /needed by +COPY build\/a/)
  tree.write('first', '')
  assert.is(tree.run(['build']).status, 0)
  settled(tree)
})

test('a tool that is not there or does not work', () => {
  using tree = new Tree()
  tree.tasks(`
    const TOOL = setting('TOOL', 'a tool')
    const none = tool({ name: 'frobnicator', setting: TOOL, names: ['no-such-tool', /^broken-(\\d)$/],
      folders: ['${tree.at('bin')}'], version: { args: ['-V'], pattern: /v(\\d+)/ },
      hint: 'install it: apt install frobnicator' })
    await main({ build: task('Use', [edge({ rule: 'USE', outputs: ['build/b'],
      command: [none, 'build/b'] })]) }, { settings: [TOOL] })`)
  const looked = /looked for +no-such-tool/
  refused(tree.run(['build']), 1, 'frobnicator was not found', looked, 'apt install frobnicator')
  tree.write('bin/broken-1', '#!/bin/sh\necho not for this kernel >&2; exit 2\n')
  fs.chmodSync(tree.at('bin/broken-1'), 0o755)
  refused(tree.run(['build']), 1, 'no frobnicator here works', /broken-1 +not for this kernel/)
  refused(tree.run(['build', 'TOOL=/no/such']), 1, /TOOL +\/no\/such/, 'correct TOOL')
  refused(tree.run(['build', 'TOOL=cat']), 1, 'is not a frobnicator that works')
  refused(tree.run(['build', "TOOL='cat"]), 2, 'a quote in TOOL is not closed')
  assert.not.ok(tree.exists('build'))
  tree.write('bin/broken-2', '#!/bin/sh\ncase $1 in -V) echo v2;; *) echo made > $1;; esac\n')
  fs.chmodSync(tree.at('bin/broken-2'), 0o755)
  assert.is(tree.run(['build']).status, 0)
  settled(tree)
})

test('under --json a refusal is an event like any other', () => {
  using tree = new Tree()
  tree.tasks(NAMED)
  const { status, stdout, stderr } = tree.run(['--json', 'build'])
  assert.is(status, 1)
  assert.is(stderr, '')
  const [event, ...more] = stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  assert.equal(more, [])
  assert.equal(event, {
    type: 'failure',
    what: 'a is missing, and no edge makes it',
    facts: [['needed by', 'COPY build/b']],
    hint: 'put the file there, or correct its name in the tasks',
  })
  tree.write('a', 'a')
  assert.is(tree.run(['build']).status, 0)
  settled(tree)
})

test.run()
