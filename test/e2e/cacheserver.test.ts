// Results on a server: what one machine made another one takes, and whatever the server does, a build ends as
// without it: with the same bytes, exit status 0, and one note.
import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as https from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { temporaryPath } from '../../tasks/engine/files/index.ts'
import { CacheServer, type Handler } from '../support/cacheserver.ts'
import { inPath, skip } from '../support/needs.ts'
import { eventsOf, type Ran, Tree } from '../support/tree.ts'

const TASKS = `
  const copies = ['a', 'b'].map((name) => edge({ rule: 'CC', outputs: ['build/' + name], inputs: [name],
    depfile: 'build/' + name + '.d', searchPath: ['first', 'last'],
    command: ['sh', '-c', 'cat $0 last/h > build/$0; echo "x: $0 last/h" > build/$0.d; echo "said by $0"', name] }))
  const joined = edge({ rule: 'JOIN', outputs: ['build/x'], inputs: copies, cache: true, captureStdout: true,
    command: ['cat', ...copies] })
  await main({ build: task('Build', [joined]) })`

function project(): Tree {
  const tree = new Tree()
  tree.tasks(TASKS)
  for (const name of ['a', 'b', 'last/h']) tree.write(name, `${name}\n`)
  return tree
}

const BUILT = 'a\nlast/h\nb\nlast/h\n'

/** Without stopping this process, in which the server is. */
async function run(
  tree: Tree,
  words: readonly string[],
  more: Record<string, string>,
): Promise<Ran> {
  const child = tree.start(words, { ACTION_CACHE_DIR: 'off', ...more })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { status, stdout, stderr }
}

const write = (server: CacheServer) => ({ ACTION_CACHE: server.url, ACTION_CACHE_MODE: 'write' })

/** A server that has the results of the project. */
async function filled(): Promise<CacheServer> {
  const server = await CacheServer.start()
  using tree = project()
  const { status, stderr } = await run(tree, ['build'], write(server))
  assert.is(status, 0, stderr)
  assert.is(stderr.replaceAll(/said by .\n/g, ''), '')
  return server
}

async function how(tree: Tree, more: Record<string, string>, words = ['build']): Promise<string[]> {
  const { status, stdout, stderr } = await run(tree, [...words, '--json'], more)
  assert.is(status, 0, stderr)
  return eventsOf(stdout).flatMap((event) =>
    event.type === 'finish' ? [`${event.rule} ${event.from ?? 'ran'}`] : [],
  )
}

test('what one has made another one takes, with what was said; and keeps it for the next time', async () => {
  await using server = await filled()
  const stored = [...server.files.keys()]
  assert.ok(stored.every((path) => /^\/cache\/(?:ac|cas)\/[0-9a-f]{64}$/.test(path)))
  using tree = project()
  const local = { ACTION_CACHE: server.url, ACTION_CACHE_DIR: tree.at('results') }
  const { stdout, stderr } = await run(tree, ['build'], local)
  assert.match(stderr, 'said by a')
  assert.match(stdout, /^JOIN {2}build\/x from the server$/m)
  assert.match(stdout, '0 ran, 3 from the cache')
  assert.is(tree.read('build/x'), BUILT)
  tree.remove('build')
  const before = server.asked.length
  assert.equal(await how(tree, local), ['CC folder', 'CC folder', 'JOIN folder'])
  assert.is(server.asked.length, before)
  // Reading is the default.
  tree.write('a', 'other\n')
  assert.equal(await how(tree, local), ['CC ran', 'JOIN ran'])
  assert.equal([...server.files.keys()], stored)
  tree.remove('build')
  assert.equal(await how(tree, { ...local, ACTION_CACHE_DIR: 'off' }, ['-B', 'build']), [
    'CC ran',
    'CC ran',
    'JOIN ran',
  ])
})

test('its results are as servers check them: of the API, and with all their blobs and actions', async () => {
  await using server = await filled()
  let results = 0
  for (const [path, bytes] of server.files) {
    if (!path.startsWith('/cache/ac/')) continue
    results++
    const { outputFiles, stdoutDigest, exitCode, executionMetadata, ...more } = JSON.parse(
      String(bytes),
    )
    assert.equal(more, {})
    assert.is(exitCode, 0)
    assert.ok(executionMetadata)
    for (const { path: name, digest, isExecutable, ...other } of outputFiles) {
      assert.equal(other, {})
      assert.not.match(name, /^\/|\.\./)
      assert.type(isExecutable, 'boolean')
      const blob = server.files.get(`/cache/cas/${digest.hash}`)
      assert.is(String(blob?.length), digest.sizeBytes)
    }
    if (stdoutDigest !== undefined) assert.ok(server.files.has(`/cache/cas/${stdoutDigest.hash}`))
  }
  // Two sets of names, three results.
  assert.is(results, 5)
})

const text =
  (status: number, body: string, headers: Record<string, string> = {}): Handler =>
  (_request, response) =>
    response.writeHead(status, headers).end(body)

const ofKind =
  (kind: 'ac' | 'cas', handler: Handler): Handler =>
  (request, response, right) =>
    request.url?.includes(`/${kind}/`) ? handler(request, response, right) : right()

const endless: Handler = (_request, response) => {
  const piece = Buffer.alloc(1 << 20)
  const more = (): void => {
    while (response.write(piece));
  }
  response.on('drain', more)
  more()
}

const faults: Readonly<Record<string, { readonly handler: Handler; readonly note?: string }>> = {
  '401': { handler: text(401, ''), note: 'answered with status 401' },
  '403': { handler: text(403, ''), note: 'answered with status 403' },
  '429': { handler: text(429, ''), note: 'answered with status 429' },
  '500': { handler: text(500, ''), note: 'answered with status 500' },
  'a redirect': { handler: text(302, '', { location: 'http://example.com/' }), note: 'status 302' },
  'not modified': { handler: text(304, ''), note: 'answered with status 304' },
  'a page of a proxy': { handler: text(200, '<html>'), note: 'is not JSON' },
  'a blob of something else': {
    handler: ofKind('cas', text(200, 'other')),
    note: 'gave a blob that is not what its name says',
  },
  'a blob that is not there any more': { handler: ofKind('cas', text(404, '')) },
  'a packed answer': {
    handler: text(200, 'x', { 'content-encoding': 'gzip' }),
    note: 'gave an answer that is packed',
  },
  'an answer without end': { handler: ofKind('ac', endless), note: 'gave an answer without end' },
  'an answer that is cut off': {
    handler: ofKind('cas', (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('x', () => response.destroy())
    }),
    note: 'could not be asked: ECONNRESET',
  },
  'no HTTP': {
    handler: (request) => void request.socket.end('what?\r\n\r\n'),
    note: 'could not be asked: HPE_',
  },
  'files that nobody asked for': {
    handler: ofKind(
      'ac',
      text(
        200,
        `{"outputFiles":[{"path":"../x","digest":{"hash":"${'0'.repeat(64)}","sizeBytes":"0"}}]}`,
      ),
    ),
    note: 'gave a result with other files than its edge makes',
  },
  silence: { handler: () => {}, note: 'said nothing for 5 seconds' },
}

for (const [name, { handler, note }] of Object.entries(faults)) {
  test(`a server that gives ${name}`, async () => {
    await using server = await filled()
    server.handler = handler
    using tree = project()
    const { status, stderr } = await run(tree, ['build'], { ACTION_CACHE: server.url })
    assert.is(status, 0, stderr)
    assert.is(tree.read('build/x'), BUILT)
    const notes = stderr.split('\n').filter((line) => line.startsWith('note: '))
    assert.is(notes.length, note === undefined ? 0 : 1, stderr)
    if (note !== undefined) {
      assert.match(notes[0] ?? '', 'the server of results was not used any more: http://127.0.0.1:')
      assert.match(notes[0] ?? '', note)
    }
    assert.equal(fs.readdirSync(tree.at('build')).sort(), ['.tasks', 'a', 'b', 'x'])
  })
}

if (!inPath('openssl')) skip(test, 'a server whose certificate nobody knows', 'no openssl here')
else
  test('a server whose certificate nobody knows', async () => {
    using files = new Tree()
    execFileSync(
      'openssl',
      [
        ...[
          'req',
          '-x509',
          '-newkey',
          'rsa:2048',
          '-nodes',
          '-days',
          '2',
          '-subj',
          '/CN=localhost',
        ],
        ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', 'key', '-out', 'certificate'],
      ],
      { cwd: files.root, stdio: 'ignore' },
    )
    await using server = await filled()
    const options = { key: files.read('key'), cert: files.read('certificate') }
    const secure = https.createServer(options, (request, response) => {
      const bytes = server.files.get(request.url ?? '')
      response.writeHead(bytes === undefined ? 404 : 200).end(bytes)
    })
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve))
    const { port } = secure.address() as AddressInfo
    const address = { ACTION_CACHE: `https://localhost:${port}/cache` }
    try {
      using tree = project()
      const { status, stderr } = await run(tree, ['build'], address)
      assert.is(status, 0)
      assert.match(
        stderr,
        /could not be asked: \w*(?:CERT|SIGNATURE)\w*; name its CA: NODE_EXTRA_CA_CERTS=FILE/,
      )
      tree.remove('build')
      const known = { ...address, NODE_EXTRA_CA_CERTS: files.at('certificate') }
      assert.equal(await how(tree, known), ['CC server', 'CC server', 'JOIN server'])
    } finally {
      secure.closeAllConnections()
      secure.close()
    }
  })

test('a server that is not there, and one that goes away in the middle', async () => {
  const server = await filled()
  const { url } = server
  server.handler = (request, _response, right) => {
    if (server.asked.length < 20) right()
    else request.socket.destroy()
  }
  server.asked.length = 0
  for (const tree of [project(), project()]) {
    const { status, stderr } = await run(tree, ['build', '-j1'], { ACTION_CACHE: url })
    assert.is(status, 0, stderr)
    assert.is(tree.read('build/x'), BUILT)
    tree[Symbol.dispose]()
  }
  await server[Symbol.asyncDispose]()
  using tree = project()
  const { status, stderr } = await run(tree, ['build'], { ACTION_CACHE: url })
  assert.is(status, 0)
  assert.match(stderr, 'could not be asked: ECONNREFUSED')
  assert.is(tree.read('build/x'), BUILT)
})

test('a build that is killed while it fetches leaves nothing half-made', async () => {
  await using server = await filled()
  const right = server.handler
  using tree = project()
  const local = { ACTION_CACHE: server.url, ACTION_CACHE_DIR: tree.at('results') }
  // At each request in turn: none of its bytes, or half of them.
  for (let at = 0, isReached = true; isReached; at++) {
    isReached = false
    server.asked.length = 0
    const child = tree.start(['build', '-j1'], local)
    const ended = new Promise((resolve) => child.on('close', resolve))
    server.handler = (request, response, answer) => {
      if (server.asked.length <= at) return answer()
      isReached = true
      const bytes = server.files.get(request.url ?? '') ?? Buffer.alloc(0)
      response.writeHead(200, { 'content-length': bytes.length })
      response.write(bytes.subarray(0, bytes.length / 2), () => child.kill('SIGKILL'))
    }
    await ended
    server.handler = right
    const made = tree.exists('build') ? fs.readdirSync(tree.at('build')) : []
    for (const path of made) assert.match(path, /^(?:\.tasks|[abx](?:\.d)?)$/)
    assert.match((await run(tree, ['build'], local)).stdout, / 0 failed | up to date/)
    assert.is(tree.read('build/x'), BUILT)
    for (const path of ['build', 'results']) tree.remove(path)
    assert.ok(at < 100)
  }
})

test('what a killed build had begun to put in place is removed by the next', async () => {
  await using server = await filled()
  using tree = project()
  const local = { ACTION_CACHE: server.url }
  const child = tree.start(['build', '-j1'], { ...local, ACTION_CACHE_DIR: 'off' })
  const ended = new Promise((resolve) => child.on('close', resolve))
  server.handler = () => child.kill('SIGKILL')
  await ended
  server.handler = (_request, _response, answer) => answer()
  const begun = ['build/a', 'build/a.d', 'build/x'].map(temporaryPath)
  for (const path of begun) tree.write(path, 'half')
  assert.equal(await how(tree, local), ['CC server', 'CC server', 'JOIN server'])
  for (const path of begun) assert.not(tree.exists(path), path)
})

for (const status of [401, 413, 500, 507]) {
  test(`a server that answers ${status} to what it is sent is still read`, async () => {
    await using server = await filled()
    server.handler = (request, response, right) =>
      request.method === 'PUT' ? response.writeHead(status).end() : right()
    using tree = project()
    tree.write('a', 'other\n')
    const ran = await run(tree, ['build'], write(server))
    assert.is(ran.status, 0)
    assert.match(
      ran.stderr,
      new RegExp(`note: no more results were sent to the server: .* status ${status}`),
    )
    assert.match(ran.stdout, '2 ran, 1 from the cache')
  })
}

test('a server that takes nothing in is not waited for longer than five seconds', async () => {
  await using server = await CacheServer.start()
  server.handler = (request, _response, right) => {
    if (request.method === 'GET') right()
  }
  using tree = project()
  const began = performance.now()
  const { status, stderr } = await run(tree, ['build'], write(server))
  assert.is(status, 0)
  assert.ok(performance.now() - began < 20_000)
  assert.match(stderr, /note: .*(?:said nothing for 5 seconds|it takes them too slowly)/)
})

test('a secret goes to the server, and nowhere else', async () => {
  await using server = await filled()
  const secret = 'S3CR3T'
  using tree = project()
  const { stdout, stderr } = await run(tree, ['build', '--json', '-v'], {
    ...write(server),
    ACTION_CACHE_TOKEN: secret,
  })
  assert.ok(server.authorizations.has(`Bearer ${secret}`))
  tree.write('token', `${secret}2\n`)
  tree.write('netrc', 'machine 127.0.0.1 login me password S3CR3T3\n')
  fs.chmodSync(tree.at('netrc'), 0o600)
  await run(tree, ['-B', 'build'], { ...write(server), ACTION_CACHE_TOKEN_FILE: tree.at('token') })
  await run(tree, ['-B', 'build'], { ...write(server), NETRC: tree.at('netrc') })
  assert.ok(server.authorizations.has(`Bearer ${secret}2`))
  const basic = `Basic ${Buffer.from('me:S3CR3T3').toString('base64')}`
  assert.ok(server.authorizations.has(basic))
  for (const name of fs.readdirSync(tree.at('build'), { recursive: true, encoding: 'utf8' })) {
    const path = tree.at(`build/${name}`)
    if (fs.statSync(path).isFile()) assert.not.ok(fs.readFileSync(path).includes(secret), path)
  }
  assert.not.match(stdout + stderr, secret)
  for (const bytes of server.files.values()) assert.not.ok(bytes.includes(secret))
  const { status, stderr: refused } = await run(tree, ['build', 'ACTION_CACHE=http://me:pw@x/'], {})
  assert.is(status, 2)
  assert.match(refused, 'a password stands on the command line')
})

test('settings that cannot be meant are refused', async () => {
  for (const [setting, what] of [
    ['ACTION_CACHE=cache.example.com', 'is not the address of a server'],
    ['ACTION_CACHE=ftp://example.com', 'is not the address of a server'],
    ['ACTION_CACHE_MODE=rw', 'ACTION_CACHE_MODE cannot be rw'],
  ] as const) {
    using tree = project()
    const { status, stderr } = await run(tree, ['build', setting], {})
    assert.is(status, 2, stderr)
    assert.match(stderr, what)
  }
  using tree = project()
  await using server = await filled()
  assert.equal(await how(tree, { ACTION_CACHE: server.url, ACTION_CACHE_MODE: 'off' }), [
    'CC ran',
    'CC ran',
    'JOIN ran',
  ])
})

test.run()
