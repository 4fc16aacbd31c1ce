// One connection to another machine: files put into a private folder there, commands run in it as root.

import { randomUUID } from 'node:crypto'
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type FailureBlock,
  isErrno,
  quoteCommand,
  splitWords,
  type TaskContext,
  UserError,
} from '../../../engine/index.ts'
import { findProgram } from '../../system/index.ts'
import { archOf, knownArch, settings } from '../../toolchain/index.ts'
import type { Host } from './hostname.ts'
import { BEAT, type Greeting, keeperScript, readGreeting } from './keeper.ts'
import { connectionFailure, lostConnection } from './sshfailure.ts'
import { type HostFile, placeThere, stage } from './staging.ts'

/** What a command on another machine gave. */
export interface Captured {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  /** The command of ssh that ran it. */
  readonly command: readonly string[]
}

/** What a session needs to be of use. */
export interface Needs {
  /** What the files are built for, as the kernel names it. */
  readonly arch: string
  readonly files: readonly HostFile[]
  /** Mount tracefs there, until the end. */
  readonly tracefs?: boolean
}

/** No questions: several machines would ask at once, and CI has nobody to answer. */
const OPTIONS = [
  ...['BatchMode=yes', 'ConnectTimeout=10', 'ServerAliveInterval=5', 'ServerAliveCountMax=3'],
  ...['ControlPersist=no', 'ClearAllForwardings=yes', 'ForwardAgent=no', 'RemoteCommand=none'],
].flatMap((option) => ['-o', option])

/** The path of a Unix socket has to be short: unix(7). ssh adds 17 characters for a moment. */
const LONGEST_FOLDER = 70

/** How long the end of the connection may take to be noticed after a command on it has ended, in milliseconds. */
const SAME_END = 1500

export class Session {
  readonly host: Host
  readonly #ctx: TaskContext
  readonly #token = `bpf-tasks-${randomUUID()}`
  /** Here, and nobody else's: the socket of the connection, and the fifo that the keeper there reads. */
  readonly #folder: string
  readonly #ssh: readonly string[]
  readonly #said: string[] = []
  #fifo: number | undefined
  #beat: NodeJS.Timeout | undefined
  #greeting: Greeting | undefined
  #files: readonly HostFile[] = []
  #ended: Promise<unknown> | undefined
  #hasEnded = false
  #onLine: () => void = () => {}

  private constructor(ctx: TaskContext, host: Host, ssh: readonly string[]) {
    this.#ctx = ctx
    this.host = host
    this.#ssh = ssh
    const parent = tmpdir().length > LONGEST_FOLDER ? '/tmp' : tmpdir()
    this.#folder = mkdtempSync(join(parent, 'bpf-tasks-ssh-'))
  }

  /**
   * Connects, makes a folder there, and puts files into it.
   * @throws UserError where any of it does not work; nothing is left there then
   */
  static async open(ctx: TaskContext, host: Host, needs: Needs): Promise<Session> {
    const ssh = splitWords((await ctx.ask(settings.SSH)) ?? 'ssh', 'SSH')
    for (const program of [ssh[0] ?? 'ssh', 'scp']) {
      if (findProgram(program, ctx.environment) !== undefined || program.includes('/')) continue
      throw new UserError({
        what: `${program} is not here`,
        hint: 'install OpenSSH’s client: apt-get install openssh-client (dnf: openssh-clients)',
      })
    }
    const session = new Session(ctx, host, ssh)
    try {
      const greeting = await session.#connect(needs)
      session.#mustServe(greeting, needs)
      await session.#copy(needs.files, greeting)
      return session
    } catch (error) {
      await session.close()
      throw error
    }
  }

  /** What is known of the machine. */
  get greeting(): Greeting {
    if (this.#greeting === undefined) throw new Error('the session is not open')
    return this.#greeting
  }

  /**
   * Runs a command in the folder, as root, to its end.
   * @throws UserError when the connection is cut
   */
  async capture(words: readonly string[], doing = 'while a command ran'): Promise<Captured> {
    const command = this.#channel(['-n', '-T'], this.#asRoot(words))
    const run = await this.#ctx.run(command, { output: 'capture', nothrow: true })
    await this.#mustLive(run.status, doing)
    return { ...run, command }
  }

  /**
   * Runs a command in the folder, as root, and shows what it says.
   * @param onLine gets each line; undefined: it has the terminal, with our keys
   * @returns its exit status; null when a signal ended it
   */
  async show(
    words: readonly string[],
    onLine: ((line: string) => void) | undefined,
  ): Promise<number | null> {
    const flags = onLine === undefined ? ['-tt'] : ['-n', '-T']
    const options = onLine === undefined ? {} : { onLine }
    const command = this.#channel(flags, this.#asRoot(words))
    const { status } = await this.#ctx.run(command, { nothrow: true, ...options })
    await this.#mustLive(status, 'while a program ran')
    return status
  }

  /** Ends what runs there, removes the folder, and disconnects. */
  async close(): Promise<void> {
    clearInterval(this.#beat)
    if (this.#fifo !== undefined) closeSync(this.#fifo)
    this.#fifo = undefined
    await this.#ended
    rmSync(this.#folder, { recursive: true, force: true })
    const folder = this.#greeting?.folder
    if (folder === undefined || this.#ctx.signal.aborted) return
    if (this.#said.includes(`${this.#token} gone`)) return
    const text = `${this.host.name} did not confirm that ${folder} is removed; without a connection it is, within a minute`
    this.#ctx.emit({ type: 'note', text })
  }

  /** Starts ssh with the keeper, and waits for its greeting. */
  async #connect({ tracefs = false }: Needs): Promise<Greeting> {
    const fifo = join(this.#folder, 'keeper')
    await this.#ctx.run(['mkfifo', fifo])
    // Both ends are ours until ssh has opened it: neither waits for the other. When this process ends, so does
    // what ssh reads, and the keeper with it.
    this.#fifo = openSync(fifo, constants.O_RDWR)
    const { folder } = this.host
    writeSync(this.#fifo, keeperScript({ token: this.#token, folder, tracefs }))
    const command = [
      ...['sh', '-c', 'exec "$@" <"$0"', fifo, ...this.#ssh, ...OPTIONS],
      ...['-T', '-M', '-S', this.#socket, '--', this.host.destination, 'exec sh -s'],
    ]
    const greeted = new Promise<Greeting>((resolve) => {
      this.#onLine = () => {
        const greeting = readGreeting(this.#said, this.#token)
        if (greeting !== undefined) resolve(greeting)
      }
    })
    const running = this.#ctx.run(command, {
      nothrow: true,
      onLine: (line) => {
        this.#said.push(line)
        this.#onLine()
      },
    })
    let failure: unknown
    this.#ended = running
      .catch((error: unknown) => {
        failure = error
      })
      .then(() => {
        this.#hasEnded = true
      })
    const greeting = await Promise.race([greeted, this.#ended.then(() => undefined)])
    if (greeting === undefined) {
      if (failure !== undefined) throw failure
      throw new UserError(this.#unopened())
    }
    this.#greeting = greeting
    this.#onLine = () => {}
    this.#beat = setInterval(() => this.#sayAlive(), BEAT * 1000)
    this.#beat.unref()
    return greeting
  }

  #sayAlive(): void {
    try {
      if (this.#fifo !== undefined) writeSync(this.#fifo, '\n')
    } catch (error) {
      // Nobody reads it any more: whoever waits for ssh learns that.
      if (!isErrno(error)) throw error
    }
  }

  get #socket(): string {
    return join(this.#folder, 'ssh')
  }

  /** What ssh and the keeper said that was not meant for us. */
  get #noise(): string {
    return this.#said.filter((line) => !line.startsWith(this.#token)).join('\n')
  }

  /** Why there is no greeting: ssh did not get in, or no folder could be made there. */
  #unopened(): FailureBlock {
    const gotIn = this.#said.some((line) => line.startsWith(this.#token))
    if (!gotIn) return connectionFailure(this.host, this.#noise)
    const { name } = this.host
    if (/No space left|Disk quota/i.test(this.#noise)) return this.#noRoom(undefined, undefined)
    return {
      what: `no private folder can be made on ${name}`,
      facts: [['it says', this.#noise.split('\n').slice(-2).join('\n')]],
      hint: `name a folder there that you may write to: --on ${this.#elsewhere}`,
    }
  }

  /** @throws UserError where its files would not run there, or not as root */
  #mustServe({ machine, root, refusal, user, runs, folder }: Greeting, { arch }: Needs): void {
    const { name } = this.host
    if (!knownArch(machine) || archOf(machine) !== arch) {
      const other = knownArch(machine) ? archOf(machine) : machine
      throw new UserError({
        what: `${name} is a ${machine}, and the tree is built for ${arch}`,
        hint: `build for it: ARCH=${other} CROSS_COMPILE=PREFIX-, such as aarch64-linux-gnu-`,
      })
    }
    if (root === 'none') {
      throw new UserError({
        what: `${user} may not become root on ${name} without a password`,
        facts: [['sudo -n', refusal]],
        hint: `log in as root: --on root@…\nor allow it there: echo '${user} ALL=(root) NOPASSWD: ALL' > /etc/sudoers.d/bpf-tasks`,
      })
    }
    if (!runs) {
      throw new UserError({
        what: `programs cannot be run in ${folder} on ${name}`,
        facts: [['because', 'it is mounted noexec, or full']],
        hint: `name another folder there: --on ${this.#elsewhere}`,
      })
    }
  }

  /** The same machine, with a folder that mostly has room and is kept over a reboot. */
  get #elsewhere(): string {
    const { destination } = this.host
    return destination.startsWith('ssh://') ? `${destination}/var/tmp` : `${destination}:/var/tmp`
  }

  /** Puts files into the folder, by scp over this very connection. */
  async #copy(files: readonly HostFile[], { free, folder }: Greeting): Promise<void> {
    this.#files = files
    const staged = stage(this.#ctx.root, join(this.#folder, 'files'), files)
    if (free !== undefined && free < staged.bytes) {
      throw new UserError(this.#noRoom(staged.bytes, free))
    }
    const copy = (...more: readonly string[]) =>
      this.#ctx.run(
        [
          ...['scp', '-q', '-r', ...more, '-F', '/dev/null', '-o', `ControlPath=${this.#socket}`],
          ...['-o', 'ControlMaster=no', '-o', 'ProxyCommand=false', '--'],
          ...[...staged.entries, `there:${folder}/`],
        ],
        { output: 'capture', nothrow: true },
      )
    let result = await copy()
    // A server without sftp says no more than this; scp's own protocol asks for nothing but scp there.
    if (result.status !== 0 && /subsystem|Connection closed/.test(result.stderr)) {
      await this.#mustLive(255, 'while files were copied')
      result = await copy('-O')
    }
    if (result.status === 0 || this.#ctx.signal.aborted) return
    await this.#mustLive(255, 'while files were copied')
    const left = await this.#ctx.run(
      this.#channel(['-n', '-T'], `df -Pk ${quoteCommand([folder])}`),
      { output: 'capture', nothrow: true },
    )
    const kilobytes = / (\d+) +[\d-]+% /.exec(left.stdout.split('\n')[1] ?? '')?.[1]
    const now = kilobytes === undefined ? undefined : Number(kilobytes) * 1024
    if (now !== undefined && now < staged.bytes) {
      throw new UserError(this.#noRoom(staged.bytes, now))
    }
    throw new UserError({
      what: `files cannot be copied to ${this.host.name}`,
      facts: [
        ['to', folder],
        ['scp says', result.stderr.trim().split('\n').slice(-3).join('\n')],
      ],
      hint: `name another folder there: --on ${this.#elsewhere}`,
    })
  }

  #noRoom(needed: number | undefined, free: number | undefined): FailureBlock {
    const mega = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
    return {
      what: `there is no room on ${this.host.name} for what is to run there`,
      facts: [
        ...(needed === undefined ? [] : [['needed', mega(needed)] as const]),
        ...(free === undefined ? [] : [['free', mega(free)] as const]),
        [
          'in',
          this.host.folder ?? this.#greeting?.folder.replace(/\/[^/]*$/, '') ?? 'TMPDIR, or /tmp',
        ],
      ],
      hint: `make room there, or name another folder: --on ${this.#elsewhere}`,
    }
  }

  /** Words as root's, with the places that files have there. */
  #asRoot(words: readonly string[]): string {
    const places = new Map(
      this.#files.flatMap(({ path }) => {
        const there = placeThere(path)
        return there === path ? [] : [[path, `./${there}`] as const]
      }),
    )
    const { folder, root } = this.greeting
    const own = words.map((word) => places.get(word) ?? word)
    const command = root === 'sudo' ? ['sudo', '-n', '--', ...own] : own
    return `cd ${quoteCommand([folder])} && exec ${quoteCommand(command)}`
  }

  /** A command of its own over the connection. Without the connection it fails, and opens no other. */
  #channel(flags: readonly string[], command: string): readonly string[] {
    const [program = 'ssh'] = this.#ssh
    return [
      ...[program, ...flags, '-F', '/dev/null', '-o', `ControlPath=${this.#socket}`],
      ...['-o', 'ControlMaster=no', '-o', 'ProxyCommand=false', '-o', 'LogLevel=ERROR'],
      ...['--', 'there', command],
    ]
  }

  /** @throws UserError where a command failed because the connection is gone */
  async #mustLive(status: number | null, doing: string): Promise<void> {
    if (status !== 255 || this.#ctx.signal.aborted) return
    await Promise.race([this.#ended, pause(SAME_END)])
    if (this.#hasEnded) throw new UserError(lostConnection(this.host, this.#noise, doing))
  }
}
