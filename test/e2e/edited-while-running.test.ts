// Who edits a file while a command reads it finds it built again, whichever version it read.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { build, settled } from '../support/buildverdicts.ts'
import { Gate } from '../support/heldcommand.ts'
import { Started } from '../support/startedrun.ts'
import { Tree } from '../support/tree.ts'

/** Each source names a header; the command reads both, then waits where there is a file `wait`. */
function readers(tree: Tree, gate: Gate, names: readonly string[]): void {
  tree.write(
    'read.sh',
    `set -e
    header=$(cat src/$1)
    cat src/$1 $header > build/$1
    echo "build/$1: $header" > build/$1.d
    if [ -e wait ] && [ $1 != idle ]; then ${gate.pass}; fi\n`,
  )
  tree.tasks(`
    const read = (name) => edge({ rule: 'READ', outputs: ['build/' + name], inputs: ['src/' + name],
      depfile: 'build/' + name + '.d', command: ['sh', 'read.sh', name] })
    await main({ build: task('Read', ${JSON.stringify(names)}.map(read)) })`)
}

test('an edit of a source, a known header or a new one while its command runs', async () => {
  using tree = new Tree()
  using gate = new Gate(tree)
  const busy = ['source', 'known', 'fresh', 'back']
  readers(tree, gate, [...busy, 'idle'])
  for (const name of [...busy, 'idle']) {
    tree.write(`src/${name}`, `h/${name}`)
    tree.write(`h/${name}`, `${name} one`)
  }
  build(tree)

  tree.write('wait', '')
  tree.write('h/fresh2', 'fresh2 one')
  for (const name of busy) tree.write(`src/${name}`, `h/${name}\n`)
  tree.write('src/fresh', 'h/fresh2\n')
  using running = Started.of(tree, ['build', '-j', '8'])
  await gate.arrived(running.ended, busy.length)
  tree.write('src/source', 'h/known\n')
  tree.write('h/known', 'known two')
  tree.write('h/fresh2', 'fresh2 two')
  // Of the old time and size: only the change time tells.
  const { mtime, atime } = fs.statSync(tree.at('h/back'))
  tree.write('h/back', 'back two')
  fs.utimesSync(tree.at('h/back'), atime, mtime)
  tree.write('src/idle', 'h/known\n')
  gate.open(busy.length)
  assert.is((await running.ended).status, 0)

  tree.remove('wait')
  const { ran, why } = build(tree)
  assert.equal(ran, [...busy, 'idle'].map((name) => `build/${name}`).sort())
  for (const name of busy) assert.equal(why[`build/${name}`], ['changed-during-run'], name)
  assert.is(tree.read('build/source'), 'h/known\nknown two')
  assert.is(tree.read('build/known'), 'h/known\nknown two')
  assert.is(tree.read('build/fresh'), 'h/fresh2\nfresh2 two')
  assert.is(tree.read('build/back'), 'h/back\nback two')
  settled(tree)
})

test('a link or a folder on the way to a header that is switched while its command runs', async () => {
  using tree = new Tree()
  using gate = new Gate(tree)
  readers(tree, gate, ['link', 'folder'])
  tree.write('v1/x.h', 'version one')
  tree.write('v2/x.h', 'version two')
  tree.write('old/y.h', 'version one')
  tree.write('new/y.h', 'version two')
  fs.symlinkSync('v1', tree.at('current'))
  tree.write('src/link', 'current/x.h')
  tree.write('src/folder', 'old/y.h')
  tree.write('wait', '')
  using running = Started.of(tree, ['build', '-j', '2'])
  await gate.arrived(running.ended, 2)
  tree.remove('current')
  fs.symlinkSync('v2', tree.at('current'))
  fs.renameSync(tree.at('old'), tree.at('older'))
  fs.renameSync(tree.at('new'), tree.at('old'))
  gate.open(2)
  assert.is((await running.ended).status, 0)
  tree.remove('wait')
  build(tree)
  assert.is(tree.read('build/link'), 'current/x.hversion two')
  assert.is(tree.read('build/folder'), 'old/y.hversion two')
  settled(tree)
})

test('a generated file that is edited while it is read, and put back before the end', async () => {
  using tree = new Tree()
  using gate = new Gate(tree)
  tree.write('a', 'as made')
  tree.write('b', 'one')
  // The second command reads what the first made, after we came and before we went.
  tree.write('read.sh', `set -e\n${gate.pass}\ncat build/a > build/b\n${gate.pass}\n`)
  tree.tasks(`
    const a = edge({ rule: 'COPY', outputs: ['build/a'], inputs: ['a'], command: ['cp', 'a', 'build/a'] })
    const b = edge({ rule: 'READ', outputs: ['build/b'], inputs: [a, 'b'],
      command: ['sh', 'read.sh'] })
    await main({ build: task('Read', [b]) })`)
  using running = Started.of(tree, ['build'])
  await gate.arrived(running.ended, 1)
  tree.write('build/a', 'mine')
  gate.open(1)
  await gate.arrived(running.ended, 2)
  tree.write('build/a', 'as made')
  gate.open(1)
  assert.is((await running.ended).status, 0)
  assert.is(tree.read('build/b'), 'mine')

  using again = Started.of(tree, ['build'])
  gate.open(2)
  assert.is((await again.ended).status, 0)
  assert.is(tree.read('build/b'), 'as made')
})

test('an edit between the plan and the start of a command is read, and built once', async () => {
  using tree = new Tree()
  using gate = new Gate(tree)
  tree.tasks(`
    const first = edge({ rule: 'WAIT', outputs: ['build/first'], inputs: ['a'],
      command: ['sh', '-c', '${gate.pass}; cp a build/first'] })
    const second = edge({ rule: 'COPY', outputs: ['build/second'], inputs: ['b'], orderOnly: [first],
      command: ['cp', 'b', 'build/second'] })
    await main({ build: task('Build', [second]) })`)
  tree.write('a', 'a')
  tree.write('b', 'one')
  using running = Started.of(tree)
  await gate.arrived(running.ended)
  tree.write('b', 'two')
  gate.open()
  assert.is((await running.ended).status, 0)
  assert.is(tree.read('build/second'), 'two')
  settled(tree)
})

test.run()
