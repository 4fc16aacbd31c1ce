// Faults of the disk: full, read-only, not ours, or with things in it that are no plain files.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isErrno } from '../../tasks/engine/index.ts'
import { build, builtOf, noStack, refused, settled } from '../support/buildverdicts.ts'
import { Gate } from '../support/heldcommand.ts'
import { testWith } from '../support/needs.ts'
import { tsxCommand } from '../support/runtimes.ts'
import { Started } from '../support/startedrun.ts'
import { Tree } from '../support/tree.ts'

const COPY = `
const copy = (name, input) => edge({ rule: 'COPY', outputs: ['build/' + name], inputs: [input],
  command: ['cp', input, 'build/' + name] })
const b = copy('b', 'a')
const c = edge({ rule: 'CAT', outputs: ['build/c'], inputs: [b], captureStdout: true,
  command: ['cat', b] })
await main({ build: task('Copy', [c]) })
`

/** A small file system of its own at `build`, unmounted with this. */
class SmallDisk {
  readonly #at: string

  constructor(tree: Tree, kilobytes: number) {
    this.#at = tree.at('build')
    fs.mkdirSync(this.#at)
    this.#run('mount', '-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'bpf-tasks-test', this.#at)
  }

  remount(mode: 'ro' | 'rw'): void {
    this.#run('mount', '-o', `remount,${mode}`, this.#at)
  }

  /** Writes a file until the disk is full but for so many kB. */
  fill(path: string, left: number): void {
    const fd = fs.openSync(path, 'w')
    let size = 0
    try {
      for (;;) size += fs.writeSync(fd, Buffer.alloc(4096))
    } catch (error) {
      if (!isErrno(error, 'ENOSPC')) throw error
      fs.ftruncateSync(fd, Math.max(0, size - left * 1024))
    } finally {
      fs.closeSync(fd)
    }
  }

  [Symbol.dispose](): void {
    this.#run('umount', '--lazy', this.#at)
  }

  #run(program: string, ...args: string[]): void {
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
  }
}

testWith(test, ['root'], 'a full disk is said, and nothing half-made is kept', () => {
  using tree = new Tree()
  using disk = new SmallDisk(tree, 128)
  tree.tasks(COPY)
  const size = 30_000
  tree.write('a', 'a'.repeat(size))
  for (const left of [0, 4, 16, 24]) {
    disk.fill(tree.at('build/filler'), left)
    const ran = tree.run(['build'])
    assert.is(ran.status, 1, `${left} kB`)
    noStack(ran)
    assert.match(
      ran.stderr,
      /the disk is full|No space left on device/,
      `${left} kB: ${ran.stderr}`,
    )
    tree.remove('build/filler')
    assert.not.ok(fs.readdirSync(tree.at('build')).some((name) => name.endsWith('.new')))
    for (const name of ['b', 'c']) {
      const half = tree.exists(`build/${name}`) && tree.read(`build/${name}`).length < size
      assert.not.ok(half, `${left} kB: half of ${name}`)
    }
    const mended = build(tree)
    assert.is(mended.status, 0, mended.stderr)
    assert.is(tree.read('build/c').length, size)
    tree.write('a', String(left).repeat(size).slice(0, size))
  }
  build(tree)
  assert.is(tree.read('build/c'), tree.read('a'))
  settled(tree)
})

testWith(
  test,
  ['root'],
  'a command that does not see the full disk: what it could not print is not kept',
  () => {
    using tree = new Tree()
    using disk = new SmallDisk(tree, 128)
    tree.tasks(`
    const c = edge({ rule: 'CAT', outputs: ['build/c'], inputs: ['a'], captureStdout: true,
      command: ['sh', '-c', 'cat a 2>/dev/null; exit 0'] })
    await main({ build: task('Copy', [c]) })`)
    const size = 50_000
    tree.write('a', 'a'.repeat(size))
    for (const left of [16, 24, 32]) {
      disk.fill(tree.at('build/filler'), left)
      const { status, stderr } = tree.run(['build'])
      assert.is(status, 1, `${left} kB`)
      assert.match(stderr, 'cannot write build/c: the disk is full')
      tree.remove('build/filler')
      assert.not.ok(tree.exists('build/c'))
    }
    assert.is(build(tree).status, 0)
    assert.is(tree.read('build/c').length, size)
    settled(tree)
  },
)

testWith(test, ['root'], 'a read-only build folder is said, and can still be asked about', () => {
  using tree = new Tree()
  using disk = new SmallDisk(tree, 256)
  tree.tasks(COPY)
  tree.write('a', 'a')
  disk.remount('ro')
  refused(tree.run(['build']), 1, 'the file system is read-only')
  assert.is(tree.run(['build', '--check']).status, 1)
  assert.match(tree.run(['build', '-n']).stdout, '2 would run')
  disk.remount('rw')
  assert.is(build(tree).status, 0)
  disk.remount('ro')
  assert.is(tree.run(['build', '--check']).status, 0)
  disk.remount('rw')
  settled(tree)
})

/** Runs a build as nobody, who may write only where the tree lets everybody. */
function runAsNobody(tree: Tree, ...args: string[]): SpawnSyncReturns<string> {
  const [program = '', ...words] = tsxCommand(...args)
  const { PATH = '' } = process.env
  fs.chmodSync(tree.root, 0o755)
  fs.mkdirSync(tree.at('tmp'), { recursive: true })
  fs.chmodSync(tree.at('tmp'), 0o777)
  const env = { PATH, HOME: tree.at('tmp'), TMPDIR: tree.at('tmp') }
  return spawnSync(program, words, {
    cwd: tree.root,
    env,
    uid: 65534,
    gid: 65534,
    encoding: 'utf8',
  })
}

testWith(test, ['root', 'others'], 'what one may not read or write is said', () => {
  using tree = new Tree()
  tree.tasks(`
    const cat = (name, inputs, script) => edge({ rule: 'CAT', outputs: ['build/' + name], inputs,
      depfile: 'build/' + name + '.d', captureStdout: true, command: ['sh', '-c', script] })
    await main({ build: task('Cat', [
      cat('header', ['a'], 'echo x: h > build/header.d; cat a h'),
      cat('unread', ['a', 'secret'], 'echo x: > build/unread.d; cat a'),
    ]) })`)
  for (const name of ['a', 'h', 'secret']) tree.write(name, name)
  refused(runAsNobody(tree, 'build'), 1, 'permission denied', 'ls -ld ')
  assert.not.ok(tree.exists('build'))
  fs.mkdirSync(tree.at('build'))
  fs.chmodSync(tree.at('build'), 0o777)
  for (const name of ['h', 'secret']) fs.chmodSync(tree.at(name), 0)
  const unread = runAsNobody(tree, 'build', '-k')
  assert.is(unread.status, 1)
  noStack(unread)
  assert.match(unread.stderr, /cat: h: Permission denied/)
  assert.match(unread.stderr, 'cannot read secret: permission denied')
  assert.not.ok(tree.exists('build/header') || tree.exists('build/unread'))
  for (const name of ['h', 'secret']) fs.chmodSync(tree.at(name), 0o644)
  assert.is(runAsNobody(tree, 'build').status, 0)
  assert.is(tree.read('build/header') + tree.read('build/unread'), 'aha')
  assert.match(runAsNobody(tree, 'build').stdout, 'nothing to do')
  // The log is the tree's, whoever wrote it.
  assert.equal(build(tree).ran, [])
  settled(tree)
})

test('a pipe is no source: it is said, and nobody waits for a writer', async () => {
  using tree = new Tree()
  tree.tasks(COPY)
  assert.is(spawnSync('mkfifo', [tree.at('a')]).status, 0)
  refused(await Started.of(tree).ended, 1, /^error: a is a/)
  assert.not.ok(tree.exists('build/b'))
  tree.remove('a')
  tree.write('a', 'a')
  build(tree)
  // Nor where the log should be.
  tree.remove('build/.tasks/log')
  fs.mkdirSync(tree.at('build/.tasks'), { recursive: true })
  assert.is(spawnSync('mkfifo', [tree.at('build/.tasks/log')]).status, 0)
  tree.write('a', 'A')
  assert.is((await Started.of(tree).ended).status, 0)
  assert.is(tree.read('build/c'), 'A')
  settled(tree)
})

test('an output that is a folder is said, and nothing is put into it', () => {
  using tree = new Tree()
  tree.tasks(COPY)
  tree.write('a', 'a')
  tree.write('build/b/mine', 'mine')
  const first = tree.run(['build'])
  assert.is(first.status, 1)
  noStack(first)
  assert.match(first.stderr, 'build/b')
  assert.equal(fs.readdirSync(tree.at('build/b')), ['mine'])
  tree.remove('build/b')
  tree.write('build/c/mine', 'mine')
  const second = tree.run(['build'])
  assert.is(second.status, 1)
  noStack(second)
  assert.match(second.stderr, 'build/c')
  assert.is(tree.read('build/c/mine'), 'mine')
  tree.remove('build/c')
  assert.equal(build(tree).ran, ['build/c'])
  settled(tree)
})

test('a command that spoils the folder of its output fails alone', async () => {
  using tree = new Tree()
  using gate = new Gate(tree)
  tree.tasks(`
    const spoil = edge({ rule: 'SPOIL', outputs: ['build/x/spoilt'], inputs: ['a'],
      command: ['sh', '-c', 'if grep -q bad a; then rm -r build/x; ln -s x build/x; exit 1; fi; cp a build/x/spoilt'] })
    const other = edge({ rule: 'COPY', outputs: ['build/other'], inputs: ['b'],
      command: ['sh', '-c', '${gate.pass}; cp b build/other'] })
    await main({ build: task('Build', [spoil, other]) })`)
  tree.write('a', 'bad')
  tree.write('b', 'b')
  using running = Started.of(tree, ['build', '-k', '-j2', '--json'])
  await Promise.all([gate.arrived(running.ended), running.wrote('loop of symbolic links')])
  gate.open()
  const { status, failed, summary, stderr } = builtOf(await running.ended)
  assert.is(status, 1, stderr)
  assert.equal(Object.keys(failed), ['build/x/spoilt'])
  assert.equal([summary?.ran, summary?.failed], [2, 1])
  tree.remove('build/x')
  tree.write('a', 'good')
  assert.equal(build(tree).ran, ['build/x/spoilt'])
  settled(tree)
})

test('a link in the place of an output is replaced', () => {
  using tree = new Tree()
  tree.tasks(COPY)
  tree.write('a', 'a')
  tree.write('other', 'other')
  fs.mkdirSync(tree.at('build'))
  for (const target of ['nowhere', '../other', tree.at('other'), 'c']) {
    fs.rmSync(tree.at('build/c'), { force: true })
    fs.symlinkSync(target, tree.at('build/c'))
    assert.is(build(tree).status, 0, target)
    assert.ok(fs.lstatSync(tree.at('build/c')).isFile(), target)
    assert.is(tree.read('build/c') + tree.read('other'), 'aother')
  }
  settled(tree)
})

test.run()
