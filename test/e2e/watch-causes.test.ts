// What starts a build under --watch, and what does not; bodies, and keys.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { renameSync, rmSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Session } from '../support/eventsession.ts'
import { inPath, skip } from '../support/needs.ts'
import { tsxCommand } from '../support/runtimes.ts'
import { Tree } from '../support/tree.ts'
import { COMPILE, project, save } from '../support/watchedtree.ts'

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
  const told = session.passed.flatMap((event) => (event.type === 'note' ? [event.text] : []))
  assert.is(told.length, 2, told.join('\n'))
  assert.match(told[0] ?? '', 'lock changed while build/o was made, again')
  assert.match(told[1] ?? '', 'lock changes with every build')
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

const typed = 'on a terminal, r and Enter builds again, h helps, q quits'
if (!inPath('script')) skip(test, typed, 'no script(1) here')
else
  test(typed, async () => {
    using tree = project()
    const command = `${tsxCommand('build', '-w').join(' ')}`
    const child = spawn('script', ['-qefc', command, '/dev/null'], {
      cwd: tree.root,
      env: { ...process.env, TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    let said = ''
    const read = async (text: string): Promise<void> => {
      while (!said.includes(text)) {
        const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
        said += chunk.toString()
      }
      said = ''
    }
    const ended = once(child, 'exit')
    await read('waiting for a change')
    for (const [key, answer] of [
      ['h', 'r build again, c clear the screen, q quit'],
      ['r', 'nothing to do (3 up to date)'],
      ['c', '\u001b[2J'],
    ] as const) {
      child.stdin.write(`${key}\n`)
      await read(answer)
    }
    child.stdin.write('q\n')
    assert.equal(await ended, [0, null])
  })

test.run()
