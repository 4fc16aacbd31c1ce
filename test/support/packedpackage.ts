// The npm package as `npm pack` makes it of this repository, and folders in which it is installed.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Ran, repository } from './tree.ts'

/** How long npm may take, in milliseconds. */
const PATIENCE = 240_000

/** What npm says where it cannot get a package: there is no network, and the cache has not all. */
const OFFLINE = /ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/

/** What the repository is packed from. */
const SOURCES = [
  ...['tasks.ts', 'tasks', 'package.json', 'README.md', 'LICENSE', 'tsconfig.json'],
  ...['tsconfig.package.json', '.clang-format', 'CHANGELOG.md', 'doc', 'examples'],
]

/** Environment of what a user types: nothing that the caller of the tests has set. */
export function userEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { PATH = '', HOME = '' } = process.env
  const npm = { npm_config_prefer_offline: 'true', npm_config_audit: 'false' }
  return { PATH, HOME, ACTION_CACHE_DIR: 'off', ...npm, ...more }
}

/** A folder with what somebody has there, and the commands that are typed there. */
export class Folder {
  readonly root: string

  constructor(root: string) {
    this.root = root
    fs.mkdirSync(root, { recursive: true })
  }

  at(path: string): string {
    return join(this.root, path)
  }

  write(path: string, text: string): void {
    fs.mkdirSync(dirname(this.at(path)), { recursive: true })
    fs.writeFileSync(this.at(path), text)
  }

  read(path: string): string {
    return fs.readFileSync(this.at(path), 'utf8')
  }

  list(): string[] {
    return fs.readdirSync(this.root).sort()
  }

  /** Runs a command to its end. */
  exec(...[program = '', ...words]: readonly string[]): Ran {
    const { status, stdout, stderr, error } = spawnSync(program, words, {
      cwd: this.root,
      env: userEnvironment(),
      encoding: 'utf8',
      timeout: PATIENCE,
      maxBuffer: 1 << 26,
    })
    if (error !== undefined) throw error
    return { status, stdout, stderr }
  }
}

/** Removed when the process ends. */
const scratch = fs.mkdtempSync(join(fs.realpathSync(tmpdir()), 'bpf-tasks-packed-'))
process.once('exit', () => fs.rmSync(scratch, { recursive: true, force: true }))

let made: string | undefined

/** The package, made once a process from a copy of the repository. */
export function tarball(): string {
  if (made !== undefined) return made
  const copy = checkout(join(scratch, 'copy'))
  const { status, stdout, stderr } = copy.exec('npm', 'pack', '--pack-destination', scratch)
  if (status !== 0) throw new Error(`npm pack failed:\n${stdout}${stderr}`)
  const name = fs.readdirSync(scratch).find((file) => file.endsWith('.tgz')) ?? ''
  made = join(scratch, name)
  return made
}

/** A copy of what the repository is packed from. */
export function checkout(path: string): Folder {
  const copy = new Folder(path)
  for (const source of SOURCES) {
    fs.cpSync(join(repository, source), copy.at(source), { recursive: true })
  }
  fs.symlinkSync(join(repository, 'node_modules'), copy.at('node_modules'))
  return copy
}

/** A folder of its own, which no other test has. */
export function folder(name: string): Folder {
  return new Folder(join(scratch, name))
}

/** Installs the package in a folder. Returns why that cannot be done here, where npm is offline. */
export function install(where: Folder): string | undefined {
  const options = ['--no-fund', '--ignore-scripts', '--fetch-retries=0']
  const { status, stderr } = where.exec('npm', 'install', ...options, tarball())
  if (status === 0) return undefined
  if (OFFLINE.test(stderr)) return 'npm has no network and no cache of what the package needs'
  throw new Error(`npm install failed:\n${stderr}`)
}
