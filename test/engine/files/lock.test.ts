// One build at a time: who waits, who takes over, and that never two hold the lock.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { UserError } from '../../../tasks/engine/base/failure.ts'
import { Disk } from '../../../tasks/engine/files/disk.ts'
import { type Holder, LOCK_VARIABLE, Lock, markOf } from '../../../tasks/engine/files/lock.ts'
import { repository, Tree } from '../../support/tree.ts'

const LOCK = 'state/lock'
const never = new AbortController().signal
const unexpected = ({ text }: Holder) => assert.unreachable(`it waits for ${text}`)

async function take(tree: Tree, onWait = unexpected, command = 'me'): Promise<Lock> {
  const lock = await Lock.acquire(new Disk(tree.root), LOCK, { command }, never, onWait)
  if (lock === undefined) throw new Error('it gave up')
  return lock
}

function owner(tree: Tree): Record<string, unknown> {
  return JSON.parse(tree.read(LOCK))
}

/** The lock of a process that is no more. */
async function deadLock(tree: Tree, more: Record<string, unknown> = {}): Promise<string> {
  const lock = await take(tree)
  const own = owner(tree)
  lock.release()
  const id = randomUUID()
  tree.write(LOCK, JSON.stringify({ ...own, id, start: '1', ...more }))
  return id
}

/** What is in the folder of the lock. */
function left(tree: Tree): string[] {
  return fs.readdirSync(tree.at('state')).filter((name) => !name.endsWith('.sock'))
}

/** Sockets of those that hold the lock, or wait for it. */
function sockets(tree: Tree): string[] {
  return fs.readdirSync(tree.at('state')).filter((name) => name.endsWith('.sock'))
}

test('a lock is taken at once, is a whole file, and goes when it is released', async () => {
  using tree = new Tree()
  const lock = await take(tree, unexpected, 'tasks.ts build')
  const { id, pid, command } = owner(tree)
  assert.equal([id, pid, command], [lock.id, process.pid, 'tasks.ts build'])
  assert.equal(left(tree), ['lock'])
  assert.equal(sockets(tree), [`lock.${lock.id}.sock`])
  lock.release()
  assert.equal([left(tree), sockets(tree)], [[], []])
  lock.release()
})

test('a second one waits, is told once for whom, and gets it next', async () => {
  using tree = new Tree()
  const first = await take(tree, unexpected, 'tasks.ts first')
  const told: string[] = []
  let waited: () => void = () => {}
  const waiting = new Promise<void>((resolve) => {
    waited = resolve
  })
  const second = take(tree, ({ text }) => {
    told.push(text)
    waited()
  })
  await waiting
  assert.is(owner(tree)['id'], first.id)
  first.release()
  const lock = await second
  assert.equal(told, [`process ${process.pid} (tasks.ts first)`])
  assert.is(owner(tree)['id'], lock.id)
  lock.release()
})

/** A disk that tells each time somebody looks at the lock. */
class SeenDisk extends Disk {
  onLook: () => void = () => {}
  override at(path: string): string {
    if (path === LOCK) this.onLook()
    return super.at(path)
  }
}

test('however often it looks, the waiting one is told once', async () => {
  using tree = new Tree()
  const first = await take(tree)
  const disk = new SeenDisk(tree.root)
  let looks = 0
  disk.onLook = () => {
    if (++looks === 20) first.release()
  }
  const told: string[] = []
  const lock = await Lock.acquire(disk, LOCK, { command: 'x' }, never, ({ text }) =>
    told.push(text),
  )
  assert.is(told.length, 1)
  lock?.release()
})

test('waiting ends when it is aborted, and leaves the lock alone', async () => {
  using tree = new Tree()
  const lock = await take(tree)
  const abort = new AbortController()
  const disk = new Disk(tree.root)
  const other = Lock.acquire(disk, LOCK, { command: 'other' }, abort.signal, () => abort.abort())
  assert.is(await other, undefined)
  assert.is(owner(tree)['id'], lock.id)
  assert.equal(left(tree), ['lock'])
  lock.release()
  assert.is(
    await Lock.acquire(disk, LOCK, { command: 'other' }, abort.signal, unexpected),
    undefined,
  )
  assert.equal(left(tree), [])
})

test('a lock whose owner died is taken over: another process has its number by now', async () => {
  using tree = new Tree()
  await deadLock(tree)
  const lock = await take(tree)
  assert.is(owner(tree)['id'], lock.id)
  assert.equal(left(tree), ['lock'])
  lock.release()
})

test('a lock of a process that is no more, or of before the last boot, is taken over', async () => {
  using tree = new Tree()
  const { pid } = spawnSync('true')
  await deadLock(tree, { pid })
  const lock = await take(tree)
  lock.release()
  await deadLock(tree, { boot: randomUUID() })
  const again = await take(tree)
  again.release()
})

/** Gives up as soon as it would wait, and tells for whom. */
async function waitsFor(tree: Tree): Promise<Holder | undefined> {
  const abort = new AbortController()
  const told: Holder[] = []
  const lock = await Lock.acquire(
    new Disk(tree.root),
    LOCK,
    { command: 'me' },
    abort.signal,
    (holder) => {
      told.push(holder)
      abort.abort()
    },
  )
  lock?.release()
  return told[0]
}

test('where no socket proves anything, it says how to go on', async () => {
  using tree = new Tree()
  await deadLock(tree, { pids: 'pid:[1]', hasSocket: false })
  const holder = await waitsFor(tree)
  assert.is(holder?.isProven, false)
  assert.match(holder?.text ?? '', `rm ${tree.at(LOCK)}`)
})

test('a build that a command of the holder started is refused, instead of waiting for itself', async () => {
  using tree = new Tree()
  const lock = await take(tree, unexpected, 'tasks.ts build')
  const named = { command: 'tasks.ts inner', ownMark: lock.mark }
  const inner = Lock.acquire(new Disk(tree.root), LOCK, named, never, unexpected)
  let thrown: unknown
  await inner.catch((error: unknown) => {
    thrown = error
  })
  assert.instance(thrown, UserError)
  assert.match(String(thrown), 'started by a command of a build of the same tree')
  assert.equal(sockets(tree), [`lock.${lock.id}.sock`])
  lock.release()
})

test('whoever was about to take over and died does not stop the next', async () => {
  using tree = new Tree()
  const id = await deadLock(tree)
  const claim = { ...owner(tree), id: randomUUID() }
  tree.write(`${LOCK}.${id}`, JSON.stringify(claim))
  const lock = await take(tree)
  assert.equal(left(tree), ['lock'])
  lock.release()
})

test('whoever is taking over is waited for', async () => {
  using tree = new Tree()
  const id = await deadLock(tree, { command: 'dead' })
  const me = await Lock.acquire(
    new Disk(tree.root),
    `${LOCK}.${id}`,
    { command: 'x' },
    never,
    unexpected,
  )
  const abort = new AbortController()
  const onWait = () => abort.abort()
  assert.is(
    await Lock.acquire(new Disk(tree.root), LOCK, { command: 'y' }, abort.signal, onWait),
    undefined,
  )
  assert.is(owner(tree)['id'], id)
  me?.release()
})

const GARBAGE: Readonly<Record<string, (tree: Tree) => void>> = {
  'an empty file': (tree) => tree.write(LOCK, ''),
  'half a lock': (tree) => tree.write(LOCK, '{"id":"1234'),
  'another sort of file': (tree) => tree.write(LOCK, Buffer.from([0, 255, 7, 0])),
  'no object': (tree) => tree.write(LOCK, 'null'),
  'a lock without a number': (tree) => tree.write(LOCK, `{"id":"${randomUUID()}"}`),
  'a name that leads elsewhere': (tree) => {
    const texts = { start: '1', boot: '', machine: '', pids: '', hasSocket: false, command: '' }
    tree.write(LOCK, JSON.stringify({ id: '../../precious', pid: 1, ...texts }))
  },
  'a folder': (tree) => tree.write(`${LOCK}/x`, ''),
  'more than a lock can be': (tree) => {
    tree.write(LOCK, '')
    fs.truncateSync(tree.at(LOCK), 2 ** 40)
  },
  'one that has claims on claims without end': (tree) => {
    for (let depth = 0; depth < 30; depth++) tree.write(`${LOCK}${'.garbage'.repeat(depth)}`, 'x')
  },
  'one with a folder for a claim': (tree) => {
    tree.write(LOCK, 'x')
    tree.write(`${LOCK}.garbage/x`, '')
    tree.write(`${LOCK}.other/x`, '')
  },
  'a link to a file': (tree) => {
    tree.write('state/file', 'precious')
    fs.symlinkSync('file', tree.at(LOCK))
  },
}
for (const [name, place] of Object.entries(GARBAGE)) {
  test(`what is no lock holds nothing: ${name}`, async () => {
    using tree = new Tree()
    place(tree)
    const lock = await take(tree)
    assert.is(owner(tree)['id'], lock.id)
    assert.equal(
      left(tree).filter((entry) => entry !== 'file'),
      ['lock'],
    )
    lock.release()
    assert.is(tree.exists(LOCK), false)
    if (tree.exists('state/file')) assert.is(tree.read('state/file'), 'precious')
  })
}

test('a lock that cannot be written is an error of the user', async () => {
  using tree = new Tree()
  tree.write('state', '')
  const taken = Lock.acquire(new Disk(tree.root), LOCK, { command: 'me' }, never, unexpected)
  let thrown: unknown
  await taken.catch((error: unknown) => {
    thrown = error
  })
  assert.instance(thrown, UserError)
})

test('a lock that somebody else has by now is not released', async () => {
  using tree = new Tree()
  const lock = await take(tree)
  await fs.promises.rm(tree.at(LOCK))
  const other = await take(tree)
  lock.release()
  assert.is(owner(tree)['id'], other.id)
  other.release()
})

test('what a dead build left running is ended, and nothing else', async () => {
  using tree = new Tree()
  const id = await deadLock(tree)
  const sleep = (mark: string) =>
    spawn('sleep', ['1000'], { env: { ...process.env, [LOCK_VARIABLE]: mark }, stdio: 'ignore' })
  const disk = new Disk(tree.root)
  const [orphan, other] = [sleep(markOf(disk, LOCK, id)), sleep(markOf(disk, LOCK, randomUUID()))]
  // What another tree runs: the lock here may be a copy of the lock there.
  tree.write('elsewhere/state/x', '')
  const foreign = sleep(markOf(disk, `elsewhere/${LOCK}`, id))
  await Promise.all([orphan, other, foreign].map((child) => once(child, 'spawn')))
  const ended = once(orphan, 'exit')
  const lock = await take(tree)
  await ended
  assert.is(orphan.signalCode, 'SIGKILL')
  for (const child of [other, foreign]) {
    // Its end would be told of later only: proc(5), the state behind the name.
    assert.not.match(fs.readFileSync(`/proc/${child.pid}/stat`, 'latin1'), /\) Z/)
    child.kill('SIGKILL')
  }
  lock.release()
})

/** A disk on which somebody acts between two looks of ours. */
class BusyDisk extends Disk {
  /** Called each time before a lock is made. */
  onMake: () => void = () => {}
  override makeFolder(folder: string): void {
    this.onMake()
    super.makeFolder(folder)
  }
}

test('a lock that changes hands while we look at it is not thrown away', async () => {
  using tree = new Tree()
  const first = await take(tree, unexpected, 'first')
  const text = tree.read(LOCK)
  first.release()
  // Garbage to begin with; while it is judged, somebody else takes the lock.
  tree.write(LOCK, 'garbage')
  const disk = new BusyDisk(tree.root)
  let made = 0
  disk.onMake = () => {
    if (++made === 2) tree.write(LOCK, text)
  }
  const abort = new AbortController()
  const onWait = () => abort.abort()
  const lock = await Lock.acquire(disk, LOCK, { command: 'second' }, abort.signal, onWait)
  assert.is(lock, undefined, 'both hold it')
  assert.is(tree.read(LOCK), text)
})

function child(tree: Tree, program: string): ChildProcess {
  tree.write(
    'child.mts',
    `import * as fs from 'node:fs'
import { Disk } from '${repository}/tasks/engine/files/disk.ts'
import { Lock } from '${repository}/tasks/engine/files/lock.ts'
const disk = new Disk(${JSON.stringify(tree.root)})
const signal = new AbortController().signal
${program}`,
  )
  const loader = `file://${repository}/node_modules/tsx/dist/loader.mjs`
  const args = ['--import', loader, tree.at('child.mts')]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 })
}

async function outputOf(process: ChildProcess): Promise<string> {
  let output = ''
  for (const stream of [process.stdout, process.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  await once(process, 'close')
  return output
}

test('a link to nothing in its place does not hang', async () => {
  using tree = new Tree()
  fs.mkdirSync(tree.at('state'))
  fs.symlinkSync('nothing', tree.at(LOCK))
  const taken = `setTimeout(() => process.exit(1), 20_000).unref()
await Lock.acquire(disk, '${LOCK}', { command: 'x' }, signal, () => {})
process.stdout.write('taken')`
  const one = child(tree, taken)
  // The clock ends a child that is in a loop; a good one ends by itself, long before.
  const end = setTimeout(() => one.kill('SIGKILL'), 10_000)
  assert.is(await outputOf(one), 'taken')
  clearTimeout(end)
})

test('of many that race for a lock whose owners die, exactly one holds it at a time', async () => {
  using tree = new Tree()
  await deadLock(tree)
  // Every third time a process ends without giving back; whoever is next must take over.
  const program = `for (let round = 0; ; round++) {
  const lock = await Lock.acquire(disk, '${LOCK}', { command: 'x' }, signal, () => {})
  try { fs.mkdirSync(disk.at('held')) } catch { process.stdout.write('TWO') }
  fs.appendFileSync(disk.at('count'), 'x')
  for (let i = 0; i < 200; i++) fs.statSync(disk.at('held'))
  fs.rmdirSync(disk.at('held'))
  if (round === 2) process.exit(0)
  lock.release()
}`
  const children = Array.from({ length: 8 }, () => child(tree, program))
  const outputs = await Promise.all(children.map(outputOf))
  assert.equal(outputs, Array(8).fill(''))
  assert.is(tree.read('count').length, 24)
  const lock = await take(tree)
  assert.equal(left(tree), ['lock'])
  lock.release()
})

test.run()
