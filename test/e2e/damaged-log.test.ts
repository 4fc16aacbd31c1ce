// Whatever happens to the log, the outputs are right: at worst too much is built, never too little.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { build, settled } from '../support/buildverdicts.ts'
import { Started, withEach } from '../support/startedrun.ts'
import { Tree } from '../support/tree.ts'

const LOG = 'build/.tasks/log'

function chain(): Tree {
  const tree = new Tree()
  tree.tasks(`
    const words = probe({ name: 'words', command: ['expr', '6', '*', '7'],
      read: ({ stdout }) => stdout.trim().split(' ') })
    const made = edge({ rule: 'MAKE', outputs: ['build/h', 'build/h2'], inputs: ['x'],
      command: ['sh', '-c', 'cp x build/h; cp x build/h2'] })
    const used = edge({ rule: 'USE', outputs: ['build/used'], inputs: ['y'], orderOnly: [made],
      depfile: 'build/d', captureStdout: true,
      command: ['sh', '-c', 'echo o: z build/h > build/d; echo $(cat y z) $0 $(cat build/h)', words] })
    await main({ build: task('Build', [used]) })`)
  for (const name of ['x', 'y', 'z']) tree.write(name, name)
  return tree
}

/** Ways to damage a log; each is given what is in it. */
type Damage = readonly [name: string, damage: (path: string, log: Buffer) => void]

function cuts(count: number): Damage[] {
  return Array.from({ length: count }, (_, at) => [
    `cut at ${at} of ${count}`,
    (path, log) => fs.truncateSync(path, Math.floor((log.length * at) / count)),
  ])
}

function flips(count: number): Damage[] {
  return Array.from({ length: count }, (_, at) => [
    `bit flipped at ${at} of ${count}`,
    (path, log) => {
      const position = Math.floor((log.length * (at + 0.5)) / count)
      log[position] = (log[position] ?? 0) ^ (1 << (at % 8))
      fs.writeFileSync(path, log)
    },
  ])
}

function others(): Damage[] {
  const write = (text: string | Buffer) => (path: string) => fs.writeFileSync(path, text)
  return [
    ['empty', write('')],
    ['text', write('a note of mine\n')],
    ['zeros', (path, log) => fs.writeFileSync(path, Buffer.alloc(log.length))],
    [
      'another answer',
      (path, log) => {
        log.write('43', log.lastIndexOf('42'))
        fs.writeFileSync(path, log)
      },
    ],
    ['a torn tail', (path, log) => fs.appendFileSync(path, log.subarray(24, 50))],
    ['a whole one behind it', (path, log) => fs.appendFileSync(path, log)],
    ['last byte missing', (path, log) => fs.truncateSync(path, log.length - 1)],
    [
      'a folder',
      (path) => {
        fs.unlinkSync(path)
        fs.mkdirSync(`${path}/x`, { recursive: true })
      },
    ],
    [
      'a link',
      (path) => {
        fs.unlinkSync(path)
        fs.symlinkSync('../../z', path)
      },
    ],
  ]
}

test('a log that is cut, flipped or foreign is never believed too far', async () => {
  const damages: readonly Damage[] = [...cuts(9), ...flips(9), ...others()]
  const half = Math.ceil(damages.length / 2)
  await withEach([damages.slice(0, half), damages.slice(half)], async (share) => {
    using tree = chain()
    assert.is((await Started.of(tree).ended).status, 0)
    for (const [at, [name, damage]] of share.entries()) {
      // Each build changes something, so that there are records behind records.
      damage(tree.at(LOG), fs.readFileSync(tree.at(LOG)))
      const input = ['x', 'y', 'z'][at % 3] ?? 'x'
      tree.write(input, `${input} after ${name}`)
      const { status, stderr } = await Started.of(tree).ended
      assert.equal({ status, stderr }, { status: 0, stderr: '' }, name)
      const [x, y, z] = [tree.read('x'), tree.read('y'), tree.read('z')]
      assert.is(tree.read('build/used'), `${y}${z} 42 ${x}\n`, name)
      assert.is(tree.read('build/h2'), x, name)
    }
    settled(tree)
  })
})

test('a log of another version is not read at all', () => {
  using tree = chain()
  build(tree)
  const log = fs.readFileSync(tree.at(LOG))
  log.write('0', log.indexOf('\n') - 1)
  fs.writeFileSync(tree.at(LOG), log)
  assert.equal(build(tree).why, { 'build/h': ['not-in-log'], 'build/used': ['not-in-log'] })
  settled(tree)
})

test('a log of an earlier time does not fit later outputs', () => {
  using tree = chain()
  build(tree)
  const early = fs.readFileSync(tree.at(LOG))
  const { atime, mtime } = fs.statSync(tree.at('x'))
  tree.write('x', 'X')
  build(tree)
  tree.write('x', 'x')
  fs.utimesSync(tree.at('x'), atime, mtime)
  fs.writeFileSync(tree.at(LOG), early)
  const { ran, status } = build(tree)
  assert.is(status, 0)
  assert.ok(ran.includes('build/h'))
  assert.is(tree.read('build/used'), 'yz 42 x\n')
  settled(tree)
})

test.run()
