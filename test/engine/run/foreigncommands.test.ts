// What the command of another build system gets: the whole environment, and tokens of this build.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ForeignCommands } from '../../../tasks/engine/run/foreigncommands.ts'
import { Jobserver } from '../../../tasks/engine/run/jobserver.ts'
import { inPath, skip } from '../../support/needs.ts'
import { Tree } from '../../support/tree.ts'

function testWithMake(name: string, body: () => void): void {
  if (inPath('make')) test(name, body)
  else skip(test, name, 'no make here')
}

/** A jobserver of our own with some tokens; its folder is removed. */
function served(tokens: number): Jobserver {
  const folder = fs.mkdtempSync(join(tmpdir(), 'jobserver-'))
  const path = join(folder, 'fifo')
  assert.is(spawnSync('mkfifo', [path]).status, 0)
  const server = Jobserver.serve(path, tokens)
  if (server === undefined) throw new Error('it cannot be opened')
  assert.equal(fs.readdirSync(folder), [], 'the fifo has no name any more')
  fs.rmdirSync(folder)
  return server
}

function commands(jobserver: Jobserver | undefined, environment = {}): ForeignCommands {
  return new ForeignCommands({ environment, isLive: true, jobs: 3, jobserver })
}

test('a jobserver of our own has as many tokens as it was given', () => {
  const server = served(2)
  assert.equal([server.acquire(), server.acquire(), server.acquire()], [true, true, false])
  server.release()
  assert.ok(server.acquire())
  server.close()
  const none = served(0)
  assert.not.ok(none.acquire())
  none.close()
})

test('the environment is that of the runner, but for what make said to that', () => {
  const { environment, files, close } = commands(undefined, {
    ...{ CARGO_HOME: '/cargo', MAKEFLAGS: ' -j9 --jobserver-auth=7,8', MAKELEVEL: '1' },
  }).given()
  assert.equal(files, [])
  assert.is(environment['CARGO_HOME'], '/cargo')
  assert.is(environment['MAKEFLAGS'], undefined)
  assert.is(environment['MAKELEVEL'], undefined)
  close()
})

testWithMake('make takes the tokens from the files that it is given, and gives them back', () => {
  const server = served(2)
  const { environment, files, close } = commands(server).given()
  assert.is(environment['MAKEFLAGS'], ' -j3 --jobserver-auth=3,4')
  using folder = new Tree()
  // Each waits for the other two: it ends only if all three run at once.
  folder.write(
    'Makefile',
    `all: a b c
a b c:
\t@touch $@.here; until [ -e a.here -a -e b.here -a -e c.here ]; do sleep 0.01; done
`,
  )
  const { status, stderr } = spawnSync('timeout', ['20', 'make', 'all'], {
    cwd: folder.root,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe', ...files],
    encoding: 'utf8',
  })
  assert.is(stderr, '')
  assert.is(status, 0)
  close()
  assert.equal([server.acquire(), server.acquire(), server.acquire()], [true, true, false])
  server.close()
})

test.run()
