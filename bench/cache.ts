// What the action cache gains: a clean build of many BPF programs, compiled, written to the cache, and taken from it.
import { spawn, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { copyPrograms } from './demos.ts'
import type { Contender, RaceParts } from './measure.ts'
import { milliseconds, ratio, type Section, table } from './report.ts'

/** As many tools as libbpf-tools of bcc has, about. */
const MANY = 57

export async function benchCache(parts: RaceParts): Promise<Section> {
  const { stopwatch, folder, ours, environment, jobs, runs = 3, tell } = parts
  tell('cache')
  const root = join(folder, 'cached')
  copyPrograms(root, MANY)
  const kept = join(folder, 'results')
  const server = await startNginx(join(folder, 'nginx'))
  const clean = (): void => fs.rmSync(join(root, 'build'), { recursive: true, force: true })
  const contender = (
    name: string,
    more: Record<string, string>,
    expect: RegExp,
    prepare = clean,
  ): Contender => ({
    name,
    command: [...ours, 'build', `-j${jobs}`],
    folder: root,
    environment: { ...environment, ...more },
    prepare,
    expect,
  })
  const forget = (): void => {
    clean()
    fs.rmSync(kept, { recursive: true, force: true })
  }
  const taken = /^0 ran, \d+ from the cache/m
  const compiled = /^\d+ ran, 0 up to date/m
  const hasCcache = spawnSync('ccache', ['--version']).status === 0
  const ccache = { CLANG: 'ccache clang', CCACHE_DIR: join(folder, 'ccache') }
  const all = [
    contender('compiled', {}, compiled),
    contender('compiled, and written', { ACTION_CACHE_DIR: kept }, compiled, forget),
    contender('from the folder', { ACTION_CACHE_DIR: kept }, taken),
    ...(server === undefined ? [] : [contender('from nginx', { ACTION_CACHE: server.url }, taken)]),
    ...(hasCcache ? [contender('ccache in front of clang', ccache, compiled)] : []),
  ]
  try {
    if (server !== undefined) {
      const fill = { ACTION_CACHE: server.url, ACTION_CACHE_MODE: 'write' }
      stopwatch.once(contender('fill', fill, compiled))
    }
    const costs = stopwatch.race(all, runs)
    const base = costs.get('compiled')
    const rows = all.map(({ name }) => {
      const cost = costs.get(name)
      return [
        name,
        milliseconds(cost?.wall),
        ratio(cost?.wall, base?.wall),
        milliseconds(cost?.cpu),
        ratio(cost?.cpu, base?.cpu),
      ]
    })
    stopwatch.once(contender('compiled', {}, compiled))
    const nothing = (name: string, more: Record<string, string>): Contender =>
      contender(name, more, /^nothing to do/m, () => {})
    const nulls = stopwatch.race(
      [nothing('off', {}), nothing('set', { ACTION_CACHE: 'http://127.0.0.1:9' })],
      Math.max(9, runs),
    )
    const [off, set] = [nulls.get('off'), nulls.get('set')]
    return {
      title: `The action cache, ${MANY} BPF programs`,
      text: [
        table(['clean build', 'wall', 'of compiled', 'CPU', 'of compiled'], rows),
        '',
        `A null build takes ${milliseconds(off?.wall)}, with \`ACTION_CACHE\` set ${milliseconds(set?.wall)}.`,
      ].join('\n'),
    }
  } finally {
    await server?.end()
  }
}

interface Server {
  readonly url: string
  readonly end: () => Promise<void>
}

/** Undefined where there is no nginx. */
async function startNginx(root: string): Promise<Server | undefined> {
  if (spawnSync('nginx', ['-v']).status !== 0) return undefined
  for (const name of ['data', 'tmp']) {
    fs.mkdirSync(join(root, name), { recursive: true })
    fs.chmodSync(join(root, name), 0o777)
  }
  const port = 8900 + (process.pid % 1000)
  fs.writeFileSync(
    join(root, 'nginx.conf'),
    `daemon off; pid ${root}/pid; error_log ${root}/errors; user root; events {}
     http { access_log off; client_body_temp_path ${root}/tmp;
       server { listen 127.0.0.1:${port}; client_max_body_size 256m;
         location ~ ^/(ac|cas)/ { root ${root}/data; dav_methods PUT; create_full_put_path on; } } }`,
  )
  const child = spawn('nginx', ['-c', join(root, 'nginx.conf'), '-e', join(root, 'errors')], {
    stdio: 'ignore',
  })
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 1000; tries++) {
    try {
      await fetch(`${url}/ac/x`)
      break
    } catch {
      await new Promise(setImmediate)
    }
  }
  const end = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.on('close', resolve))
    child.kill('SIGTERM')
    await ended
  }
  return { url, end }
}
