// Answers of handles: settings, globs, tools, probes, derived values; asked once each.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Answers } from '../../../tasks/engine/answer/answers.ts'
import { type CommandQuestion, OPEN } from '../../../tasks/engine/answer/question.ts'
import { UserError } from '../../../tasks/engine/base/failure.ts'
import {
  type Arg,
  type Askable,
  cosmetic,
  derive,
  edge,
  glob,
  setting,
  source,
  text,
  tool,
  unlisted,
} from '../../../tasks/engine/declare/index.ts'
import { probe } from '../../../tasks/engine/declare/probe.ts'
import { digestOf, everyTool, FakeDisk, fakeAnswers } from '../../support/fakeworld.ts'

class ToolDisk extends FakeDisk {
  override isExecutable(path: string): boolean {
    return this.files.has(path)
  }
  override realPath(path: string): string | undefined {
    return this.files.has(path) ? path : undefined
  }
}

function toolWorld() {
  const disk = new ToolDisk()
  disk.put('/bin/cc', 'binary', { mtime: 77 })
  return { disk, path: ['/bin'] }
}

const version = { args: ['--version'], pattern: /([\d.]+)/ }
const cc = tool({ name: 'cc', names: ['cc'], version, hint: 'install it' })

/** The only question that is open when something is asked. */
function openQuestion(answers: Answers, what: Askable): CommandQuestion {
  assert.is(answers.tryAsk(what), OPEN)
  const [question, ...more] = answers.open.values()
  assert.is(more.length, 0)
  if (question?.kind !== 'command') throw new Error('no command is to be run')
  return question
}

test('a setting is what was set, else its default, and set to nothing is not set', () => {
  const values: Record<string, string> = { A: 'a', EMPTY: '' }
  const answers = fakeAnswers({ setting: (name) => values[name] })
  assert.is(answers.ask(setting('A', '')), 'a')
  assert.is(answers.ask(setting('A', '', 'default')), 'a')
  assert.is(answers.ask(setting('B', '')), undefined)
  assert.is(answers.ask(setting('B', '', 'default')), 'default')
  assert.is(answers.ask(setting('EMPTY', '', 'default')), 'default')
})

test('each handle is asked once, also where there is no answer', () => {
  let asked = 0
  let globbed = 0
  let made = 0
  const answers = fakeAnswers({
    setting: () => {
      asked++
      return undefined
    },
    glob: () => {
      globbed++
      return ['a', 'b']
    },
  })
  const none = setting('A', '')
  const files = glob('*')
  const both = derive([none, files], (one, paths) => {
    made++
    return `${one} ${paths.join(',')}`
  })
  for (let round = 0; round < 3; round++) {
    assert.is(answers.ask(none), undefined)
    assert.is(answers.ask(both), 'undefined a,b')
    assert.equal(answers.ask(files), ['a', 'b'])
  }
  assert.equal([asked, globbed, made], [1, 1, 1])
})

test('words come in order, from everything that a command may hold', () => {
  const made = edge({ rule: 'R', outputs: ['o1', 'o2'], command: [] })
  const answers = fakeAnswers({
    setting: (name) => (name === 'SET' ? 'set' : undefined),
    glob: () => ['g1', 'g2'],
    remembered: () => ['p1', 'p2'],
  })
  const asked = probe({ name: 'p', command: ['x'], read: () => [] })
  const command: readonly Arg[] = [
    'word',
    source('./s'),
    made,
    made.output,
    [['nested', []], 'list'],
    setting('SET', ''),
    setting('UNSET', ''),
    glob('*'),
    asked,
    derive([setting('SET', '')], (value) => [`-D${value}`, source('d')] as Arg),
    derive([], () => undefined),
    cosmetic('--colour'),
  ]
  const words = ['word', 's', 'o1', 'o2', 'o1', 'nested', 'list', 'set', 'g1', 'g2', 'p1', 'p2']
  assert.equal(answers.words(command), [...words, '-Dset', 'd'])
  assert.equal(answers.words(undefined), [])
})

test('unlisted words are run and recorded as any others', () => {
  const command = ['a', unlisted(['-b', derive([], () => '-c')])]
  assert.equal(fakeAnswers().words(command), ['a', '-b', '-c'])
  assert.equal(
    fakeAnswers().words(command, () => []),
    ['a', '-b', '-c'],
  )
})

test('the text of what an edge makes is not known, and nobody takes it for a source', () => {
  const answers = fakeAnswers({ isMade: (path) => path === 'made.c' })
  assert.is(answers.ask(text('made.c')), '')
  assert.is(answers.ask(text('nowhere.c')), undefined)
  assert.equal([...answers.sources], ['nowhere.c'])
})

test('cosmetic words are for running in colour, never for the record', () => {
  const command = ['a', cosmetic('-c', '-d')]
  assert.equal(fakeAnswers({ colour: true }).words(command), ['a', '-c', '-d'])
  assert.equal(fakeAnswers().words(command), ['a'])
  assert.equal(
    fakeAnswers({ colour: true }).words(command, () => []),
    ['a'],
  )
})

test('files come in order, each path once, and what makes a file wins over its name', () => {
  const made = edge({ rule: 'R', outputs: ['b', 'c'], command: [] })
  const answers = fakeAnswers({ glob: () => ['a', 'z'] })
  const listed = answers.files([
    'x/../a',
    'b',
    [glob('*'), [source('a'), 'y']],
    made,
    derive([], () => ['y', 'd']),
    derive([], () => undefined),
  ])
  assert.equal(
    listed.map(({ kind, path }) => `${kind} ${path}`),
    ['source a', 'output b', 'source z', 'source y', 'output c', 'source d'],
  )
  assert.equal(answers.files(undefined), [])
  assert.equal(
    answers.files(['b', made.output, 'b']).map(({ kind }) => kind),
    ['output'],
  )
})

test('a probe that nobody has answered says what to run and what the answer holds for', () => {
  const { disk, path } = toolWorld()
  disk.put('/proc/version', 'linux', { mtime: 5 })
  const remembered = (question: CommandQuestion) =>
    question.key.startsWith('version of') ? ['ok', '12'] : undefined
  const read = () => ['found']
  const includes = probe({
    name: 'includes',
    command: [cc, '-v', cosmetic('x')],
    inputs: ['/proc/version', 'missing'],
    read,
  })
  const question = openQuestion(fakeAnswers({ disk, path, remembered }), includes)
  assert.is(question.key, 'includes: {cc} -v /proc/version missing')
  assert.equal(question.command, ['/bin/cc', '-v'])
  assert.is(question.read, read)
  assert.ok(question.facts.includes(`/bin/cc 6 77 ${digestOf('binary')}`))
  assert.ok(question.facts.includes('missing missing'))
  assert.ok(question.facts.includes('/proc/version 5 5'))
})

test('a probe that reads other files or another binary is another question', () => {
  const facts = (change: (disk: FakeDisk) => void) => {
    const { disk, path } = toolWorld()
    disk.put('f', 'one')
    change(disk)
    const remembered = (question: CommandQuestion) =>
      question.key.startsWith('version of') ? ['ok', '12'] : undefined
    const asked = probe({ name: 'p', command: [cc], inputs: ['f'], read: () => [] })
    return openQuestion(fakeAnswers({ disk, path, remembered }), asked).facts.join('\n')
  }
  const before = facts(() => {})
  assert.is(
    facts(() => {}),
    before,
  )
  assert.is.not(
    facts((disk) => disk.put('f', 'one', { mtime: 2 })),
    before,
  )
  assert.is.not(
    facts((disk) => disk.put('f', 'four')),
    before,
  )
  assert.is.not(
    facts((disk) => disk.files.delete('f')),
    before,
  )
  assert.is.not(
    facts((disk) => disk.put('/bin/cc', 'binarY', { mtime: 78 })),
    before,
  )
})

test('what is open leaves all that depends on it open, and is asked again', () => {
  let answer: readonly string[] | undefined
  const answers = fakeAnswers({ remembered: () => answer })
  const asked = probe({ name: 'p', command: ['x'], read: () => [] })
  const outer = derive([asked], (words) => words.length)
  assert.is(answers.tryAsk(outer), OPEN)
  assert.equal([...answers.open.keys()], ['p: x'])
  const words: string[] = []
  assert.is(answers.addWords(['a', asked, 'b'], words, undefined), false)
  assert.equal(words, ['a', 'b'])
  const files = derive([asked], () => 'file')
  assert.equal(answers.filesSoFar([files, 'other']).isAll, false)
  answer = ['a', 'b']
  assert.is(answers.ask(outer), 2)
  assert.equal(answers.filesSoFar([files, 'other']), {
    files: [
      { kind: 'source', path: 'file' },
      { kind: 'source', path: 'other' },
    ],
    isAll: true,
  })
})

test('where nothing is to be asked, what is open stays so and no question is collected', () => {
  const answers = fakeAnswers()
  const asked = probe({ name: 'p', command: ['x'], read: () => [] })
  assert.is(
    answers.withoutAsking(() => answers.tryAsk(asked)),
    OPEN,
  )
  assert.is(answers.open.size, 0)
  assert.is(answers.tryAsk(asked), OPEN)
  assert.is(answers.open.size, 1)
})

test('a probe of neither tools nor inputs is asked in each build', () => {
  const isVolatile = (asked: Askable) => openQuestion(fakeAnswers(), asked).isVolatile
  const read = () => []
  assert.is(isVolatile(probe({ name: 'p', command: ['git', 'rev-parse'], read })), true)
  assert.is(isVolatile(probe({ name: 'p', command: ['x'], inputs: ['f'], read })), false)
})

test('the variables of a probe are a part of what it asks', () => {
  const CPATH = setting('CPATH', '')
  const asked = probe({
    name: 'p',
    command: ['x'],
    environment: { CPATH, UNSET: [] },
    read: () => [],
  })
  const { key, environment, facts } = openQuestion(fakeAnswers({ setting: () => 'inc' }), asked)
  assert.equal([key, environment, facts], ['p: x CPATH=inc', { CPATH: 'inc' }, ['x', 'CPATH=inc']])
})

test('what an edge makes is not matched by a pattern', () => {
  const answers = fakeAnswers({
    glob: () => ['a.h', 'made.h'],
    isMade: (path) => path === 'made.h',
  })
  assert.equal(answers.ask(glob('*.h')), ['a.h'])
  assert.equal([...answers.sources], ['a.h', 'made.h'])
})

test('a tool is asked about once, and its words are the program', () => {
  let asked = 0
  const answers = fakeAnswers({
    ...toolWorld(),
    remembered: () => {
      asked++
      return ['ok', '12.2']
    },
  })
  assert.equal(answers.ask(cc), {
    words: ['/bin/cc'],
    path: '/bin/cc',
    version: '12.2',
    identity: `/bin/cc 6 77 ${digestOf('binary')}`,
    files: ['/bin/cc'],
  })
  assert.equal(answers.words([cc, '-c']), ['/bin/cc', '-c'])
  assert.is(asked, 1)
  assert.equal(
    answers.words([cc, '-c'], ({ name }, found) => [name, found.version]),
    ['cc', '12.2', '-c'],
  )
})

test('a handle of somebody else is refused, not skipped', () => {
  const answers = fakeAnswers({ remembered: everyTool() })
  const foreign = { kind: 'foreign' } as unknown as string
  const refusal = (error: unknown) => error instanceof UserError && error.block.status === 2
  assert.throws(() => answers.words([foreign]), refusal)
  assert.throws(() => answers.files([foreign]), refusal)
  assert.throws(() => answers.words([7 as unknown as string]), refusal)
})

test.run()
