// Make's jobserver: what its flags say, and tokens that are taken and always given back.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { edge } from '../../../tasks/engine/declare/edge.ts'
import { type Address, Jobserver, jobserverAddress } from '../../../tasks/engine/run/jobserver.ts'
import { FakeWork } from '../../support/heldwork.ts'

/** A fifo with tokens in it, as make 4.4 makes one. */
class Fifo {
  readonly folder = fs.mkdtempSync(join(tmpdir(), 'jobserver-'))
  readonly path = join(this.folder, 'fifo')
  readonly #fd: number

  constructor(tokens: string) {
    assert.is(spawnSync('mkfifo', [this.path]).status, 0)
    this.#fd = fs.openSync(this.path, fs.constants.O_RDWR | fs.constants.O_NONBLOCK)
    this.put(tokens)
  }

  put(tokens: string): void {
    if (tokens !== '') fs.writeSync(this.#fd, tokens)
  }

  /** Takes all that are in it, sorted. */
  drain(): string {
    const bytes = Buffer.alloc(100)
    try {
      return [...bytes.toString('latin1', 0, fs.readSync(this.#fd, bytes))].sort().join('')
    } catch {
      return ''
    }
  }

  server(): Jobserver {
    const server = Jobserver.open({ kind: 'fifo', path: this.path })
    if (server === undefined) throw new Error('it cannot be opened')
    return server
  }

  [Symbol.dispose](): void {
    fs.closeSync(this.#fd)
    fs.rmSync(this.folder, { recursive: true })
  }
}

const edges = (...paths: string[]) =>
  paths.map((path) => edge({ rule: 'MAKE', outputs: [path], command: [] }))

test('the flags of every make that has one', () => {
  const cases: readonly (readonly [string | undefined, Address | undefined])[] = [
    [undefined, undefined],
    ['', undefined],
    ['kn', undefined],
    [' -j --jobserver-fds=3,4', { kind: 'pipe', read: 3, write: 4 }],
    [' -j8 --jobserver-auth=5,6', { kind: 'pipe', read: 5, write: 6 }],
    ['w -j8 --jobserver-auth=fifo:/tmp/GMfifo1', { kind: 'fifo', path: '/tmp/GMfifo1' }],
    ['--jobserver-auth=3,4 --jobserver-auth=7,8', { kind: 'pipe', read: 7, write: 8 }],
    [' -j8 --jobserver-auth=-2,-2', undefined],
    [' -- X=--jobserver-auth=3,4', undefined],
    ['-- A=1 --jobserver-auth=3,4', undefined],
  ]
  for (const [flags, address] of cases) assert.equal(jobserverAddress(flags), address, flags)
})

test('one command runs without a token, each other takes one', async () => {
  using fifo = new Fifo('ab')
  const server = fifo.server()
  const work = new FakeWork(edges('1', '2', '3', '4', '5'), { bounds: [server] })
  assert.equal(work.running, ['1', '2', '3'])
  assert.is(fifo.drain(), '')
  await work.end('1')
  assert.equal(work.running, ['2', '3', '4'])
  await work.end('2')
  await work.end('3')
  // As soon as less runs than could, others may have them.
  assert.equal(work.running, ['4', '5'])
  assert.is(fifo.drain().length, 1)
  await work.end('5')
  assert.is(fifo.drain().length, 1)
  await work.end('4')
  assert.is(work.totals?.ran, 5)
  server.close()
  assert.is(fifo.drain(), '')
})

test('the very bytes that were taken are given back, also when a command fails', async () => {
  using fifo = new Fifo('xyz')
  const server = fifo.server()
  const work = new FakeWork(edges('1', '2', '3', '4'), { bounds: [server] })
  await work.end('2', { status: 'failed' })
  for (const path of ['1', '3', '4']) await work.end(path)
  assert.is(work.totals?.failed, 1)
  assert.is(fifo.drain(), 'xyz')
  server.close()
})

test('closing gives back what is held in the middle of it all', async () => {
  using fifo = new Fifo('xy')
  const server = fifo.server()
  const work = new FakeWork(edges('1', '2', '3'), { bounds: [server] })
  assert.equal(work.running, ['1', '2', '3'])
  server.close()
  assert.is(fifo.drain(), 'xy')
})

test('a token that comes later is taken as soon as it is there', async () => {
  using fifo = new Fifo('')
  const server = fifo.server()
  const work = new FakeWork(edges('1', '2'), { bounds: [server] })
  assert.equal(work.running, ['1'])
  fifo.put('t')
  while (work.running.length < 2) await new Promise((resolve) => setImmediate(resolve))
  await work.end('1')
  await work.end('2')
  assert.is(work.totals?.ran, 2)
  server.close()
  assert.is(fifo.drain(), 't')
})

test('what is no pipe is not used', () => {
  assert.is(Jobserver.open({ kind: 'pipe', read: 997, write: 998 }), undefined)
  assert.is(Jobserver.open({ kind: 'fifo', path: '/dev/null' }), undefined)
  assert.is(Jobserver.open({ kind: 'fifo', path: '/nowhere/fifo' }), undefined)
})

test('a process that ends in any way it can notice has given them back', () => {
  for (const end of ['process.exit(3)', 'throw new Error("bug")', 'void 0']) {
    using fifo = new Fifo('qr')
    const script = `
      import { Jobserver } from '${new URL('../../../tasks/engine/run/jobserver.ts', import.meta.url)}'
      const server = Jobserver.open({ kind: 'fifo', path: '${fifo.path}' })
      if (!server.acquire() || !server.acquire() || server.acquire()) throw new Error('not two')
      ${end}`
    const loader = import.meta.resolve('tsx')
    const { stderr } = spawnSync(
      process.execPath,
      ['--import', loader, '--input-type=module', '-e', script],
      { encoding: 'utf8' },
    )
    assert.not.match(stderr, 'not two')
    assert.is(fifo.drain(), 'qr', `${end}: ${stderr}`)
  }
})

test.run()
