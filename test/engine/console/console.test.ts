// What people and programs see of each event, on a terminal and elsewhere.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../../tasks/engine/base/events.ts'
import {
  type ConsoleOptions,
  makeConsole,
  PLAIN,
  safe,
  seconds,
} from '../../../tasks/engine/console/console.ts'

interface Shown {
  readonly out: string
  readonly err: string
  /** What a terminal shows in the end, both streams together. */
  readonly screen: string
}

function show(events: readonly Event[], options: Partial<ConsoleOptions> = {}, columns = 0): Shown {
  let [out, err, both] = ['', '', '']
  const terminal = columns > 0 ? { isTTY: true, columns } : {}
  const stdout = {
    ...terminal,
    write: (text: string) => {
      out += text
      both += text
    },
  }
  const stderr = {
    ...terminal,
    write: (text: string) => {
      err += text
      both += text
    },
  }
  const console = makeConsole({ ...PLAIN, ...options }, stdout, stderr)
  for (const event of events) console.emit(event)
  return { out, err, screen: screenOf(both, columns) }
}

/** Plays text on a terminal: line ends, returns, and the erasing of a line. */
function screenOf(text: string, columns: number): string {
  const lines = ['']
  for (const [part] of text.matchAll(/\u001b\[2K|\u001b\[[\d;]*m|[\s\S]/gu)) {
    const last = lines.length - 1
    if (part === '\n') lines.push('')
    else if (part === '\u001b[2K') lines[last] = ''
    else if (part !== '\r' && !part.startsWith('\u001b')) lines[last] += part
    // A line that is too long goes on below, where no erasing reaches it.
    if (columns > 0 && (lines[last]?.length ?? 0) > columns) lines.push('')
  }
  return lines.join('\n')
}

const start = (path: string): Event => ({
  type: 'start',
  rule: 'CC',
  outputs: [path],
  command: ['cc', '-c', 'a b.c'],
})
const finish = (path: string, more: Partial<Extract<Event, { type: 'finish' }>> = {}): Event => ({
  type: 'finish',
  rule: 'CC',
  outputs: [path],
  command: ['cc', '-c', 'a b.c'],
  status: 'ok',
  ms: 5,
  output: '',
  ...more,
})
const summary = (more: Partial<Extract<Event, { type: 'summary' }>> = {}): Event => ({
  type: 'summary',
  ran: 2,
  upToDate: 3,
  failed: 0,
  skipped: 0,
  ms: 3200,
  ...more,
})
const plan: Event = { type: 'plan', edges: 5, stale: 2 }
const stale: Event = {
  type: 'stale',
  outputs: ['a.o'],
  rule: 'CC',
  reasons: [{ kind: 'never-built' }, { kind: 'output-missing', path: 'a.d' }],
}
const failed = finish('a.o', {
  status: 'failed',
  output: 'a.c:1: error\n',
  failure: { what: 'ended with status 1' },
  path: ['top', 'a.o'],
})
const build = [plan, stale, start('a.o'), start('b.o'), finish('b.o'), finish('a.o'), summary()]

test('by default one line an edge, and one of counts', () => {
  assert.equal(show(build), {
    out: 'CC    b.o\nCC    a.o\n2 ran, 3 up to date, 0 failed in 3.2 s\n',
    err: '',
    screen: 'CC    b.o\nCC    a.o\n2 ran, 3 up to date, 0 failed in 3.2 s\n',
  })
})

test('nothing to do is said', () => {
  const { out } = show([{ ...plan, stale: 0 }, summary({ ran: 0, upToDate: 42 })])
  assert.is(out, 'nothing to do (42 up to date)\n')
})

test('verbose shows commands that can be pasted', () => {
  assert.match(show(build, { verbose: true }).out, "cc -c 'a b.c'\ncc -c 'a b.c'\n2 ran")
})

test('explain shows each reason', () => {
  const { out } = show(build, { explain: true })
  assert.match(out, 'stale a.o: never built\nstale a.o: a.d is missing\n')
  assert.not.match(show(build).out, 'stale')
})

test('quiet shows failures, and what commands say, and nothing else', () => {
  const all: Event[] = [...build, { type: 'removed', path: 'x' }, finish('c.o', { output: 'hm' })]
  assert.equal(show(all, { quiet: true }), { out: '', err: 'hm\n', screen: 'hm\n' })
  const { out, err } = show([plan, start('a.o'), failed, summary({ failed: 1 })], { quiet: true })
  assert.is(out, '')
  assert.match(err, 'FAILED CC    a.o')
  assert.match(err, 'a.c:1: error')
})

test('silent says nothing of the build', () => {
  const note: Event = { type: 'note', text: 'waiting' }
  const silent = show([plan, stale, note, summary()], { silent: true, explain: true })
  assert.is(silent.screen, '')
})

test('what a command wrote is shown whole, on stderr', () => {
  const { out, err } = show([finish('a.o', { output: 'warning: x\n  here\n' })])
  assert.is(err, 'warning: x\n  here\n')
  assert.is(out, 'CC    a.o\n')
})

test('a command is shown as it can be pasted, with its folder and its variables', () => {
  const more = { directory: 'a b', environment: { MODE: 'x y' } }
  const { err } = show([plan, { ...failed, ...more } as Event])
  assert.match(err, `    command    (cd 'a b' && MODE='x y' cc -c 'a b.c')\n`)
})

test('a line break in a name is shown, and begins no line', () => {
  const { out } = show([plan, finish('a\nFAILED b', { rule: 'C\nC' })])
  assert.is(out, 'C\\x0aC a\\x0aFAILED b\n')
})

test('a single failure that was said last is not said again', () => {
  const once = show([plan, failed, summary({ ran: 1, failed: 1 })]).err
  assert.is(once.split('ended with status 1').length, 2)
  const twice = show([plan, failed, failed, summary({ ran: 2, failed: 2 })]).err
  assert.is(twice.match(/^failed: /gm)?.length, 2)
})

test('a failure: output, reason, command and the way to it; and again when more was said', () => {
  const { out, err } = show([
    plan,
    start('a.o'),
    failed,
    finish('b.o'),
    summary({ ran: 1, failed: 1, skipped: 2 }),
  ])
  assert.is(
    err,
    [
      'FAILED CC    a.o',
      'a.c:1: error',
      '  error: ended with status 1',
      "    command    cc -c 'a b.c'",
      '    needed by  top → a.o',
      'failed: CC    a.o (ended with status 1)',
      '',
    ].join('\n'),
  )
  assert.is(out, 'CC    b.o\n1 ran, 3 up to date, 1 failed, 2 not tried in 3.2 s\n')
})

test('what was interrupted is no failure', () => {
  const { err } = show([plan, finish('a.o', { status: 'interrupted' }), summary({ skipped: 1 })])
  assert.is(err, '')
})

test('a dry run shows what would run', () => {
  const events = [plan, stale, start('a.o'), summary({ ran: 0, wouldRun: 1 })]
  assert.is(show(events, { dryRun: true }).out, 'CC    a.o\n1 would run, 3 up to date\n')
  const { out } = show(events, { dryRun: true, verbose: true })
  assert.is(out, "cc -c 'a b.c'\n1 would run, 3 up to date\n")
})

test('json: every event is one line, and nothing else is written', () => {
  const events: Event[] = [...build, failed, { type: 'note', text: 'a\nb\u001b[2J' }]
  const { out, err } = show(events, { json: true, quiet: true, silent: true }, 80)
  const lines = out.split('\n')
  assert.is(lines.pop(), '')
  assert.equal(
    lines.map((line) => JSON.parse(line)),
    events,
  )
  assert.is(err, '')
})

test('failures, notes, checks, tasks and bodies', () => {
  const { out, err } = show([
    { type: 'failure', what: 'no', facts: [['in', 'x']], hint: 'mend' },
    { type: 'note', text: 'waiting' },
    {
      type: 'tasks',
      tasks: [
        { name: 'b', about: 'B' },
        { name: 'build', about: 'All' },
      ],
    },
    { type: 'check', name: 'clang', status: 'ok', detail: '19' },
    { type: 'check', name: 'btf', status: 'missing', detail: 'none', hint: 'install' },
    { type: 'body', task: 'run' },
    { type: 'output', text: 'said' },
    { type: 'removed', path: 'x' },
  ])
  assert.is(err, 'error: no\n  in  x\n  mend\nnote: waiting\n')
  assert.match(out, '  b      B\n  build  All\n')
  assert.match(out, /^clang +OK +19$/m)
  assert.match(out, /^btf +missing +none\n +→ install$/m)
  assert.match(out, /run: would run its body\nsaid\nremoved x\n$/)
})

test('without colour there is not one escape, with it there are', () => {
  const events: Event[] = [...build, failed, summary({ failed: 1 }), { type: 'note', text: 'x' }]
  const { out, err } = show(events, { explain: true })
  assert.not.match(out + err, '\u001b')
  const coloured = show(events, { explain: true, colour: true })
  assert.match(coloured.out, '\u001b[33mstale')
  assert.match(coloured.err, '\u001b[31mFAILED')
})

const EVIL = 'a\u001b]0;title\u0007b\u001b[2Jc\rd\u009b5n\u0000e\u0085f\bg'

test('what acts on a terminal is shown as an escape instead', () => {
  const shown = 'a\\x1b]0;title\\x07b\\x1b[2Jc\\x0dd\\x9b5n\\x00e\\x85f\\x08g'
  assert.is(safe(EVIL, false), shown)
  assert.is(safe(EVIL, true), shown)
  assert.is(safe('a\tb\r\nc\nä', false), 'a\tb\nc\nä')
})

test('colours of commands stay where they are wanted', () => {
  const text = '\u001b[1;31mred\u001b[0m \u001b[38:5:1mx\u001b[m'
  assert.is(safe(text, true), text)
  assert.is(safe(text, false), 'red x')
})

/** Each event with something evil in all that it shows. */
const evil: Readonly<Record<string, Event>> = {
  output: { type: 'output', text: EVIL },
  note: { type: 'note', text: EVIL },
  removed: { type: 'removed', path: EVIL },
  'a finished edge': finish(EVIL, { output: EVIL }),
  'a failed edge': finish(EVIL, {
    status: 'failed',
    command: [EVIL],
    output: EVIL,
    path: [EVIL, EVIL],
    failure: { what: EVIL, facts: [['x', EVIL]], hint: EVIL },
  }),
  'a command': finish('x', { command: [EVIL] }),
  failure: { type: 'failure', what: EVIL, facts: [['x', EVIL]], hint: EVIL },
  'a reason': { ...stale, reasons: [{ kind: 'output-missing', path: EVIL }] },
  'a stale output': { ...stale, outputs: [EVIL] },
  'a check': { type: 'check', name: EVIL, status: 'missing', detail: EVIL, hint: EVIL },
}
for (const [name, event] of Object.entries(evil)) {
  test(`no escape of somebody else reaches the terminal: ${name}`, () => {
    for (const verbose of [false, true]) {
      const { out, err } = show([event], { verbose, explain: true })
      assert.not.match(out + err, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
    }
  })
}

test('a command that leaves its colour on does not colour what follows', () => {
  const events = [finish('a.o', { output: '\u001b[31mred' }), finish('b.o')]
  const { err } = show(events, { colour: true })
  assert.match(err, /red\u001b\[(0|39)?m\n$/)
})

test('on a terminal one line tells how far it is, and nothing of it stays', () => {
  const live = show([plan, start('a.o'), start('b.o'), finish('a.o')], {}, 80)
  assert.is(live.screen, '[1/2] CC b.o')
  const done = show(build, {}, 80)
  assert.is(done.screen, '2 ran, 3 up to date, 0 failed in 3.2 s\n')
  const whole = show(
    [plan, start('a.o'), finish('a.o', { output: 'hm\n' }), failed, summary()],
    {},
    80,
  )
  assert.match(whole.screen, /^hm\nFAILED CC {4}a.o\n/)
  assert.not.match(whole.screen, '[')
})

test('the line is cut to the terminal, so that it can be erased', () => {
  for (const columns of [10, 20, 40]) {
    const path = 'a/very/long/path/to/some/file/that/is/made.o'
    const live = show([plan, start(path)], {}, columns)
    assert.ok(live.screen.length < columns)
    assert.not.match(live.screen, '\n')
    const done = show([plan, start(path), finish(path), summary()], {}, columns)
    assert.match(done.screen, /^2 ran/)
  }
})

test('where the line is cut, the name gives way to what is left to do', () => {
  const event = { ...start('a/file_of_a_long_name.bpf.o'), leftMs: 12_000 } as Event
  assert.is(show([plan, event], {}, 80).screen, '[0/2] CC file_of_a_long_name.bpf.o  eta 12 s')
  assert.is(show([plan, event], {}, 31).screen, '[0/2] CC file_of_a_…  eta 12 s')
})

test('no such line where it is not wanted', () => {
  const events = [plan, start('a.o')]
  for (const options of [
    { quiet: true },
    { dryRun: true, quiet: true },
    { verbose: true },
    { dumb: true },
  ]) {
    assert.not.match(show(events, options, 80).out, '[0/2]')
  }
  assert.is(show(events).out, '')
})

test('times', () => {
  const times: Record<string, number> = {
    '0.00 s': 0,
    '0.04 s': 40,
    '0.1 s': 100,
    '3.2 s': 3200,
    '59.9 s': 59_900,
    '1 min 0 s': 60_000,
    '1 min 5 s': 65_000,
    '2 min 0 s': 119_600,
    '61 min 1 s': 3_661_000,
  }
  for (const [text, ms] of Object.entries(times)) assert.is(seconds(ms), text)
})

test('an interrupted build says so, and what it left', () => {
  const totals = { ran: 1, upToDate: 2, failed: 0, skipped: 3, interrupted: true } as const
  const { out } = show([{ type: 'summary', ...totals, ms: 1200 }])
  assert.is(out, 'interrupted: 1 ran, 2 up to date, 0 failed, 3 not done in 1.2 s\n')
})

test('a command is shown whole as long as it can be pasted, and cut where no shell could start it', () => {
  const shown = (length: number): string => {
    const command = ['ar', 'x'.repeat(length)]
    const common = { rule: 'AR', outputs: ['a'], status: 'failed', ms: 1, output: '' } as const
    return show([{ type: 'finish', ...common, command }]).err
  }
  assert.ok(shown(1 << 20).includes(`ar ${'x'.repeat(1 << 20)}\n`))
  const cut = shown(1 << 21)
  assert.ok(cut.length < 5000)
  assert.match(cut, 'x … (2097155 characters, too long to be pasted)')
})

test.run()
