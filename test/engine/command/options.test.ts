// Every form in which an option can be written, and what is said of the wrong ones.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type FailureBlock, UserError } from '../../../tasks/engine/base/failure.ts'
import type { Options } from '../../../tasks/engine/build/asked.ts'
import { OPTIONS, parseArguments } from '../../../tasks/engine/command/options.ts'
import { derive, task, taskFamily } from '../../../tasks/engine/declare/index.ts'

const TASKS = {
  build: task('Build', []),
  clean: task('Clean', [], () => {}, { options: { all: 'Everything', deep: 'Deeper' } }),
  run: task('Run', [], () => {}, { options: { all: 'All of them' }, arguments: 'ARGS' }),
}
const SETTINGS = ['CLANG', 'ARCH', 'V']

function parse(...argv: string[]): Options {
  return parseArguments(argv, TASKS, SETTINGS)
}

function refusal(...argv: string[]): FailureBlock {
  try {
    parse(...argv)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    assert.is(error.block.status, 2)
    return error.block
  }
  throw new Error(`accepted: ${argv.join(' ')}`)
}

/** The goals as text: a task with its options, or a file. */
function goals(...argv: string[]): string[] {
  return parse(...argv).goals.map((goal) =>
    goal.kind === 'file' ? goal.path : [goal.name, ...goal.options].join('+'),
  )
}

test('nothing asked for: the list, and every option as it is by default', () => {
  assert.equal(parse(), {
    goals: [],
    args: [],
    settings: new Map(),
    mode: 'list',
    jobs: undefined,
    keepGoing: false,
    force: false,
    dryRun: false,
    check: false,
    explain: false,
    verbose: false,
    quiet: false,
    json: false,
    digest: false,
    noMemo: false,
    colour: 'auto',
    from: undefined,
    directory: undefined,
    words: [],
    watch: false,
    poll: undefined,
    graph: 'dot',
    shell: 'bash',
    trace: undefined,
  })
})

const FLAGS = {
  watch: ['-w', '--watch'],
  keepGoing: ['-k', '--keep-going'],
  force: ['-B', '--force'],
  dryRun: ['-n', '--dry-run'],
  check: ['--check'],
  explain: ['--explain'],
  verbose: ['-v', '--verbose'],
  quiet: ['-q', '--quiet'],
  json: ['--json'],
  digest: ['--digest'],
  noMemo: ['--no-memo'],
} as const

test('each flag sets what it says and nothing else', () => {
  const plain = parse('build')
  for (const [name, forms] of Object.entries(FLAGS)) {
    for (const form of forms) {
      assert.equal(parse(form, 'build'), { ...plain, [name]: true }, form)
      assert.equal(parse('build', form, form), { ...plain, [name]: true }, form)
    }
  }
})

test('there is no option that is not tried here', () => {
  const tried = [...Object.values(FLAGS).flat(), '-l', '--list', '-h', '--help', '--version']
  tried.push('-j', '--jobs', '-C', '--directory', '--color')
  tried.push('--poll', '--graph', '--trace', '--compdb', '--completion')
  const all = Object.values(OPTIONS).flatMap(({ names }) => [...names])
  assert.equal(all.sort(), tried.sort())
})

test('what is drawn, written or completed, and how', () => {
  assert.equal(parse('--graph').mode, 'graph')
  assert.equal([parse('--graph=svg').mode, parse('--graph=svg').graph], ['graph', 'svg'])
  assert.equal(parse('--compdb').mode, 'compdb')
  assert.equal(
    [parse('--completion=zsh').mode, parse('--completion=zsh').shell],
    ['completion', 'zsh'],
  )
  assert.is(parse('build', '--trace', 'out.json').trace, 'out.json')
})

test('what is asked for instead of a build: help before version before list', () => {
  for (const [form, mode] of [
    ['-l', 'list'],
    ['--list', 'list'],
    ['-h', 'help'],
    ['--help', 'help'],
    ['--version', 'version'],
  ]) {
    assert.is(parse('build', form ?? '').mode, mode)
  }
  assert.is(parse('-l', '--version', '-h').mode, 'help')
  assert.is(parse('-l', '--version').mode, 'version')
  assert.is(parse('build').mode, 'build')
  assert.is(parse('CLANG=clang').mode, 'list')
  assert.is(parse('-n').mode, 'list')
})

test('short flags can stand together', () => {
  const { keepGoing, dryRun, verbose, quiet } = parse('-knv', 'build')
  assert.equal([keepGoing, dryRun, verbose, quiet], [true, true, true, false])
  assert.match(refusal('-kx').what, 'there is no option -x (in -kx)')
  assert.match(refusal('-kj4').what, '-j takes a value')
})

test('watching by looking: how often, and only where something is watched', () => {
  assert.is(parse('-w', 'build').poll, undefined)
  assert.is(parse('-w', '--poll', 'build').poll, '0.5')
  assert.is(parse('--poll=2', '-w', 'build').poll, '2')
  assert.match(refusal('--poll', 'build').what, '--poll says how -w watches')
})

test('how many at once', () => {
  for (const form of [['-j4'], ['-j', '4'], ['--jobs=4'], ['--jobs', '4'], ['-j9', '-j4']]) {
    assert.is(parse(...form, 'build').jobs, 4, form.join(' '))
  }
  for (const form of ['-j0', '-jx', '-j-1', '-j=4', '--jobs=', '--jobs=1.5', '-j4k', '-j ']) {
    assert.match(refusal(form, 'build').what, '-j needs a number of at least 1', form)
  }
  assert.match(refusal('-j').what, '-j needs a value: -j N')
  assert.match(refusal('build', '--jobs').what, '--jobs needs a value')
})

test('a folder', () => {
  for (const form of [['-Cdir'], ['-C', 'dir'], ['--directory=dir'], ['--directory', 'dir']]) {
    assert.is(parse(...form).directory, 'dir')
  }
  assert.is(parse('-C', '-k').directory, '-k')
  assert.is(parse('--directory=a=b').directory, 'a=b')
  assert.match(refusal('-C').what, '-C needs a value: -C DIR')
})

test('colour', () => {
  for (const colour of ['auto', 'always', 'never'] as const) {
    assert.is(parse(`--color=${colour}`).colour, colour)
    assert.is(parse('--color', colour).colour, colour)
  }
  assert.match(refusal('--color=red').what, '--color is auto, always or never, not red')
})

test('a flag takes no value', () => {
  assert.match(refusal('--force=yes', 'build').what, '--force takes no value')
  assert.match(refusal('--json=').what, '--json takes no value')
})

test('tasks and files, in order; a task may be asked for twice', () => {
  assert.equal(goals('build', 'a/b.o', 'run', 'build'), ['build', 'a/b.o', 'run', 'build'])
  assert.equal(goals('-', 'constructor', './A=b', '1=2'), ['-', 'constructor', './A=b', '1=2'])
})

test('options of a task belong to the last task before them that has them', () => {
  assert.equal(goals('clean', '--all'), ['clean+all'])
  assert.equal(goals('clean', '--all', '--deep', '--all'), ['clean+all+deep'])
  assert.equal(goals('clean', 'run', '--all'), ['clean', 'run+all'])
  assert.equal(goals('run', 'clean', 'build', 'x', '--all'), ['run', 'clean+all', 'build', 'x'])
  assert.equal(goals('clean', 'run', '--deep'), ['clean+deep', 'run'])
})

test('an option of a task without its task: which ones have it', () => {
  const what = '--all is an option of clean, run: name the task before it'
  assert.is(refusal('--all', 'clean').what, what)
  assert.match(refusal('build', '--deep').what, '--deep is an option of clean')
})

test('an option of a task takes no value, and is told so', () => {
  assert.match(refusal('clean', '--all=yes').what, '--all takes no value')
})

test('an unknown option: the nearest there is', () => {
  assert.match(refusal('--jsno').hint ?? '', '--json')
  assert.match(refusal('--verbos').hint ?? '', '--verbose')
  assert.is(refusal('--jsno').what, 'there is no option --jsno')
  assert.is(refusal('--jbos=4').what, 'there is no option --jbos')
  assert.match(refusal('--zzzzzzzz').what, 'there is no option --zzzzzzzz')
  assert.match(refusal('-x').what, 'there is no option -x')
  assert.match(refusal('-all', 'clean').what, 'there is no option')
})

test('an unknown option of a task: its own are thought of too', () => {
  assert.match(refusal('clean', '--dep').hint ?? '', '--deep')
})

test('settings: the last of each name, and any text after the first =', () => {
  const { settings } = parse('CLANG=clang-19', 'ARCH=', 'CLANG=a=b c\nd', 'build')
  assert.equal([...settings].sort(), [
    ['ARCH', ''],
    ['CLANG', 'a=b c\nd'],
  ])
})

test('an unknown setting: the known ones, and the nearest', () => {
  const block = refusal('CLNAG=x', 'build')
  assert.is(block.what, 'there is no NAME CLNAG to set')
  assert.equal(block.facts, [['known', 'CLANG ARCH V']])
  assert.match(block.hint ?? '', 'did you mean CLANG=')
  assert.match(refusal('NOTHING_LIKE_IT=x').hint ?? '', '--help')
})

test('what follows -- is for a task that takes it, untouched', () => {
  const { args, goals: found, settings } = parse('run', '--', '-x', '--', 'CLANG=1', 'build', '')
  assert.equal(args, ['-x', '--', 'CLANG=1', 'build', ''])
  assert.is(found.length, 1)
  assert.is(settings.size, 0)
  assert.equal(parse('build', 'run', '--', 'x').args, ['x'])
  assert.equal(parse('build', '--').args, [])
  const block = refusal('build', '--', 'a', 'b')
  assert.match(block.what, 'arguments after -- are for a task that takes some')
  assert.equal(block.facts, [['arguments', 'a b']])
})

test('the name of a family may stand apart from it, before arguments', () => {
  const known = derive([], () => [])
  const serve = taskFamily('Serve NAME', known, (name) =>
    task(`Serve ${name}`, [], () => {}, {
      arguments: '[word…]',
      options: { slow: 'Slowly' },
      watch: name === 'watched',
    }),
  )
  const asked = (...argv: string[]) => parseArguments(argv, { ...TASKS, 'serve:NAME': serve }, [])
  for (const words of [
    ['serve:a', '--', 'b'],
    ['serve', '--', 'a', 'b'],
  ]) {
    const { goals: found, args } = asked(...words)
    assert.equal(args, ['b'])
    const [goal] = found
    assert.ok(goal?.kind === 'task' && goal.member?.name === 'a')
    assert.is(goal.task.about, 'Serve a')
  }
  assert.is(asked('serve:watched').watch, true)
  assert.is(asked('serve:a').watch, false)
  const [slow] = asked('serve:a', '--slow').goals
  assert.ok(slow?.kind === 'task' && slow.options.has('slow'))
  assert.throws(() => asked('build', '--slow'), /an option of serve:NAME/)
})

test.run()
