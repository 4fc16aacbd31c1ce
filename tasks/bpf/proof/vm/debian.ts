// Kernels and guest tools out of Debian's archive: by apt, from lists of our own, checked and unpacked, never installed.
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { isErrno, quoteCommand, UserError } from '../../../engine/index.ts'

/** Runs a command to its end. */
export type RunCommand = (words: readonly string[]) => {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What is written beside a file: where it is from. */
interface Origin {
  readonly package: string
  readonly version: string
  /** Of the package, as the archive's signed index has it. */
  readonly packageSha256: string
  readonly sha256: string
}

const ARCHIVE = 'http://deb.debian.org/debian'
const SECURITY = 'http://deb.debian.org/debian-security'
const KEYRINGS = ['debian-archive-keyring.pgp', 'debian-archive-keyring.gpg'].map(
  (name) => `/usr/share/keyrings/${name}`,
)

/** The suite of a released kernel; others are looked for where kernels are new. */
const SUITES: Readonly<Record<string, readonly string[]>> = {
  '5.10': ['bullseye'],
  '6.1': ['bookworm'],
  '6.12': ['trixie'],
}
const NEWEST = ['forky', 'sid'] as const
const RELEASED = ['bullseye', 'bookworm', 'trixie']

/** The newest kernel for virtual machines of a version such as 6.1, written to a path. */
export function fetchKernel(run: RunCommand, version: string, arch: string, path: string): void {
  const release = /^\d+\.\d+/.exec(version)?.[0] ?? version
  const prefix = `linux-(image|binary)-${version.replaceAll('.', '\\.')}[.+-]`
  const pattern = new RegExp(`^${prefix}.*-cloud-${arch}$`)
  fetchFile(run, {
    what: `kernel ${version}`,
    suites: SUITES[release] ?? NEWEST,
    arch,
    pattern,
    // /boot in released suites; later the image is in a package of its own.
    inside: /^(?:boot\/vmlinuz-|usr\/lib\/modules\/[^/]+\/vmlinuz$)/,
    path,
  })
}

/** A busybox without libraries. */
export function fetchBusybox(run: RunCommand, arch: string, path: string): void {
  const pattern = /^busybox-static$/
  const inside = /^(?:usr\/)?bin\/busybox$/
  fetchFile(run, { what: 'busybox', suites: RELEASED.toReversed(), arch, pattern, inside, path })
}

interface Wanted {
  readonly what: string
  /** Looked through in this order. */
  readonly suites: readonly string[]
  readonly arch: string
  /** Names of packages; of several the highest number wins. */
  readonly pattern: RegExp
  /** The file in the package. */
  readonly inside: RegExp
  readonly path: string
}

/** @throws UserError where no suite has it, or what came is not what the archive signed */
function fetchFile(run: RunCommand, wanted: Wanted): void {
  const parent = dirname(wanted.path)
  const work = fs.mkdtempSync(join(fs.realpathSync(parent), '.fetching-'))
  try {
    for (const suite of wanted.suites) {
      const apt = new Archive(run, suite, wanted.arch, work)
      const name = apt.newest(wanted.pattern)
      if (name === undefined) continue
      const { file, version, sha256 } = apt.download(name)
      const unpacked = join(work, 'unpacked')
      must(run, ['dpkg-deb', '-x', file, unpacked])
      const found = filesBelow(unpacked).find((path) => wanted.inside.test(path))
      if (found === undefined) throw new UserError({ what: `${name} does not have ${wanted.what}` })
      const from = join(unpacked, found)
      const origin: Origin = {
        package: name,
        version,
        packageSha256: sha256,
        sha256: digest(fs.readFileSync(from)),
      }
      fs.writeFileSync(`${wanted.path}.origin.json`, `${JSON.stringify(origin, undefined, 2)}\n`)
      fs.renameSync(from, wanted.path)
      return
    }
  } finally {
    fs.rmSync(work, { recursive: true, force: true })
  }
  throw new UserError({
    what: `Debian has no package with ${wanted.what} for ${wanted.arch}`,
    facts: [['looked in', wanted.suites.join(', ')]],
    hint: 'Debian has 5.10, 6.1, 6.12 and the newest; or name a file: --kernel FILE',
  })
}

/** apt for one suite and architecture, apart from what is set up and installed on this machine. */
class Archive {
  readonly #run: RunCommand
  readonly #options: readonly string[]
  readonly #work: string

  constructor(run: RunCommand, suite: string, arch: string, work: string) {
    this.#run = run
    this.#work = work
    const keyring = KEYRINGS.find((path) => fs.existsSync(path))
    if (keyring === undefined) {
      throw new UserError({
        what: "the keys of Debian's archive are not here, so nothing from it can be checked",
        facts: [['looked for', KEYRINGS.join('\n')]],
        hint: 'apt-get install debian-archive-keyring, or name a kernel: --kernel FILE',
      })
    }
    const folder = join(work, suite)
    for (const name of ['lists/partial', 'cache/archives/partial', 'parts'])
      fs.mkdirSync(join(folder, name), { recursive: true })
    const line = (archive: string, name: string): string =>
      `deb [arch=${arch} signed-by=${keyring}] ${archive} ${name} main\n`
    const security = RELEASED.includes(suite) ? line(SECURITY, `${suite}-security`) : ''
    fs.writeFileSync(join(folder, 'sources.list'), line(ARCHIVE, suite) + security)
    fs.writeFileSync(join(folder, 'status'), '')
    const options: Readonly<Record<string, string>> = {
      'Dir::State::lists': join(folder, 'lists'),
      'Dir::State::status': join(folder, 'status'),
      'Dir::Cache': join(folder, 'cache'),
      'Dir::Etc::sourcelist': join(folder, 'sources.list'),
      'Dir::Etc::sourceparts': join(folder, 'parts'),
      'APT::Architecture': arch,
      'APT::Architectures': arch,
      'Acquire::Languages': 'none',
      // Its own user could not read these folders.
      'APT::Sandbox::User': '',
    }
    this.#options = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
    must(run, ['apt-get', '-q', '--error-on=any', ...this.#options, 'update'])
  }

  newest(pattern: RegExp): string | undefined {
    const words = ['apt-cache', ...this.#options, 'pkgnames']
    const names = must(this.#run, words).split('\n')
    // The package of the image alone is `linux-binary` where there is one.
    const rank = (name: string): string => name.replace('linux-binary-', 'linux-image-')
    return names
      .filter((name) => pattern.test(name) && !name.includes('unsigned'))
      .sort((one, other) => {
        const order = rank(one).localeCompare(rank(other), 'en', { numeric: true })
        return order === 0 ? other.localeCompare(one) : order
      })
      .at(-1)
  }

  /** @throws UserError where the file is not what the signed index promises */
  download(name: string): {
    readonly file: string
    readonly version: string
    readonly sha256: string
  } {
    const shown = must(this.#run, [
      ...['apt-cache', ...this.#options],
      ...['show', '--no-all-versions', name],
    ])
    must(this.#run, [
      ...['env', `--chdir=${this.#work}`, 'apt-get', '-q', ...this.#options, 'download', name],
    ])
    const file = fs.readdirSync(this.#work).find((entry) => entry.endsWith('.deb'))
    if (file === undefined) throw new UserError({ what: `apt-get has not downloaded ${name}` })
    const sha256 = digest(fs.readFileSync(join(this.#work, file)))
    const promised = field(shown, 'SHA256')
    if (sha256 !== promised) {
      throw new UserError({
        what: 'a downloaded package is not the one of the archive',
        facts: [
          ['file', file],
          ['SHA256', sha256],
          ['promised', promised ?? 'nothing'],
        ],
      })
    }
    return { file: join(this.#work, file), version: field(shown, 'Version') ?? '', sha256 }
  }
}

/** Its standard output. @throws UserError where it fails */
function must(run: RunCommand, words: readonly string[]): string {
  const { status, stdout, stderr } = run(words)
  if (status === 0) return stdout
  // The options are our own, and say nothing to anybody.
  const shown = words.filter((word, at) => word !== '-o' && words[at - 1] !== '-o')
  throw new UserError({
    what: `${words.find((word) => /^(?:apt|dpkg)/.test(word)) ?? words[0]} failed`,
    facts: [
      ['command', quoteCommand(shown)],
      ['it said', stderr.trim().split('\n').slice(-3).join('\n')],
    ],
    hint: 'is deb.debian.org reachable? or name a kernel: --kernel FILE',
  })
}

/** A line of deb-control(5). */
function field(text: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.+)$`, 'm').exec(text)?.[1]
}

function filesBelow(folder: string): string[] {
  try {
    return fs
      .readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
    return []
  }
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
