// The log gives back what was written, and nothing else, whatever happens to its file.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Disk } from '../../../tasks/engine/files/disk.ts'
import { BuildLog } from '../../../tasks/engine/log/buildlog.ts'
import { type EdgeRecord, idsOf, type NewEdgeRecord } from '../../../tasks/engine/log/edgerecord.ts'
import {
  frameOf,
  framesOf,
  headerChecksum,
  logHeader,
  PayloadWriter,
} from '../../../tasks/engine/log/frame.ts'
import type { Stamp } from '../../../tasks/engine/log/stamp.ts'
import { digestOf } from '../../support/fakeworld.ts'
import { inPath, skip } from '../../support/needs.ts'
import { Tree } from '../../support/tree.ts'

const LOG = 'state/log'

function stamp(path: string, more: Partial<Stamp> = {}): Stamp {
  const digest = digestOf(path)
  const times = { mtime: 1_700_000_000_000.25, changed: 1_700_000_000_001.5 }
  return { path, ...times, size: 3, ino: 2 ** 33, digest, settled: true, ...more }
}

function record(output: string, more: Partial<NewEdgeRecord> = {}): NewEdgeRecord {
  const inputs = [stamp('a.c'), stamp(`${output}.c`)]
  const discovered = [stamp('/usr/include/x.h', { size: 2 ** 40, settled: false })]
  const facts = ['{cc}', '-c', output]
  const [absent, folders] = [['include/x.h', `${output}.h`], [stamp('include')]]
  const outputs = [stamp(output)]
  return { outputs, inputs, discovered, absent, folders, facts, ms: 12.5, ...more }
}

function open(tree: Tree): BuildLog {
  return BuildLog.open(new Disk(tree.root), LOG)
}

function stampsOf(log: BuildLog, ids: Uint32Array): Stamp[] {
  return [...ids].map((id) => ({
    path: log.stampPath(id),
    ...log.stampTimes(id),
    digest: log.stampDigest(id),
    settled: log.stampSettled(id),
  }))
}

function recordOf(log: BuildLog, record: EdgeRecord): NewEdgeRecord {
  const stamps = (list: 'outputs' | 'inputs' | 'discovered' | 'folders') =>
    stampsOf(log, idsOf(record, list))
  const texts = (list: 'absent' | 'facts') => [...idsOf(record, list)].map((id) => log.string(id))
  return {
    outputs: stamps('outputs'),
    inputs: stamps('inputs'),
    discovered: stamps('discovered'),
    absent: texts('absent'),
    folders: stamps('folders'),
    facts: texts('facts'),
    ms: record.ms,
  }
}

/** Everything that a log says. */
function said(log: BuildLog, keys: readonly string[] = ['k', 'äß🦀', '']): unknown {
  const edges = [...log.edges()].map(([output, record]) => ({ output, ...recordOf(log, record) }))
  edges.sort((a, b) => (a.output < b.output ? -1 : 1))
  return JSON.stringify([edges, keys.map((key) => log.answer(key) ?? null)])
}

/** A log with every kind of record; what it says and how long it is after each of them. */
function sample(tree: Tree): { said: unknown; size: number }[] {
  const log = open(tree)
  const states = [{ said: said(log), size: 24 }]
  const steps = [
    () => log.recordEdge('b.o', record('b.o')),
    () => log.recordAnswer('k', { facts: ['f', 'g'], words: ['w', '', 'ö'] }),
    () => log.recordEdge('é b\n.o', record('é b\n.o', { discovered: [], ms: 0 })),
    () => log.recordEdge('b.o', record('b.o', { facts: ['-O2'], ms: 1.25 })),
    () => log.recordAnswer('äß🦀', { facts: [], words: [] }),
    () => log.forget('é b\n.o'),
    () => log.recordAnswer('k', { facts: ['f'], words: ['new'] }),
    () => log.recordEdge('c.o', record('c.o', { outputs: [stamp('c.o'), stamp('c.d')] })),
  ]
  for (const step of steps) {
    step()
    states.push({ said: said(log), size: fs.statSync(tree.at(LOG)).size })
  }
  log.close()
  return states
}

test('what is recorded is there at once, and after opening again', () => {
  using tree = new Tree()
  const log = open(tree)
  assert.is(log.isEmpty, true)
  assert.is(log.edge('b.o'), undefined)
  log.recordEdge('b.o', record('b.o'))
  for (const seen of [log, open(tree)]) {
    const found = seen.edge('b.o')
    if (found === undefined) return assert.unreachable('no record')
    assert.equal(recordOf(seen, found), record('b.o'))
    assert.is(seen.isEmpty, false)
    const [output = 9] = idsOf(found, 'outputs')
    assert.is(seen.stampMatches(output, fileStat(1_700_000_000_000.25, 3)), true)
    assert.is(seen.stampMatches(output, fileStat(1_700_000_000_000.5, 3)), false)
    assert.is(seen.stampMatches(output, fileStat(1_700_000_000_000.25, 4)), false)
  }
})

function fileStat(mtime: number, size: number) {
  return { mtime, size, changed: 0, type: 'file' } as const
}

test('opening writes nothing', () => {
  using tree = new Tree()
  open(tree).close()
  assert.is(tree.exists('state'), false)
})

test('a later record replaces, forgetting removes, answers are kept', () => {
  using tree = new Tree()
  const states = sample(tree)
  const log = open(tree)
  assert.is(said(log), states.at(-1)?.said)
  assert.equal([...log.edges()].map(([output]) => output).sort(), ['b.o', 'c.o'])
  assert.equal(log.answer('k'), { facts: ['f'], words: ['new'] })
  assert.equal(log.answer('äß🦀'), { facts: [], words: [] })
  assert.is(log.answer('b.o'), undefined)
  assert.is(log.edge('k'), undefined)
  const size = fs.statSync(tree.at(LOG)).size
  log.forget('never.o')
  assert.is(fs.statSync(tree.at(LOG)).size, size)
})

test('two edges that saw one version of a file share its stamp', () => {
  using tree = new Tree()
  const log = open(tree)
  log.recordEdge('b.o', record('b.o'))
  log.recordEdge('c.o', record('c.o'))
  for (const seen of [log, open(tree)]) {
    const [b, c] = [seen.edge('b.o'), seen.edge('c.o')]
    if (b === undefined || c === undefined) return assert.unreachable()
    assert.is(idsOf(b, 'inputs')[0], idsOf(c, 'inputs')[0])
    assert.is.not(idsOf(b, 'outputs')[0], idsOf(c, 'outputs')[0])
    assert.is(seen.stampCount, 7)
  }
})

test('cut at every byte, it says what it said before the frame that was cut', () => {
  using tree = new Tree()
  const states = sample(tree)
  const whole = fs.readFileSync(tree.at(LOG))
  for (let length = 0; length <= whole.length; length++) {
    tree.write(LOG, whole.subarray(0, length))
    const log = open(tree)
    const before = states.filter(({ size }) => size <= length).at(-1) ?? states[0]
    assert.is(said(log), before?.said, `${length} bytes`)
    // What is written next stands behind what was understood.
    log.recordEdge('z.o', record('z.o'))
    const then = said(log)
    log.close()
    assert.is(said(open(tree)), then, `${length} bytes, then one more`)
  }
})

test('with any byte changed it says what it said before that frame', () => {
  using tree = new Tree()
  const states = sample(tree)
  const whole = fs.readFileSync(tree.at(LOG))
  for (let at = 0; at < whole.length; at++) {
    const before = at < 24 ? states[0] : states.filter(({ size }) => size <= at).at(-1)
    for (const flip of [0x01, 0x80, 0xff]) {
      const damaged = Buffer.from(whole)
      damaged[at] = (damaged[at] ?? 0) ^ flip
      tree.write(LOG, damaged)
      assert.is(said(open(tree)), before?.said, `byte ${at} ^ ${flip}`)
    }
  }
})

test('a foreign or empty file counts as no log and is replaced', () => {
  using tree = new Tree()
  sample(tree)
  const foreign = fs.readFileSync(tree.at(LOG))
  foreign.write('bpf-tasks log 0\n', 'latin1')
  const files = [
    [Buffer.alloc(0), 'damaged'],
    [Buffer.from('# ninja log v5\n'), 'damaged'],
    [foreign, 'foreign'],
  ] as const
  for (const [bytes, found] of files) {
    tree.write(LOG, bytes)
    const log = open(tree)
    assert.is(log.found, found)
    assert.is(log.isEmpty, true)
    assert.is(log.answer('k'), undefined)
    log.recordEdge('b.o', record('b.o'))
    log.close()
    const again = open(tree)
    assert.equal(
      [...again.edges()].map(([output]) => output),
      ['b.o'],
    )
  }
})

function replaced(name: string, place: (tree: Tree) => void): void {
  test(`${name} in its place is replaced`, () => {
    using tree = new Tree()
    fs.mkdirSync(tree.at('state'))
    place(tree)
    const log = open(tree)
    log.recordEdge('b.o', record('b.o'))
    log.recordAnswer('k', { facts: [], words: ['w'] })
    log.close()
    assert.ok(fs.lstatSync(tree.at(LOG)).isFile())
    const again = open(tree)
    assert.ok(again.edge('b.o'))
    assert.equal(again.answer('k')?.words, ['w'])
  })
}

replaced('a folder', (tree) => tree.write(`${LOG}/in/it`, ''))
replaced('a link to nothing', (tree) => fs.symlinkSync('nothing', tree.at(LOG)))
replaced('a link to a log', (tree) => {
  sample(tree)
  fs.renameSync(tree.at(LOG), tree.at('elsewhere'))
  fs.symlinkSync('../elsewhere', tree.at(LOG))
})
if (inPath('mkfifo')) replaced('a pipe', (tree) => spawnSync('mkfifo', [tree.at(LOG)]))
else skip(test, 'a pipe in its place is replaced', 'no mkfifo here')

test('a link in its place is not written through', () => {
  using tree = new Tree()
  fs.mkdirSync(tree.at('state'))
  tree.write('mine', 'precious')
  fs.symlinkSync('../mine', tree.at(LOG))
  const log = open(tree)
  log.recordEdge('b.o', record('b.o'))
  log.close()
  assert.is(tree.read('mine'), 'precious')
})

/** A log of one good record and then a frame whose checksum is right. */
function withFrame(tree: Tree, ...words: number[]): BuildLog {
  const log = open(tree)
  log.recordEdge('b.o', record('b.o'))
  log.close()
  fs.appendFileSync(tree.at(LOG), frameBehind(fs.readFileSync(tree.at(LOG)), words))
  return open(tree)
}

function frameBehind(log: Buffer, words: readonly number[]): Buffer {
  const payload = new PayloadWriter()
  for (const word of words) payload.u32(word)
  return frameOf(payload, lastChecksum(log)).frame
}

function lastChecksum(log: Buffer): number {
  const copy = new Uint8Array(log)
  const frames = [...framesOf(Buffer.from(copy.buffer), new Uint32Array(copy.buffer))]
  return frames.at(-1)?.[2] ?? headerChecksum(log)
}

const SENSELESS: Readonly<Record<string, readonly number[]>> = {
  'an unknown kind': [9],
  'texts longer than the frame': [1, 1, 1000, 1000, 0],
  'texts of other lengths than announced': [1, 2, 1, 9, 4, 0x61616161],
  'a stamp of an unknown path': [2, 1, 999, 1, ...Array<number>(12).fill(0)],
  'more stamps than the frame holds': [2, 2, 0, 1, ...Array<number>(12).fill(0)],
  'more stamps than there are numbers': [2, 0xffffffff],
  'an edge with an unknown output': [3, 0, 0, 1, 0, 0, 0, 0, 0, 999],
  'an edge with an unknown fact': [3, 0, 0, 0, 0, 0, 0, 0, 1, 999],
  'an edge with an unknown folder': [3, 0, 0, 0, 0, 0, 1, 0, 0, 999],
  'an edge with an unknown name': [3, 999, 0, 0, 0, 0, 0, 0, 0],
  'an edge with a list longer than the frame': [3, 0, 0, 5, 0, 0, 0, 0, 0, 0],
  'an edge that ends too early': [3],
  'an answer with an unknown word': [4, 0, 0, 1, 999],
  'an answer with an unknown name': [4, 999, 0, 0],
  'an answer that ends too early': [4],
  'a forgotten edge that ends too early': [5],
  'a renewed stamp that is not there': [6, 999, ...Array<number>(8).fill(0)],
  'a renewed stamp that ends too early': [6, 0],
}

for (const [name, words] of Object.entries(SENSELESS)) {
  test(`a whole frame with ${name}: nothing of the log is believed`, () => {
    using tree = new Tree()
    const log = withFrame(tree, ...words)
    assert.equal([...log.edges()], [])
    log.recordEdge('c.o', record('c.o'))
    log.close()
    assert.equal(
      [...open(tree).edges()].map(([output]) => output),
      ['c.o'],
    )
  })
}

test('a whole frame that announces four thousand million texts does not hang', () => {
  using tree = new Tree()
  withFrameOnly(tree, 1, 0xffffffff)
  const url = new URL('../../../tasks/engine/', import.meta.url)
  const program =
    `import { BuildLog } from '${url}log/buildlog.ts'\nimport { Disk } from '${url}files/disk.ts'\n` +
    `console.log([...BuildLog.open(new Disk(${JSON.stringify(tree.root)}), '${LOG}').edges()].length)`
  tree.write('open.mts', program)
  const tsx = new URL('../../../node_modules/tsx/dist/loader.mjs', import.meta.url).href
  const args = ['--max-old-space-size=200', '--import', tsx, 'open.mts']
  const ran = spawnSync(process.execPath, args, {
    cwd: tree.root,
    encoding: 'utf8',
    timeout: 20_000,
  })
  assert.is(ran.stdout, '0\n')
})

function withFrameOnly(tree: Tree, ...words: number[]): void {
  const header = logHeader({ ino: 1, birthtimeMs: 1 })
  tree.write(LOG, Buffer.concat([header, frameBehind(header, words)]))
}

test('a log that is mostly history is written anew, with all that counts', () => {
  using tree = new Tree()
  sample(tree)
  const log = open(tree)
  for (let ms = 0; ms <= 1000; ms++) log.recordEdge('b.o', record('b.o', { ms }))
  const before = said(log)
  const size = fs.statSync(tree.at(LOG)).size
  log.close()
  assert.ok(fs.statSync(tree.at(LOG)).size < size / 10)
  assert.equal(fs.readdirSync(tree.at('state')), ['log'])
  const again = open(tree)
  assert.is(said(again), before)
  again.recordEdge('z.o', record('z.o'))
  const then = said(again)
  again.close()
  assert.is(said(open(tree)), then)
})

test('a log of many frames is written anew as one, a log that still counts is not', () => {
  using tree = new Tree()
  const log = open(tree)
  for (let at = 0; at < 201; at++) log.recordEdge(`${at % 140}.o`, record('b.o', { ms: at }))
  const before = said(log)
  const { ino } = fs.statSync(tree.at(LOG))
  log.close()
  const again = open(tree)
  assert.is(said(again), before)
  assert.is.not(fs.statSync(tree.at(LOG)).ino, ino)
  for (let at = 0; at < 100; at++) again.recordEdge(`${at}.o`, record('b.o'))
  const rewritten = fs.statSync(tree.at(LOG)).ino
  again.close()
  assert.is(fs.statSync(tree.at(LOG)).ino, rewritten)
})

test('a log of which most is old is written anew', () => {
  using tree = new Tree()
  const first = open(tree)
  for (let at = 0; at < 1001; at++) first.recordEdge(`${at % 700}.o`, record('b.o'))
  first.close()
  const log = open(tree)
  for (let at = 0; at < 699; at++) log.forget(`${at}.o`)
  const [{ ino }, before] = [fs.statSync(tree.at(LOG)), said(log)]
  log.close()
  assert.is.not(fs.statSync(tree.at(LOG)).ino, ino)
  assert.is(said(open(tree)), before)
})

test('a log of which nothing counts any more can be closed', () => {
  using tree = new Tree()
  const log = open(tree)
  for (let at = 0; at < 501; at++) log.recordEdge(`${at}.o`, record('b.o'))
  for (let at = 0; at < 501; at++) log.forget(`${at}.o`)
  log.close()
  assert.is(open(tree).isEmpty, true)
})

test('a folder in the place of the new log does not stop it from being written anew', () => {
  using tree = new Tree()
  const log = open(tree)
  for (let ms = 0; ms <= 1000; ms++) log.recordEdge('b.o', record('b.o', { ms }))
  tree.write(`${LOG}.new/x`, '')
  const before = said(log)
  log.close()
  assert.is(said(open(tree)), before)
})

test.run()
