// The second thread sees what the first would see, and leaves alone what that one has taken.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Files } from '../../../tasks/engine/decide/files.ts'
import { Disk } from '../../../tasks/engine/files/disk.ts'
import { Lookahead } from '../../../tasks/engine/files/lookahead.ts'
import { Tree } from '../../support/tree.ts'

/** What a log would say that speaks of these paths. */
function logOf(paths: readonly string[]) {
  return {
    stringCount: paths.length,
    string: (number: number) => paths[number] ?? '',
    runs: [{ all: paths.join(''), lengths: Uint32Array.from(paths, ({ length }) => length) }],
    stampedPaths: () => Uint32Array.from(paths.keys()),
    numberOf: (path: string) => {
      const number = paths.indexOf(path)
      return number === -1 ? undefined : number
    },
  }
}

/** Keeps this process alive until the thread is done, which does not do that itself. */
async function ended(ahead: Lookahead): Promise<void> {
  const timer = setInterval(() => {}, 1000)
  await ahead.done
  clearInterval(timer)
}

test('it sees what is there as the disk itself does', async () => {
  using tree = new Tree()
  tree.write('file', 'text')
  tree.touch('file', 1_700_000_000.123456)
  tree.write('whole', '')
  tree.touch('whole', 1_700_000_000)
  fs.mkdirSync(tree.at('folder'))
  fs.symlinkSync('file', tree.at('link'))
  fs.symlinkSync('nowhere', tree.at('broken'))
  fs.symlinkSync('loop', tree.at('loop'))
  assert.is(spawnSync('mkfifo', [tree.at('pipe')]).status, 0)
  const paths = ['file', 'whole', 'folder', 'link', 'broken', 'loop', 'pipe', 'none', '/dev/null']
  const odd = ['é漢', "it's $x"]
  for (const name of odd) tree.write(name, name)
  const disk = new Disk(tree.root)
  const log = logOf([...paths, ...odd])
  const ahead = new Lookahead()
  ahead.begin(disk, log)
  await ended(ahead)
  for (const [number, path] of [...paths, ...odd].entries()) {
    const seen = ahead.take(number, path)
    // A loop of links is not seen: the first thread looks, and says what is wrong.
    if (path === 'loop') assert.is(seen, undefined)
    else assert.equal(seen, disk.stat(path) ?? null, path)
  }
})

test('a name that is no text is left to the first thread', async () => {
  using tree = new Tree()
  tree.write('a', 'a')
  const ahead = new Lookahead()
  ahead.begin(new Disk(tree.root), logOf(['a', 'h\0\u00e9', 'missing']))
  await ended(ahead)
  assert.is(ahead.take(0, 'a')?.size, 1)
  assert.is(ahead.take(1, 'h\0\u00e9'), undefined)
  assert.is(ahead.take(2, 'missing'), null)
})

test('what the first thread has taken is looked at by that one alone', async () => {
  using tree = new Tree()
  const paths = Array.from({ length: 50 }, (_, at) => `f${at}`)
  for (const path of paths) tree.write(path, path)
  const ahead = new Lookahead()
  // Nothing is known before it has begun.
  assert.is(ahead.take(3, 'f3'), undefined)
  ahead.begin(new Disk(tree.root), logOf(paths))
  const taken = [...paths.keys()].filter((number) => ahead.take(number, `f${number}`) === undefined)
  const first = new Set(taken)
  await ended(ahead)
  for (const number of paths.keys()) {
    assert.is(ahead.take(number, `f${number}`) === undefined, first.has(number), `f${number}`)
  }
})

test('a build asks the disk only for what the other thread has not seen', async () => {
  using tree = new Tree()
  const paths = ['a', 'b', 'c']
  for (const path of paths) tree.write(path, path)
  const disk = new Disk(tree.root)
  const log = logOf(paths)
  const ahead = new Lookahead()
  ahead.begin(disk, log)
  await ended(ahead)
  let looks = 0
  const counting = new Proxy(disk, {
    get: (target, name) => {
      if (name !== 'stat') return Reflect.get(target, name)
      return (path: string) => {
        looks++
        return target.stat(path)
      }
    },
  })
  const files = new Files(counting, undefined, log, ahead)
  assert.is(files.stat('a')?.size, 1)
  assert.is(files.statOf(2)?.size, 1)
  assert.is(looks, 0)
  tree.write('a', 'longer')
  assert.is(files.look('a')?.size, 6)
  assert.is(files.stat('a')?.size, 6)
  assert.is(looks, 1)
})

test.run()
