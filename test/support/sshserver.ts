// A real sshd with keys, port, users and mounts of its own, as another machine; it needs root.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inPath } from './needs.ts'

const SSHD = '/usr/sbin/sshd'

/** Why there can be no such server here; undefined where there can. */
export function sshLack(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root'
  if (!fs.existsSync(SSHD)) return 'no sshd here (Debian: openssh-server)'
  const missing = ['ssh', 'scp', 'unshare', 'cc', 'pgrep'].find((name) => !inPath(name))
  return missing === undefined ? undefined : `no ${missing} here`
}

export interface ServerOptions {
  /** The network namespace that it is in; without it, our own. */
  readonly namespace?: string
  readonly address?: string
  /** Shell commands in its mount namespace, before it starts; `$0` is its folder. */
  readonly mounts?: string
  /** False: it has no sftp, and scp needs its older protocol. */
  readonly sftp?: boolean
  /** What every login gets. */
  readonly environment?: Readonly<Record<string, string>>
}

/** A user of these servers who is not root. */
export const USER = 'tester'

export class SshServer {
  /** Of keys, configuration, and TMPDIR of what logs in. */
  readonly folder: string
  readonly address: string
  port = 0
  #child: ChildProcess | undefined

  private constructor(address: string) {
    this.folder = fs.mkdtempSync(join(fs.realpathSync(tmpdir()), 'sshd-'))
    this.address = address
  }

  static async start(options: ServerOptions = {}): Promise<SshServer> {
    const { namespace, address = '127.0.0.1', mounts = '', environment = {}, sftp = true } = options
    const server = new SshServer(address)
    const at = (name: string): string => join(server.folder, name)
    server.port = namespace === undefined ? await freePort() : 22022
    fs.chmodSync(server.folder, 0o755)
    for (const name of ['host', 'user', 'other'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)])
    fs.mkdirSync(at('tmp'))
    fs.chmodSync(at('tmp'), 0o1777)
    fs.mkdirSync('/run/sshd', { recursive: true })
    fs.writeFileSync(
      at('passwd'),
      `${fs.readFileSync('/etc/passwd', 'utf8')}${USER}:x:61234:61234::/:/bin/sh\n`,
    )
    const variables = { TMPDIR: at('tmp'), ...environment }
    const set = Object.entries(variables).map(([name, value]) => `"${name}=${value}"`)
    fs.writeFileSync(
      at('sshd_config'),
      [
        ...[`Port ${server.port}`, `ListenAddress ${address}`, `HostKey ${at('host')}`],
        ...[`AuthorizedKeysFile ${at('user.pub')}`, 'StrictModes no', 'UsePAM no', 'PidFile none'],
        ...['PasswordAuthentication no', 'KbdInteractiveAuthentication no'],
        ...[...(sftp ? ['Subsystem sftp internal-sftp'] : []), `SetEnv ${set.join(' ')}`, ''],
      ].join('\n'),
    )
    server.accept(`${server.#named} ${fs.readFileSync(at('host.pub'), 'utf8')}`)
    server.useKey('user')
    const script = `mount --bind "$0/passwd" /etc/passwd\n${mounts}\nexec ${SSHD} -D -e -f "$0/sshd_config"`
    const inside = ['unshare', '--mount', 'sh', '-ec', script, server.folder]
    const [program = '', ...words] =
      namespace === undefined ? inside : ['ip', 'netns', 'exec', namespace, ...inside]
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] })
    server.#child = child
    await new Promise<void>((resolve, reject) => {
      let said = ''
      child.stderr.on('data', (text) => {
        said += text
        if (said.includes('Server listening')) resolve()
      })
      child.on('exit', () => reject(new Error(`sshd does not start: ${said}`)))
    })
    return server
  }

  get #named(): string {
    return `[${this.address}]:${this.port}`
  }

  /** What ssh knows of host keys. */
  accept(text: string): void {
    fs.writeFileSync(join(this.folder, 'known_hosts'), text)
  }

  /** @param name `user` is let in, `other` is not */
  useKey(name: 'user' | 'other'): void {
    fs.writeFileSync(
      join(this.folder, 'ssh_config'),
      [
        ...['Host *', `IdentityFile ${this.folder}/${name}`, 'IdentitiesOnly yes'],
        ...[`UserKnownHostsFile ${this.folder}/known_hosts`, 'GlobalKnownHostsFile /dev/null', ''],
      ].join('\n'),
    )
  }

  /** The environment of a run that reaches this server. */
  get environment(): Readonly<Record<string, string>> {
    return { SSH: `ssh -F ${this.folder}/ssh_config` }
  }

  name(user = 'root'): string {
    return `ssh://${user}@${this.address}:${this.port}`
  }

  /** Names in the folder of temporary files, as it is in the server's own mounts. */
  left(folder = join(this.folder, 'tmp')): string[] {
    return fs.readdirSync(`/proc/${this.#child?.pid}/root${folder}`)
  }

  /** Kills the connections, as if the machine's network had gone, and its server has noticed. */
  cut(): void {
    const { stdout } = spawnSync('pgrep', ['-P', `${this.#child?.pid}`], { encoding: 'utf8' })
    for (const pid of stdout.split('\n').filter(Boolean)) process.kill(Number(pid), 'SIGKILL')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child
    if (child !== undefined && child.exitCode === null) {
      const gone = new Promise((resolve) => child.once('close', resolve))
      this.cut()
      child.kill('SIGTERM')
      await gone
    }
    fs.rmSync(this.folder, { recursive: true, force: true })
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('no port is free')
  return address.port
}

/** A network namespace with one link to ours. */
export class OtherNetwork {
  readonly name = `bpf-tasks-${process.pid}`
  readonly address = '10.213.77.2'
  readonly #link = `bt${process.pid}`

  constructor() {
    const ip = (...words: string[]): void => void execFileSync('ip', words)
    ip('netns', 'add', this.name)
    ip('link', 'add', this.#link, 'type', 'veth', 'peer', 'name', 'inside', 'netns', this.name)
    ip('addr', 'add', '10.213.77.1/30', 'dev', this.#link)
    ip('link', 'set', this.#link, 'up')
    ip('-n', this.name, 'addr', 'add', `${this.address}/30`, 'dev', 'inside')
    ip('-n', this.name, 'link', 'set', 'inside', 'up')
  }

  /** Nothing passes any more, and nobody says so. */
  break(): void {
    execFileSync('ip', ['-n', this.name, 'addr', 'flush', 'dev', 'inside'])
  }

  [Symbol.dispose](): void {
    execFileSync('ip', ['link', 'del', this.#link])
    execFileSync('ip', ['netns', 'del', this.name])
  }
}
