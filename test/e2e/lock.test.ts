// One build at a time in one build folder: others wait, and whoever died holds nothing.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { noStack, settled } from '../support/buildverdicts.ts'
import { Gate } from '../support/heldcommand.ts'
import { Started, withEach } from '../support/startedrun.ts'
import { eventsOf, Tree } from '../support/tree.ts'

const LOCK = 'build/.tasks/lock'

function slowTree(gate?: Gate, tree: Tree = new Tree()): Tree {
  const pass = gate === undefined ? '' : `if [ -e wait ]; then ${gate.pass}; fi;`
  tree.tasks(`
    const b = edge({ rule: 'COPY', outputs: ['build/b'], inputs: ['a'],
      command: ['sh', '-c', 'echo >> runs; ${pass} cp a build/b'] })
    await main({ build: task('Copy', [b]) })`)
  tree.write('a', 'a')
  return tree
}

test('builds that are started at once run one after the other, and say for whom they wait', async () => {
  using tree = new Tree()
  using gate = new Gate(tree)
  slowTree(gate, tree)
  tree.write('wait', '')
  using first = Started.of(tree)
  await gate.arrived(first.ended)
  using second = Started.of(tree, ['build', '--json'])
  using third = Started.of(tree, ['build', '-B'])
  await Promise.all([second.wrote('waiting for'), third.wrote('waiting for')])
  tree.remove('wait')
  gate.open()
  const [one, two, three] = await Promise.all([first.ended, second.ended, third.ended])
  assert.equal([one.status, two.status, three.status], [0, 0, 0])
  const who = `waiting for process ${first.child.pid} (tasks.ts build), which builds here`
  assert.match(three.stderr, `note: ${who}\n`)
  const events = eventsOf(two.stdout)
  assert.equal(events[0], { type: 'note', text: who })
  assert.is(tree.read('runs').length, 2)
  assert.is(tree.read('build/b'), 'a')
  assert.not.ok(tree.exists(LOCK))
  settled(tree)
})

test('asking waits for nobody', async () => {
  using tree = new Tree()
  using gate = new Gate(tree)
  slowTree(gate, tree)
  tree.write('wait', '')
  using first = Started.of(tree)
  await gate.arrived(first.ended)
  assert.is((await Started.of(tree, ['build', '--check']).ended).status, 1)
  assert.match((await Started.of(tree, ['build', '-n']).ended).stdout, '1 would run')
  assert.is((await Started.of(tree, ['--list']).ended).status, 0)
  gate.open()
  assert.is((await first.ended).status, 0)
  settled(tree)
})

test('a lock that nobody living holds is taken over', async () => {
  // A true one first: what a process that is no more has left.
  using model = new Tree()
  using gate = new Gate(model)
  slowTree(gate, model)
  model.write('wait', '')
  using dead = Started.of(model)
  await gate.arrived(dead.ended)
  const text = model.read(LOCK)
  dead.kill()
  await dead.ended
  const owner = JSON.parse(text) as Record<string, unknown>
  const left: Readonly<Record<string, (path: string) => void>> = {
    'of the dead': (path) => fs.writeFileSync(path, text),
    'of a number that another process has now': (path) =>
      fs.writeFileSync(path, JSON.stringify({ ...owner, pid: process.pid })),
    'of another boot': (path) =>
      fs.writeFileSync(path, JSON.stringify({ ...owner, pid: process.pid, boot: 'x' })),
    empty: (path) => fs.writeFileSync(path, ''),
    torn: (path) => fs.writeFileSync(path, text.slice(0, -9)),
    'of other types': (path) => fs.writeFileSync(path, JSON.stringify({ ...owner, pid: 'one' })),
    garbage: (path) => fs.writeFileSync(path, Buffer.from([0, 255, 254, 10])),
    'a folder': (path) => fs.mkdirSync(`${path}/x`, { recursive: true }),
    'a dangling link': (path) => fs.symlinkSync('nowhere', path),
    'a link to a file': (path) => fs.symlinkSync('../../a', path),
  }
  await withEach(Object.entries(left), async ([name, leave]) => {
    using tree = slowTree()
    fs.mkdirSync(tree.at('build/.tasks'), { recursive: true })
    leave(tree.at(LOCK))
    const { status, stdout, stderr } = await Started.of(tree).ended
    assert.is(status, 0, `${name}: ${stderr}`)
    assert.match(stdout, '1 ran')
    assert.is(tree.read('build/b') + tree.read('a'), 'aa', name)
    assert.equal(fs.readdirSync(tree.at('build/.tasks')).sort(), ['last.json', 'log'], name)
    if (name === 'garbage') settled(tree)
  })
})

test('an edge that builds its own tree is refused at once, and says by whom it was started', async () => {
  using tree = new Tree()
  tree.tasks(`
    const inner = edge({ rule: 'IN', outputs: ['build/inner'], command: ['touch', 'build/inner'] })
    const outer = edge({ rule: 'OUT', outputs: ['build/outer'],
      command: ${JSON.stringify(['sh', '-c', 'exec "$@" >&2', 'sh', ...tree.command, 'build/inner'])} })
    await main({ build: task('Both', [outer, inner]) })`)
  const { status, stderr, stdout } = await Started.of(tree, ['build/outer']).ended
  assert.is(status, 1)
  assert.match(stdout + stderr, 'started by a command of a build of the same tree')
})

test('a build folder that cannot be one is said', async () => {
  const wrong: Readonly<Record<string, (tree: Tree) => void>> = {
    'build is a file': (tree) => tree.write('build', ''),
    'build/.tasks is a file': (tree) => tree.write('build/.tasks', ''),
    'build is a loop': (tree) => fs.symlinkSync('build', tree.at('build')),
    'build is a dangling link': (tree) => fs.symlinkSync('no/where', tree.at('build')),
  }
  await withEach(Object.entries(wrong), async ([name, spoil]) => {
    using tree = slowTree()
    spoil(tree)
    const ended = await Started.of(tree).ended
    assert.is(ended.status, 1, name)
    noStack(ended)
    assert.match(ended.stderr, /^error: cannot .*build/, name)
    assert.not.ok(tree.exists('runs'))
    fs.unlinkSync(tree.at(name.startsWith('build/') ? 'build/.tasks' : 'build'))
    assert.is((await Started.of(tree).ended).status, 0)
    if (name === 'build is a file') settled(tree)
  })
})

test.run()
