// Under --watch every change of an input is built, once, whatever happened before.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Session } from '../support/eventsession.ts'
import { Gate } from '../support/heldcommand.ts'
import { inOwnMounts } from '../support/mounts.ts'
import { skip, testWith } from '../support/needs.ts'
import { nodeAlone } from '../support/runtimes.ts'
import { withTracefs } from '../support/tracefs.ts'
import { Tree } from '../support/tree.ts'

/** A stand-in for a compiler: joins a.c and what it names, and says what it read. */
const CC =
  'set -e; read head < $0; for f in $0 $head; do cat $f; done > $1; echo "$1: $0 $head" > $1.d; ! grep -q BAD $0 $head'
const COMPILE = `
const compile = (name) => edge({
  rule: 'CC', outputs: ['build/' + name + '.o'], inputs: ['src/' + name + '.c'],
  depfile: 'build/' + name + '.o.d',
  command: ['sh', '-c', ${JSON.stringify(CC)}, 'src/' + name + '.c', 'build/' + name + '.o'],
})
const all = [compile('a'), compile('b')]
const joined = edge({ rule: 'CAT', outputs: ['build/list'], inputs: [glob('lists/*.txt')],
  command: ['sh', '-c', 'cat "$@" > build/list', 'sh', glob('lists/*.txt')] })
`

/** At once, so that one save is one change however slow the machine is. */
function save(tree: Tree, path: string, text: string): void {
  tree.write('build/saved', text)
  mkdirSync(dirname(tree.at(path)), { recursive: true })
  renameSync(tree.at('build/saved'), tree.at(path))
}

function project(): Tree {
  const tree = new Tree()
  tree.tasks(`${COMPILE}await main({ build: task('Build', [all, joined]) })`)
  save(tree, 'src/a.c', 'include/a.h\n')
  save(tree, 'src/b.c', 'include/b.h\n')
  save(tree, 'include/a.h', 'A')
  save(tree, 'include/b.h', 'B')
  save(tree, 'lists/1.txt', 'one')
  return tree
}

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

testWith(test, ['root'], 'where tracefs is mounted too: nothing waits in its pipe', async () => {
  using tree = project()
  await using session = new Session(tree, ['build', '-w'], {}, (command) =>
    inOwnMounts(withTracefs, command),
  )
  await session.next('waiting')
  assert.equal(session.ran.sort(), ['build/a.o', 'build/b.o', 'build/list'])
})

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

test('it lives through failures, vanished sources and folders', async () => {
  using tree = project()
  save(tree, 'include/a.h', 'BAD')
  await using session = new Session(tree, ['build', '-w', '-k'])
  const failed = await session.next('summary')
  assert.is(failed.failed, 1)
  await session.next('waiting')

  // No record says that a.h was read: it failed every time.
  save(tree, 'include/a.h', 'GOOD')
  save(tree, 'src/a.c', 'include/a.h\n')
  assert.is((await session.next('summary')).failed, 0)
  await session.next('waiting')

  rmSync(tree.at('src'), { recursive: true })
  await session.next('failure')
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

test('what no build reads starts none: not its own log, nor another file beside a source', async () => {
  using tree = project()
  // Joined from a pattern, so its folder is watched for names; and `a` fails, so all in `src` matters.
  save(tree, 'include/a.h', 'BAD')
  tree.write('src/build.log', '')
  const toLog = (command: readonly string[]) => [
    ...['sh', '-c', '"$@" 2>src/build.log', 'sh'],
    ...command,
  ]
  await using session = new Session(tree, ['build', '-w', '-k'], {}, toLog)
  await session.next('waiting')
  // Its own log grows.
  tree.write('src/build.log', 'more\n')
  save(tree, 'lists/.1.txt.swp', 'x')
  save(tree, 'lists/1.txt', 'only this')
  assert.equal((await session.next('watch')).changed, ['lists/1.txt'])
  await session.next('waiting')
  assert.equal(session.ran.sort(), ['build/a.o', 'build/list'])
})

test('a broken header that more edges read than run at once is one build', async () => {
  using tree = project()
  save(tree, 'src/b.c', 'include/a.h\n')
  await using session = new Session(tree, ['build', '-w', '-j1'])
  await session.next('waiting')
  save(tree, 'include/a.h', 'BAD')
  await session.next('watch')
  await session.next('waiting')
  // Only another build could come in between.
  save(tree, 'include/a.h', 'GOOD')
  const { build } = await session.next('watch')
  assert.is(build, 3)
  await session.next('waiting')
  assert.equal(session.ran.sort(), ['build/a.o', 'build/b.o'])
})

test('a command that changes its own input is named, and does not run for ever', async () => {
  using tree = new Tree()
  tree.write('lock', '')
  tree.tasks(`
    const it = edge({ rule: 'L', outputs: ['build/o'], inputs: ['lock'],
      command: ['sh', '-c', 'touch lock build/o'] })
    await main({ build: task('Build', [it]) })`)
  await using session = new Session(tree, ['build', '-w'])
  await session.next('waiting')
  const told = session.passed.filter(({ type }) => type === 'note')
  assert.is(told.length, 1, JSON.stringify(told))
  assert.match(JSON.stringify(told), 'lock changes with every build')
  assert.is(session.ran.length, 2)
})

test('an output that is removed by hand is made again', async () => {
  using tree = project()
  await using session = new Session(tree, ['build', '-w'])
  await session.next('waiting')
  rmSync(tree.at('build/b.o'))
  assert.equal((await session.next('watch')).changed, ['build/b.o'])
  await session.next('waiting')
  assert.equal(session.ran, ['build/b.o'])
})

test('a body is started anew when what it needs is another, whoever has made it, and else goes on', async () => {
  using tree = project()
  save(tree, '.git/HEAD', '')
  tree.tasks(`${COMPILE}await main({
    build: task('Build', [all]),
    dev: task('Run', [all], async ({ run }) => {
      await run(['sh', '-c', 'exec sleep 1000'], { nothrow: true })
    }, { watch: true }),
  })`)
  await using session = new Session(tree, ['dev'])
  await session.next('started')
  await session.next('waiting')

  // While git writes files, the watcher waits: another run is first.
  save(tree, '.git/index.lock', '')
  save(tree, 'include/a.h', 'A2')
  assert.match(tree.run(['build']).stdout, '1 ran')
  renameSync(tree.at('.git/index.lock'), tree.at('.git/index'))
  await session.next('started')
  assert.equal(session.ran, [])
  await session.next('waiting')

  // Built again, and the same.
  save(tree, 'src/b.c', tree.read('src/b.c'))
  await session.next('watch')
  await session.next('waiting')
  assert.equal(session.ran, ['build/b.o'])
  assert.not(session.passed.some(({ type }) => type === 'started'))
})

test('a module that is away for a moment ends no watcher', async () => {
  using tree = project()
  tree.tasks(`${COMPILE}await main({ dev: task('Run', [all], async ({ say }) => {
    const { text } = await import(${JSON.stringify(tree.at('late.mjs'))})
    say(text)
  }, { watch: true }) })`)
  await using session = new Session(tree, ['dev'])
  assert.match((await session.next('failure')).what, 'a module cannot be loaded')
  tree.write('late.mjs', "export const text = 'loaded'")
  save(tree, 'include/a.h', 'A2')
  assert.is((await session.next('output')).text, 'loaded')
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
