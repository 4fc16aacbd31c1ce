// Under --watch every change of an input is built, once, whatever happened before.
import { spawnSync } from 'node:child_process'
import { readFileSync, renameSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Session } from '../support/eventsession.ts'
import { Gate } from '../support/heldcommand.ts'
import { inOwnMounts } from '../support/mounts.ts'
import { skip, testWith } from '../support/needs.ts'
import { nodeAlone } from '../support/runtimes.ts'
import { withTracefs } from '../support/tracefs.ts'
import { Tree } from '../support/tree.ts'
import { COMPILE, project, save } from '../support/watchedtree.ts'

test('a source, a found header, a new file of a pattern and a replaced file are built', async () => {
  using tree = project()
  await using session = new Session(tree, ['build', '-w'])
  await session.next('waiting')
  assert.equal(session.ran.sort(), ['build/a.o', 'build/b.o', 'build/list'])

  save(tree, 'src/a.c', 'include/a.h more\n'.replace(' more', ''))
  assert.equal((await session.next('watch')).changed, ['src/a.c'])
  await session.next('waiting')
  assert.equal(session.ran, ['build/a.o'])

  save(tree, 'include/b.h', 'B2')
  assert.equal((await session.next('watch')).changed, ['include/b.h'])
  await session.next('waiting')
  assert.equal(session.ran, ['build/b.o'])

  save(tree, 'lists/2.txt', 'two')
  await session.next('watch')
  await session.next('waiting')
  assert.equal(session.ran, ['build/list'])

  // As editors do: the name stands, the file is another one. Twice, for a watch may be lost.
  for (const text of ['A3', 'A4']) {
    save(tree, 'include/.a.h.swp', text)
    renameSync(tree.at('include/.a.h.swp'), tree.at('include/a.h'))
    await session.next('watch')
    await session.next('waiting')
    assert.equal(session.ran, ['build/a.o'])
    assert.match(tree.read('build/a.o'), text)
  }
  assert.is(await session.interrupt(), 130)
  assert.match(tree.run(['build']).stdout, 'nothing to do (3 up to date)')
})

testWith(
  test,
  ['root', 'mounts'],
  'where tracefs is mounted too: nothing waits in its pipe',
  async () => {
    using tree = project()
    await using session = new Session(tree, ['build', '-w'], {}, (command) =>
      inOwnMounts(withTracefs, command),
    )
    await session.next('waiting')
    assert.equal(session.ran.sort(), ['build/a.o', 'build/b.o', 'build/list'])
  },
)

test('what a task has to say is said once, however often it is built', async () => {
  using tree = project()
  const notes = "{ notes: derive([glob('lists/*.txt')], (lists) => [lists.length + ' lists']) }"
  tree.tasks(`${COMPILE}await main({ build: task('Build', [all, joined], undefined, ${notes}) })`)
  await using session = new Session(tree, ['build', '-w'])
  const said = async (): Promise<readonly string[]> => {
    await session.next('waiting')
    return session.passed.flatMap((event) => (event.type === 'note' ? [event.text] : []))
  }
  assert.equal(await said(), ['1 lists'])
  save(tree, 'include/a.h', 'A2')
  assert.equal(await said(), [])
  save(tree, 'lists/2.txt', 'two')
  assert.equal(await said(), ['2 lists'])
})

for (const flags of [[], ['-k']]) {
  test(`it lives through failures, vanished sources and folders: ${flags}`, async () => {
    using tree = project()
    save(tree, 'include/a.h', 'BAD')
    await using session = new Session(tree, ['build', '-w', ...flags])
    const failed = await session.next('summary')
    assert.is(failed.failed, 1)
    await session.next('waiting')

    // No record says that a.h was read: it failed every time.
    save(tree, 'include/a.h', 'GOOD')
    save(tree, 'src/a.c', 'include/a.h\n')
    assert.is((await session.next('summary')).failed, 0)
    await session.next('waiting')

    rmSync(tree.at('src'), { recursive: true })
    // Without -k nothing runs where a source is missing.
    if (flags.length === 0) await session.next('failure')
    // The files of a folder go one after the other: a build may come in between.
    else while ((await session.next('summary')).failed !== 2);
    await session.next('waiting')
    save(tree, 'src/b.c', 'include/b.h\n')
    save(tree, 'src/a.c', 'include/a.h\n')
    do await session.next('waiting')
    while (!session.passed.some(({ type }) => type === 'summary'))
    save(tree, 'src/a.c', 'include/a.h include/b.h\n')
    await session.next('watch')
    await session.next('waiting')
    assert.match(tree.read('build/a.o'), 'GOODB')
  })
}

test('a burst is one build, and an edit during a build is built after it', async () => {
  using tree = new Tree()
  using gate = new Gate(tree)
  tree.tasks(`
    const slow = edge({ rule: 'SLOW', outputs: ['build/x'], inputs: [glob('src/*')],
      command: ['sh', '-c', 'cat src/* > build/x; ${gate.pass}'] })
    await main({ build: task('Build', [slow]) })`)
  for (let at = 0; at < 50; at++) save(tree, `src/${at}`, 'old')
  await using session = new Session(tree, ['build', '-w'])
  const arrived = (count: number): Promise<void> => gate.arrived(session.ended, count)
  await arrived(1)
  gate.open()
  await session.next('waiting')

  for (let at = 0; at < 50; at++) save(tree, `src/${at}`, 'new')
  await arrived(2)
  // It has read everything, and is not done: this is for the next one.
  save(tree, 'src/7', 'edited during the build')
  gate.open()
  await arrived(3)
  gate.open()
  await session.next('waiting')
  assert.match(tree.read('build/x'), 'edited during the build')
  assert.is(session.ran.length, 2)
  // An unrelated file is no build, and the next one is just one.
  save(tree, 'other', '')
  save(tree, 'src/8', 'last')
  await arrived(4)
  gate.open()
  await session.next('waiting')
  assert.is(session.ran.length, 1)
  assert.is(gate.arrivals, 4)
})

test('git holds a build back while it writes files', async () => {
  using tree = project()
  save(tree, '.git/HEAD', '')
  await using session = new Session(tree, ['build', '-w'])
  await session.next('waiting')
  save(tree, '.git/index.lock', '')
  save(tree, 'include/a.h', 'A2')
  // Only a build that ignored the lock could come in between, and would be an event of its own.
  save(tree, 'include/b.h', 'B2')
  renameSync(tree.at('.git/index.lock'), tree.at('.git/index'))
  assert.equal([...(await session.next('watch')).changed].sort(), ['include/a.h', 'include/b.h'])
  await session.next('waiting')
  assert.equal(session.ran.sort(), ['build/a.o', 'build/b.o'])
})

test('a changed tasks.ts is loaded anew, and a broken one is not', async () => {
  using tree = project()
  await using session = new Session(tree, ['build', '-w'])
  await session.next('waiting')
  const text = tree.read('tasks.ts')
  save(tree, 'tasks.ts', `${text}\nthis is no TypeScript`)
  assert.match((await session.next('failure')).what, 'does not load')
  await session.next('waiting')
  save(tree, 'include/a.h', 'A2')
  await session.next('watch')
  await session.next('waiting')
  assert.equal(session.ran, ['build/a.o'])
  save(
    tree,
    'tasks.ts',
    text.replace("rule: 'CAT'", "rule: 'JOIN'").replace('cat "$@"', 'cat -n "$@"'),
  )
  await session.next('note')
  await session.next('waiting')
  assert.equal(session.ran, ['build/list'])
  save(tree, 'tasks.ts', text)
  await session.next('note')
  await session.next('waiting')
  assert.equal(session.ran, ['build/list'])
  assert.is(await session.interrupt(), 130)
})

const replaced = 'where Node can replace its process, a changed tasks.ts keeps its number'
const alone = nodeAlone()
if ('lacks' in alone) skip(test, replaced, alone.lacks)
else {
  test(replaced, async () => {
    using tree = project()
    const { command } = alone.runtime
    await using session = new Session(tree, ['build', '-w'], {}, (words) => [
      ...command,
      ...words.slice(words.indexOf('tasks.ts') + 1),
    ])
    await session.next('waiting')
    for (const flag of ['-n', '-b']) {
      save(tree, 'tasks.ts', tree.read('tasks.ts').replace(/cat (-n )?"\$@"/, `cat ${flag} "$@"`))
      await session.next('note')
      await session.next('waiting')
      assert.equal(session.ran, ['build/list'])
    }
    // It waits for no other: it is the other. The shells that start its commands are its own.
    const { pid } = session
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    const commands = children.map((child) => readFileSync(`/proc/${child}/cmdline`, 'latin1'))
    assert.ok(commands.length <= availableParallelism(), commands.join(' | '))
    for (const command of commands) assert.match(command, /sh\0-c\0unset PWD/, command)
    assert.is(await session.interrupt(), 130)
  })
}

test('a body is started anew after a success, and goes on through a failure', async () => {
  using tree = project()
  tree.tasks(`${COMPILE}await main({ dev: task('Run', [all], async ({ run, say }) => {
    await run(['sh', '-c', 'echo run $$; exec sleep 1000'], { onLine: say, nothrow: true })
  }, { watch: true }) })`)
  await using session = new Session(tree, ['dev'])
  assert.is((await session.next('started')).build, 1)
  const first = Number((await session.next('output')).text.replace('run ', ''))

  save(tree, 'include/a.h', 'BAD')
  await session.next('finish')
  assert.ok(process.kill(first, 0), 'the first one still runs')

  save(tree, 'include/a.h', 'A2')
  assert.is((await session.next('started')).build, 3)
  assert.throws(() => process.kill(first, 0), /ESRCH/)
  const second = Number((await session.next('output')).text.replace('run ', ''))
  assert.is(await session.interrupt(), 130)
  assert.throws(() => process.kill(second, 0), /ESRCH/)
})

const canLimit = spawnSync('unshare', ['--user', '--map-root-user', 'true']).status === 0
for (const limit of ['watches', 'instances']) {
  const name = `when the system has no more inotify ${limit}, the command that raises them is said`
  if (!canLimit) {
    skip(test, name, 'no user namespaces here')
    continue
  }
  test(name, async () => {
    using tree = project()
    // A limit of its own: user_namespaces(7). One instance is Node's own, for this whole process.
    const lower = `echo ${limit === 'watches' ? 2 : 0} > /proc/sys/user/max_inotify_${limit}`
    await using session = new Session(tree, ['build', '-w'], {}, (command) => [
      ...['unshare', '--user', '--map-root-user', 'sh', '-ec', `${lower}; exec "$@"`, 'sh'],
      ...command,
    ])
    const failure = await session.next('failure')
    assert.match(failure.what, `all inotify ${limit} of this user are in use`)
    assert.equal(failure.facts, [['limit', `/proc/sys/fs/inotify/max_user_${limit}`]])
    assert.match(failure.hint ?? '', `sudo sysctl fs.inotify.max_user_${limit}=`)
    assert.is(await session.ended, 1)
  })
}

test.run()
