// Two machines with a server of results between them: two network namespaces, two homes, two folders, and nginx.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Demos } from '../support/demos.ts'
import { inPath, skip } from '../support/needs.ts'
import { quickestCommand } from '../support/runtimes.ts'
import { eventsOf, Tree } from '../support/tree.ts'

const NETWORKS = [`bt-a-${process.pid}`, `bt-b-${process.pid}`] as const
const [HERE, THERE] = NETWORKS
const ADDRESS = '10.87.0.1'

function ip(...words: string[]): void {
  execFileSync('ip', words, { stdio: 'pipe' })
}

/** Two networks with a cable between them. */
class Cable {
  constructor() {
    for (const network of NETWORKS) ip('netns', 'add', network)
    ip(
      'link',
      'add',
      'cable0',
      'netns',
      HERE,
      'type',
      'veth',
      'peer',
      'name',
      'cable1',
      'netns',
      THERE,
    )
    ip('-n', HERE, 'addr', 'add', `${ADDRESS}/24`, 'dev', 'cable0')
    ip('-n', THERE, 'addr', 'add', '10.87.0.2/24', 'dev', 'cable1')
    for (const [network, device] of [
      [HERE, 'cable0'],
      [HERE, 'lo'],
      [THERE, 'cable1'],
    ] as const)
      ip('-n', network, 'link', 'set', device, 'up')
  }

  pull(): void {
    ip('-n', THERE, 'link', 'set', 'cable1', 'down')
  }

  [Symbol.dispose](): void {
    for (const network of NETWORKS) ip('netns', 'delete', network)
  }
}

class Nginx {
  readonly #files = new Tree()
  readonly #child

  constructor() {
    const { root } = this.#files
    // Its workers are of another user.
    fs.chmodSync(root, 0o755)
    for (const name of ['data', 'tmp']) {
      fs.mkdirSync(this.#files.at(name))
      fs.chmodSync(this.#files.at(name), 0o777)
    }
    this.#files.write(
      'nginx.conf',
      `daemon off; pid ${root}/pid; error_log ${root}/errors; events {}
       http { access_log ${root}/asked; client_body_temp_path ${root}/tmp;
         server { listen ${ADDRESS}:8080; client_max_body_size 256m;
           location ~ ^/(ac|cas)/ { root ${root}/data; dav_methods PUT; create_full_put_path on; } } }`,
    )
    const words = [
      'netns',
      'exec',
      HERE,
      'nginx',
      '-c',
      `${root}/nginx.conf`,
      '-e',
      `${root}/errors`,
    ]
    this.#child = spawn('ip', words, { stdio: 'ignore' })
  }

  /** Asks until it answers. */
  async ready(): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      const words = ['netns', 'exec', THERE, process.execPath, '-e', ASKS]
      if (spawnSync('ip', words).status === 0) return
    }
    throw new Error(`nginx does not answer: ${this.#files.read('errors')}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.on('close', resolve))
    this.#child.kill('SIGTERM')
    await ended
    this.#files[Symbol.dispose]()
  }
}

const ASKS = `require('http').get('http://${ADDRESS}:8080/ac/x', () => process.exit(0)).on('error', () => process.exit(1))`

/** A machine: a network, a home and a tree of its own. */
class Machine {
  readonly tree = new Demos()
  readonly #home = new Tree()
  readonly #network: string

  constructor(network: string) {
    this.#network = network
  }

  /** @param onResult called when a result came from the server */
  async build(mode: string, onResult: () => void = () => {}): Promise<Map<string, string>> {
    const words = ['netns', 'exec', this.#network, ...quickestCommand(), 'build', '--json']
    const child = spawn('ip', words, {
      cwd: this.tree.root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: this.#home.root,
        ACTION_CACHE: `http://${ADDRESS}:8080`,
        ACTION_CACHE_MODE: mode,
      },
    })
    let [output, errors] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('"from":"server"')) onResult()
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text
    })
    const status = await new Promise((resolve) => child.on('close', resolve))
    assert.is(status, 0, output + errors)
    return new Map(
      eventsOf(output).flatMap((event) =>
        event.type === 'finish' ? [[event.outputs[0] ?? '', event.from ?? 'ran'] as const] : [],
      ),
    )
  }

  built(): Map<string, string> {
    const names = this.tree.files('build').filter((path) => !path.includes('.tasks/'))
    return new Map(names.map((path) => [path, fs.readFileSync(this.tree.at(path), 'base64')]))
  }

  [Symbol.dispose](): void {
    this.tree[Symbol.dispose]()
    this.#home[Symbol.dispose]()
  }
}

const NAME = 'what one machine has built another one takes, also when the cable is pulled'
const lacks = ['ip', 'nginx', 'clang'].filter(
  (program) => !inPath(program) && !inPath(`../sbin/${program}`),
)
const isRoot = process.getuid?.() === 0
const hasNetworks = isRoot && lacks.length === 0 && spawnSync('ip', ['netns', 'list']).status === 0
if (!hasNetworks)
  skip(test, NAME, lacks.length > 0 ? `no ${lacks.join(', ')} here` : 'no network namespaces')
else
  test(NAME, async () => {
    using cable = new Cable()
    await using nginx = new Nginx()
    await nginx.ready()
    using first = new Machine(HERE)
    const made = await first.build('write')
    assert.ok([...made.values()].every((how) => how === 'ran'))
    using second = new Machine(THERE)
    const taken = await second.build('read')
    assert.equal([...taken.keys()].sort(), [...made.keys()].sort())
    assert.equal([...new Set(taken.values())], ['server'])
    assert.equal(second.built(), first.built())
    using third = new Machine(THERE)
    let isPulled = false
    const mixed = await third.build('read', () => {
      if (!isPulled) cable.pull()
      isPulled = true
    })
    assert.ok(isPulled)
    assert.equal([...new Set(mixed.values())].sort(), ['ran', 'server'])
    assert.equal(third.built(), first.built())
  })

test.run()
