// Under --watch --poll changes are found by looking, where the system reports none.
import { rmSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Session } from '../support/eventsession.ts'
import { COMPILE, project, save } from '../support/watchedtree.ts'

/** Nothing is reported of any file. */
const DEAF = {
  NODE_OPTIONS: `--import=${new URL('../fixtures/deafwatch.mjs', import.meta.url)}`,
}

for (const [name, args, environment] of [
  ['--poll', ['-w', '--poll=0.05'], DEAF],
  ['WATCH_POLL', ['-w'], { ...DEAF, WATCH_POLL: '0.05' }],
  ['WATCH_POLL on the line', ['-w', 'WATCH_POLL=0.05'], DEAF],
] as const) {
  test(`sources, headers, new files and tasks.ts are found by looking: ${name}`, async () => {
    using tree = project()
    await using session = new Session(tree, ['build', ...args], environment)
    await session.next('waiting')
    assert.equal(session.ran.sort(), ['build/a.o', 'build/b.o', 'build/list'])

    save(tree, 'src/a.c', 'include/b.h\n')
    assert.equal((await session.next('watch')).changed, ['src/a.c'])
    await session.next('waiting')
    assert.equal(session.ran, ['build/a.o'])

    save(tree, 'include/b.h', 'other')
    assert.equal((await session.next('watch')).changed, ['include/b.h'])
    await session.next('waiting')
    assert.equal(session.ran.sort(), ['build/a.o', 'build/b.o'])

    save(tree, 'lists/2.txt', 'two')
    await session.next('watch')
    await session.next('waiting')
    assert.equal(session.ran, ['build/list'])

    rmSync(tree.at('build/list'))
    await session.next('watch')
    await session.next('waiting')
    assert.equal(session.ran, ['build/list'])

    tree.tasks(`${COMPILE}await main({ build: task('Build', [all]), more: task('More', []) })`)
    assert.match((await session.next('note')).text, 'tasks.ts changed: starting anew')
    await session.next('waiting')
    save(tree, 'include/b.h', 'at last')
    await session.next('watch')
    await session.next('waiting')
    assert.equal(session.ran.sort(), ['build/a.o', 'build/b.o'])
    assert.is(await session.interrupt(), 130)
  })
}

test('what comes with a build starts no other one for ever', async () => {
  using tree = project()
  tree.write('lock', '')
  tree.tasks(`
    const it = edge({ rule: 'L', outputs: ['build/o'], inputs: ['lock'],
      command: ['sh', '-c', 'touch lock build/o'] })
    const other = edge({ rule: 'L', outputs: ['build/p'], inputs: ['src/a.c'], command: ['cp', 'src/a.c', 'build/p'] })
    await main({ build: task('Build', [it, other]) })`)
  await using session = new Session(tree, ['build', '-w', '--poll=0.05'], DEAF)
  await session.next('waiting')
  const told = session.passed.flatMap((event) => (event.type === 'note' ? [event.text] : []))
  assert.match(told.at(-1) ?? '', 'lock changes with every build')
  save(tree, 'src/a.c', 'include/b.h\n')
  assert.equal((await session.next('watch')).changed, ['src/a.c'])
})

test('without it a deaf system is what it is; the options that do not go together are refused', () => {
  using tree = project()
  const refused = tree.run(['build', '--poll'])
  assert.is(refused.status, 2)
  assert.match(refused.stderr, '--poll says how -w watches: -w --poll')
  const wrong = tree.run(['build', '-w', '--poll=often'])
  assert.is(wrong.status, 2)
  assert.match(wrong.stderr, '--poll is not a number of seconds between 0.01 and 60: often')
})

test('the fixture is deaf indeed: without --poll a change is not heard of', async () => {
  using tree = project()
  await using session = new Session(tree, ['build', '-w'], DEAF)
  await session.next('waiting')
  save(tree, 'src/a.c', 'include/b.h\n')
  // Longer than any poll of these tests; a session that hears has built by then.
  const heard = session.next('watch').then(
    () => true,
    () => false,
  )
  const { status } = tree.run(['--version'])
  assert.is(status, 0)
  assert.is(await session.interrupt(), 130)
  assert.not(await heard)
})

test.run()
