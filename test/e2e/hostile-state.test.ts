// Whoever can write into build/.tasks can make a build do too much, and nothing else.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { LOCK_VARIABLE } from '../../tasks/engine/files/lock.ts'
import { build, settled } from '../support/buildverdicts.ts'
import { Gate } from '../support/heldcommand.ts'
import { Started } from '../support/startedrun.ts'
import { Tree } from '../support/tree.ts'

const STATE = 'build/.tasks'

/** A probe whose answer goes into a command: how often it was asked is how long `asked` is. */
function asking(): Tree {
  const tree = new Tree()
  tree.tasks(`
    const flags = probe({ name: 'flags', command: ['sh', '-c', 'echo >> asked; expr 111111 "*" 1111111'], inputs: ['question'],
      read: ({ stdout }) => stdout.trim().split(' ') })
    const b = edge({ rule: 'WRITE', outputs: ['build/b'], inputs: ['a'], captureStdout: true,
      command: ['sh', '-c', 'cat a; echo $0', flags] })
    await main({ build: task('Write', [b]) })`)
  tree.write('a', 'one ')
  tree.write('question', '?')
  assert.is(build(tree).status, 0)
  assert.is(tree.read('build/b'), 'one 123456654321\n')
  return tree
}

/** A copy of the whole tree, as it would be unpacked elsewhere: the same bytes, times and modes. */
function copyOf(tree: Tree): Tree {
  const copy = new Tree()
  // To the nanosecond, which Node's own copy is not.
  for (const name of ['a', 'question', 'tasks.ts', 'build'])
    execFileSync('cp', ['-a', tree.at(name), copy.root])
  return copy
}

test('a log that came with a tree is as trusted as its tasks.ts, but not by who works in it from outside', () => {
  using tree = asking()
  using inside = copyOf(tree)
  assert.equal(build(inside).ran, [])
  using outside = copyOf(tree)
  const other = new Tree()
  other.tasks(outside.read('tasks.ts').replace(/^import .*$/gm, ''))
  const reasons = (): unknown => build(other, ['-C', outside.root, 'build']).why
  assert.equal(reasons(), { 'build/b': ['not-in-log'] })
  // By now it was written here.
  assert.equal(reasons(), {})
  other[Symbol.dispose]()
})

test('another home makes no difference', () => {
  using tree = asking()
  const elsewhere = { HOME: tree.at('home'), XDG_STATE_HOME: '/proc/none' }
  assert.equal(tree.ran(['build'], elsewhere), [])
  assert.is(tree.exists('home'), false)
})

test('a folder of state that is a link is replaced; nothing is read, written or removed there', () => {
  using tree = asking()
  fs.renameSync(tree.at(STATE), tree.at('mine'))
  for (const name of ['clock', 'lock.mine', 'log.new']) tree.write(`mine/${name}`, name)
  fs.symlinkSync('../mine', tree.at(STATE))
  const list = () => fs.readdirSync(tree.at('mine')).map((name) => name + tree.read(`mine/${name}`))
  const before = list()
  assert.is(tree.run(['build', '--check']).status, 1)
  assert.equal(build(tree).why, { 'build/b': ['not-in-log'] })
  assert.equal(list(), before)
  assert.ok(fs.lstatSync(tree.at(STATE)).isDirectory())
  settled(tree)
})

const NAMES = ['log', 'log.new', 'lock', 'lock.garbage', 'clock', 'last.json', 'output.0']

/** What may stand under those names. */
const THINGS: Readonly<Record<string, (tree: Tree, path: string) => void>> = {
  'links to a file': (tree, path) => fs.symlinkSync(tree.at('precious'), path),
  'links to nothing': (_tree, path) => fs.symlinkSync('nothing', path),
  'other names of a file': (tree, path) => fs.linkSync(tree.at('precious'), path),
  folders: (_tree, path) => fs.mkdirSync(`${path}/x`, { recursive: true }),
  'files of any length': (_tree, path) => {
    fs.writeFileSync(path, '')
    fs.truncateSync(path, 2 ** 40)
  },
  'files that cannot be written': (_tree, path) => fs.writeFileSync(path, 'x', { mode: 0o400 }),
}
for (const [name, place] of Object.entries(THINGS)) {
  test(`${name} in the place of state cost a build, and no file`, async () => {
    using tree = asking()
    tree.remove(STATE)
    fs.mkdirSync(tree.at(STATE))
    tree.write('precious', 'precious')
    for (const own of NAMES) place(tree, tree.at(`${STATE}/${own}`))
    tree.write('a', 'two ')
    const { status, stderr } = await Started.of(tree).ended
    assert.equal({ status, stderr }, { status: 0, stderr: '' })
    assert.is(tree.read('build/b'), 'two 123456654321\n')
    assert.is(tree.read('precious'), 'precious')
    assert.is(tree.run(['report']).status, 0)
    settled(tree)
  })
}

test('a report can be written whatever the record of the last build says, and escapes it', () => {
  using tree = asking()
  const { at, laps } = JSON.parse(tree.read(`${STATE}/last.json`)) as {
    at: number
    laps: Record<string, unknown>[]
  }
  const [lap = {}] = laps
  const tag = '"><img src=x onerror=alert(1)>'
  const page = (kept: unknown): string => {
    tree.write(`${STATE}/last.json`, JSON.stringify(kept))
    const { status, stderr } = tree.run(['report'])
    assert.is(status, 0, stderr)
    assert.not.match(tree.read('build/report.html'), '<img')
    return tree.read('build/report.html')
  }
  assert.match(
    page({ at, laps: [{ ...lap, rule: tag, outputs: [tag], reasons: [tag] }] }),
    '#60;img',
  )
  for (const more of [
    { status: tag },
    { lane: tag },
    { lane: 1e9 },
    { lane: -1 },
    { start: tag },
  ]) {
    assert.match(page({ at, laps: [{ ...lap, ...more }] }), 'Nothing was built yet')
  }
  for (const more of [{ outputs: 3 }, { outputs: [{}] }, { reasons: null }, { critical: tag }]) {
    assert.match(page({ at, laps: [{ ...lap, ...more }] }), 'Nothing was built yet')
  }
  for (const kept of [
    { at: tag, laps },
    { at: 1e300, laps },
    { at, laps: [] },
    { at, laps: [null] },
  ]) {
    assert.match(page(kept), 'Nothing was built yet')
  }
})

test('a report replaces a link, and does not write through it', () => {
  using tree = asking()
  tree.write('precious', 'precious')
  fs.symlinkSync('../precious', tree.at('build/report.html'))
  assert.is(tree.run(['report']).status, 0)
  assert.is(tree.read('precious'), 'precious')
})

test('a lock that was copied from another tree ends nothing there', async () => {
  using there = new Tree()
  using gate = new Gate(there)
  there.tasks(`
    const b = edge({ rule: 'COPY', outputs: ['build/b'], inputs: ['a'],
      command: ['sh', '-c', '${gate.pass}; cp a build/b'] })
    await main({ build: task('Copy', [b]) })`)
  there.write('a', 'a')
  using running = Started.of(there)
  await gate.arrived(running.ended)
  const lock = JSON.parse(there.read(`${STATE}/lock`)) as Record<string, unknown>
  using tree = asking()
  // As if its owner were dead: whoever takes it over ends what that has left.
  tree.write(`${STATE}/lock`, JSON.stringify({ ...lock, start: '1' }))
  const sleep = spawn('sleep', ['1000'], {
    env: { PATH: process.env['PATH'], [LOCK_VARIABLE]: String(lock['id']) },
    stdio: 'ignore',
  })
  await once(sleep, 'spawn')
  tree.write('a', 'two ')
  assert.is((await Started.of(tree).ended).status, 0)
  assert.is(sleep.exitCode ?? sleep.signalCode, null)
  sleep.kill('SIGKILL')
  gate.open()
  assert.is((await running.ended).status, 0)
  assert.is(there.read('build/b'), 'a')
})

test('a lock of a process that lives, but not on this boot, is waited for by nobody', async () => {
  using tree = asking()
  const stat = fs.readFileSync('/proc/1/stat', 'latin1')
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  const id = '00000000-0000-0000-0000-000000000000'
  const namespace = fs.readlinkSync('/proc/self/ns/pid')
  // Who made a tree elsewhere cannot know which boot this is.
  for (const where of ['', namespace, `x ${namespace}`, `00000000-0000 ${namespace}`]) {
    tree.write(`${STATE}/lock`, JSON.stringify({ id, pid: 1, start, where, command: 'x' }))
    assert.is((await Started.of(tree).ended).status, 0, where)
  }
  settled(tree)
})

test.run()
